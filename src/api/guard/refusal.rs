//! Why the guard does not admit a call, and what every dialect says of it (RFC 6750 s3).

use std::fmt;
use std::marker::PhantomData;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

use super::admission::RequiredScope;
use super::dialect::Dialect;
use crate::clients::Entitlement;
use crate::error::Failure;
use crate::oauth::limits::RateLimitExceeded;
use crate::oauth::token::MalformedToken;
use crate::oauth::{InvalidToken, TokenCheckError};
use crate::wire::problem::Problem;
use crate::wire::rate_limit::RateLimit;
use crate::wire::refused::{Recorded, Refused};

const REALM: &str = "talentsoft-partner";

/// Why a call is not admitted. `Display` is what the caller reads, also as `error_description`: characters %x20-21, 23-5B,
/// 5D-7E only (R14).
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The request has no access token.
    #[error("This resource needs an access token: Authorization: Bearer <access_token>.")]
    NoToken,
    /// The token was presented in a way that is not offered, or more than once.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The token is not valid, or no longer: the response does not say why.
    #[error("The access token is malformed, expired, revoked or of another service.")]
    InvalidToken(InvalidToken),
    /// The token does not have the scope of the route.
    #[error("The access token does not have the scope that this resource needs.")]
    InsufficientScope(RequiredScope),
    /// The client does not have the entitlement that the call needs.
    #[error(
        "This client does not have the entitlement {0}, or the token does not have scope emsi_open, which carries it."
    )]
    MissingEntitlement(Entitlement),
    /// X-Current-User is not one well-formed address.
    #[error("X-Current-User must be sent once, with one email address of at most 254 bytes.")]
    InvalidCurrentUser,
    /// X-Current-User is not the user of the token.
    #[error("X-Current-User is not the user that the access token was issued for.")]
    OtherUser,
    /// The client belongs to no customer, so it has no data here.
    #[error("This client belongs to no customer.")]
    NoCustomer,
    /// The client may not call from this address.
    #[error("This client's tokens may be used from the networks only that are set for it.")]
    OtherNetwork,
    /// The client has reached its request limit.
    #[error("This client has reached its request limit. Repeat the request after the time in Retry-After.")]
    RateLimitExceeded(RateLimitExceeded),
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<TokenCheckError> for Refusal {
    fn from(error: TokenCheckError) -> Self {
        match error {
            TokenCheckError::Invalid(reason) => Self::InvalidToken(reason),
            TokenCheckError::Failure(failure) => Self::Failure(failure),
        }
    }
}

impl From<MalformedToken> for Refusal {
    fn from(_: MalformedToken) -> Self {
        Self::InvalidToken(InvalidToken::Malformed)
    }
}

impl Refusal {
    /// A short name, for metrics and logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoToken => "token_missing",
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidToken(InvalidToken::Malformed) => "token_malformed",
            Self::InvalidToken(InvalidToken::Expired) => "token_expired",
            Self::InvalidToken(InvalidToken::Revoked) => "token_revoked",
            Self::InvalidToken(InvalidToken::ClientDisabled) => "client_disabled",
            Self::InvalidToken(InvalidToken::ClientRevoked) => "client_tokens_revoked",
            Self::InvalidToken(InvalidToken::CustomerChanged) => "client_customer_changed",
            Self::InsufficientScope(_) => "insufficient_scope",
            Self::MissingEntitlement(_) => "entitlement_missing",
            Self::InvalidCurrentUser => "current_user_invalid",
            Self::OtherUser => "current_user_other",
            Self::NoCustomer => "no_customer",
            Self::OtherNetwork => "network_other",
            Self::RateLimitExceeded(_) => "over_limit",
            Self::Failure(failure) => failure.name(),
        }
    }

    /// The same for log and metrics.
    #[must_use]
    pub fn refused(&self) -> Refused {
        let refused = match self {
            Self::Failure(failure) => Refused::failed(failure),
            other => Refused::because(other.reason()),
        };
        let rate_limit = match self {
            Self::RateLimitExceeded(limit) => Some(RateLimit {
                name: "requests",
                quota: limit.quota,
                window_seconds: 1,
                remaining: 0,
                retry_after: Some(limit.retry_after),
            }),
            _ => None,
        };
        Refused {
            rate_limit,
            is_by_guard: true,
            // A client is named by nothing but a token that was opened.
            recorded: Recorded::Proved,
            ..refused
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::InvalidToken(_) => StatusCode::UNAUTHORIZED,
            Self::InvalidRequest(_) | Self::InvalidCurrentUser => StatusCode::BAD_REQUEST,
            Self::InsufficientScope(_)
            | Self::MissingEntitlement(_)
            | Self::OtherUser
            | Self::OtherNetwork
            | Self::NoCustomer => StatusCode::FORBIDDEN,
            Self::RateLimitExceeded(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Failure(Failure::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failure(Failure::Internal(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A title in a few words, as an engineer expects to read it.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::NoToken => "Missing access token",
            Self::InvalidRequest(_) => "Invalid request",
            Self::InvalidToken(_) => "Invalid access token",
            Self::InsufficientScope(_) => "Insufficient scope",
            Self::MissingEntitlement(_) => "Missing entitlement",
            Self::InvalidCurrentUser => "Invalid X-Current-User",
            Self::OtherUser => "X-Current-User is not the token's user",
            Self::NoCustomer => "No customer",
            Self::OtherNetwork => "Address not allowed",
            Self::RateLimitExceeded(_) => "Too many requests",
            Self::Failure(Failure::Unavailable(_)) => "Temporarily unavailable",
            Self::Failure(Failure::Internal(_)) => "Internal error",
        }
    }

    /// As problem details.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let name = match self {
            Self::NoToken => "token-missing",
            Self::InvalidRequest(_) => "invalid-request",
            Self::InvalidToken(_) => "invalid-token",
            Self::InsufficientScope(_) => "insufficient-scope",
            Self::MissingEntitlement(_) => "missing-entitlement",
            Self::InvalidCurrentUser => "current-user-invalid",
            Self::OtherUser => "current-user-other",
            Self::NoCustomer => "no-customer",
            Self::OtherNetwork => "network-other",
            Self::RateLimitExceeded(_) => "over-limit",
            Self::Failure(failure) => return Problem::of_failure(failure),
        };
        Problem::new(self.status(), name, self.title(), self.to_string())
    }

    /// The whole response in a dialect.
    #[must_use]
    pub fn respond<D: Dialect>(&self) -> HttpResponse<BoxBody> {
        self.complete(D::refuse(self))
    }

    /// Adds to a dialect's response the challenge of RFC 6750, and the reason for log and metrics.
    pub(super) fn complete(&self, mut response: HttpResponse<BoxBody>) -> HttpResponse<BoxBody> {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let challenge = self.challenge();
        if let Some(value) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        self.refused().mark(response)
    }

    /// The challenge (RFC 6750 s3.1): without `error` where no token was presented, none where another token would not help.
    fn challenge(&self) -> Option<String> {
        let challenge = |error: &str| {
            Some(format!(
                "Bearer realm=\"{REALM}\", error=\"{error}\", error_description=\"{self}\""
            ))
        };
        match self {
            Self::NoToken => Some(format!("Bearer realm=\"{REALM}\"")),
            Self::InvalidToken(_) => challenge("invalid_token"),
            Self::InsufficientScope(required) => {
                let scope = required.scope;
                challenge("insufficient_scope").map(|text| format!("{text}, scope=\"{scope}\""))
            }
            Self::MissingEntitlement(_) => challenge("insufficient_scope"),
            Self::InvalidRequest(_) | Self::InvalidCurrentUser | Self::OtherUser => {
                challenge("invalid_request")
            }
            Self::NoCustomer | Self::OtherNetwork | Self::RateLimitExceeded(_) | Self::Failure(_) => None,
        }
    }
}

/// A refusal in the dialect of the route.
pub struct RefusedIn<D>(pub Refusal, PhantomData<fn() -> D>);

impl<D> From<Refusal> for RefusedIn<D> {
    fn from(refusal: Refusal) -> Self {
        Self(refusal, PhantomData)
    }
}

impl<D> fmt::Debug for RefusedIn<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<D> fmt::Display for RefusedIn<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<D: Dialect> ResponseError for RefusedIn<D> {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.0.respond::<D>()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::dialect::ProblemDetails;
    use super::*;
    use crate::clients::{Entitlement, Scope};
    use crate::error::Failure;
    use crate::oauth::InvalidToken;

    #[test]
    fn every_challenge_says_each_parameter_once_in_plain_characters() {
        let over = RateLimitExceeded {
            quota: 1,
            retry_after: Duration::from_millis(1500),
        };
        let refusals = [
            Refusal::NoToken,
            Refusal::InvalidRequest("Send one Authorization header only."),
            Refusal::InvalidToken(InvalidToken::Malformed),
            Refusal::InsufficientScope(Scope::Videos.into()),
            Refusal::MissingEntitlement(Entitlement::TitleMapping),
            Refusal::InvalidCurrentUser,
            Refusal::OtherUser,
            Refusal::NoCustomer,
            Refusal::OtherNetwork,
            Refusal::RateLimitExceeded(over),
            Refusal::Failure(Failure::internal("\"")),
        ];
        for refusal in refusals {
            let response = refusal.respond::<ProblemDetails>();
            assert_eq!(response.status(), refusal.status());
            assert_eq!(response.headers().get(CACHE_CONTROL).unwrap(), "no-store");
            let noted = response
                .extensions()
                .get::<Refused>()
                .map(|refused| refused.reason);
            assert_eq!(noted, Some(refusal.reason()));
            let challenge = response.headers().get(WWW_AUTHENTICATE);
            let Some(challenge) = challenge.map(|value| value.to_str().unwrap()) else {
                assert_ne!(response.status(), StatusCode::UNAUTHORIZED, "{refusal:?}");
                continue;
            };
            let parameters = challenge.strip_prefix("Bearer ").unwrap();
            // Quotes stand around values only, so names and values alternate between them.
            let pieces: Vec<&str> = parameters.split('"').collect();
            let names: Vec<&str> = pieces
                .iter()
                .step_by(2)
                .map(|name| name.trim_start_matches(", "))
                .collect();
            let (last, names) = names.split_last().unwrap();
            assert_eq!(*last, "", "{challenge}");
            let known = ["realm=", "error=", "error_description=", "scope="];
            for (at, name) in names.iter().enumerate() {
                assert!(known.contains(name) && !names[..at].contains(name), "{challenge}");
            }
            let is_plain = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
            assert!(
                pieces.iter().all(|piece| piece.chars().all(is_plain)),
                "{challenge}"
            );
        }
    }
}
