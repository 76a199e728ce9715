//! What is recorded of a request that was refused.

use std::sync::Arc;

use actix_web::http::Method;

use crate::clients::ClientCache;
use crate::refusals::{CallDetails, Noted, Refusals};
use crate::wire::front::{RecordRefusal, RefusedRequest};
use crate::wire::refused::Recorded;

/// Notes what the front tells of refusals. `clients` says whose identifiers are registered, as far as that is in memory.
#[must_use]
pub fn record_refusals(refusals: Arc<Refusals>, clients: Arc<ClientCache>) -> RecordRefusal {
    Arc::new(move |request| note(&refusals, &clients, request))
}

fn note(refusals: &Refusals, clients: &ClientCache, request: &RefusedRequest<'_>) {
    let (context, refused) = (request.context, request.refused);
    // Whoever was asked for a secret was read from the database for it, if it was not in memory before.
    let claimed = context.claimed();
    let registered = claimed.filter(|claimed| clients.knows(claimed));
    let client_id = context.client_id().or(registered);
    let noted = Noted {
        client_id,
        address: context.peer().nearest(),
        is_proved: refused.recorded == Recorded::Proved,
        reason: refused.reason,
    };
    refusals.note(&noted, || CallDetails {
        request_id: context.request_id().to_owned(),
        claimed_client_id: claimed
            .filter(|_| client_id.is_none())
            .map(|claimed| claimed.beginning().into_owned()),
        method: known_method(request.method),
        route: (request.route)(),
        status: request.status,
        assertion: refused.assertion.clone(),
    });
}

/// A method by its name; others could be of any length.
fn known_method(method: &Method) -> &'static str {
    const METHODS: &[&str] = &[
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
    ];
    let known = METHODS.iter().find(|known| **known == method.as_str());
    known.copied().unwrap_or("other")
}
