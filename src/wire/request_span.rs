//! The span of a request, by OpenTelemetry's conventions for HTTP servers.
//!
//! The path is as much of it as the log may hold. The caller's address and the query are left out: they may be personal.

use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName};

use super::refused::Refused;
use super::request_context::RequestContext;
use crate::telemetry::trace::{Attribute, TraceHeaders};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// What a request says of the trace that it belongs to. A second `traceparent` makes both worth nothing.
pub(super) fn with_headers<T>(headers: &HeaderMap, read: impl FnOnce(&TraceHeaders<'_>) -> T) -> T {
    let mut parents = headers.get_all(TRACEPARENT);
    let parent = match (parents.next(), parents.next()) {
        (Some(parent), None) => parent.to_str().ok(),
        _ => None,
    };
    if parent.is_none() {
        return read(&TraceHeaders::default());
    }
    let states = headers
        .get_all(TRACESTATE)
        .filter_map(|state| state.to_str().ok());
    let state = states.collect::<Vec<_>>().join(",");
    read(&TraceHeaders {
        parent,
        state: (!state.is_empty()).then_some(&state),
    })
}

/// A request that was answered.
pub(super) struct AnsweredRequest<'a> {
    pub head: &'a RequestHead,
    /// The pattern of its route, if it matched one.
    pub route: Option<&'a str>,
    /// As much of its path as the log may hold.
    pub path: &'a str,
    pub status: u16,
    pub refused: Option<&'a Refused>,
}

/// Says in the request's span how it was answered, and ends it.
pub(super) fn end(context: &RequestContext, request: &AnsweredRequest<'_>) {
    let Some(span) = context.span() else {
        return;
    };
    let method = known_method(&request.head.method);
    span.set(Attribute::RequestMethod(method));
    span.set(Attribute::Path(request.path));
    span.set(Attribute::Status(request.status));
    span.set(Attribute::RequestId(context.request_id()));
    match request.route {
        Some(route) => {
            span.rename(format!("{method} {route}"));
            span.set(Attribute::Route(route));
        }
        None => span.rename(method.to_owned()),
    }
    if let Some(client_id) = context.client_id() {
        span.set(Attribute::Client(client_id.as_str()));
    }
    if let Some(refused) = request.refused {
        span.set(Attribute::Reason(refused.reason));
    }
    if request.status >= 500 {
        span.set(Attribute::ErrorType(&request.status.to_string()));
        span.fail();
    }
    span.end();
}

/// A method by its name, where it is one of HTTP's own: others are of any length.
fn known_method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    ];
    let known = KNOWN.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("_OTHER")
}
