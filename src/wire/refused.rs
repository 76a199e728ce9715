//! The reason of a refusal. The response carries it to the front, which alone writes log and metrics.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use secrecy::SecretString;

use super::rate_limit::RateLimit;
use crate::error::Failure;
use crate::ids::ClientId;

/// Whether a refusal is recorded for those who ask why, and what the caller had proved by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is not: the answer says all.
    No,
    /// It is; anybody could have sent the request in the client's name.
    Unproved,
    /// It is; the caller had proved to be the client.
    Proved,
}

/// Why a request was refused.
#[derive(Clone, Debug)]
pub struct Refused {
    /// A short name, for log and metrics. It may say more than the response does.
    pub reason: &'static str,
    /// The failure, if the service failed: its causes go to the log.
    pub failure: Option<Failure>,
    /// The client that the refused credentials name, where that is known to exist.
    pub client_id: Option<ClientId>,
    /// The limit that was reached, for `Retry-After` and the `RateLimit` headers.
    pub rate_limit: Option<RateLimit>,
    /// Whether the guard refused: such calls have a counter of their own.
    pub is_by_guard: bool,
    /// Whether it is recorded.
    pub recorded: Recorded,
    /// The assertion that was refused, for a record of what was wrong with it, which holds nothing of it.
    pub assertion: Option<Arc<SecretString>>,
}

impl Refused {
    /// A refusal for `reason`; the other fields are empty.
    #[must_use]
    pub fn because(reason: &'static str) -> Self {
        Self {
            reason,
            failure: None,
            client_id: None,
            rate_limit: None,
            is_by_guard: false,
            recorded: Recorded::No,
            assertion: None,
        }
    }

    /// A refusal because the service failed.
    #[must_use]
    pub fn failed(failure: &Failure) -> Self {
        Self {
            failure: Some(failure.clone()),
            ..Self::because(failure.name())
        }
    }

    /// Attaches the reason to a response.
    #[must_use]
    pub fn mark(self, mut response: HttpResponse<BoxBody>) -> HttpResponse<BoxBody> {
        response.extensions_mut().insert(self);
        response
    }
}
