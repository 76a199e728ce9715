//! The refusals of the guard as HTTP responses (RFC 6750 s3), and the `RateLimit` headers.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

use super::bearer::Refusal;
use crate::oauth::limits::{RateLimitExceeded, RateLimitState};
use crate::wire::problem::{Problem, seconds};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const REALM: &str = "talentsoft-partner";

impl Refusal {
    /// `error` of the challenge (RFC 6750 s3.1); none where no token was presented.
    fn challenge(&self) -> Option<String> {
        let challenge = |error: &str| {
            Some(format!(
                "Bearer realm=\"{REALM}\", error=\"{error}\", error_description=\"{self}\""
            ))
        };
        match self {
            Self::NoToken => Some(format!("Bearer realm=\"{REALM}\"")),
            Self::InvalidToken(_) => challenge("invalid_token"),
            Self::InsufficientScope(scope) => {
                challenge("insufficient_scope").map(|text| format!("{text}, scope=\"{scope}\""))
            }
            Self::InvalidRequest(_) | Self::InvalidCurrentUser | Self::OtherUser => {
                challenge("invalid_request")
            }
            Self::NoCustomer | Self::RateLimitExceeded(_) | Self::Failure(_) => None,
        }
    }

    fn problem(&self) -> Problem {
        let detail = self.to_string();
        let (status, name, title) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "token-missing", "No access token"),
            Self::InvalidRequest(_) => (
                StatusCode::BAD_REQUEST,
                "invalid-request",
                "The request is not right",
            ),
            Self::InvalidToken(_) => (
                StatusCode::UNAUTHORIZED,
                "invalid-token",
                "The access token is not good",
            ),
            Self::InsufficientScope(_) => (
                StatusCode::FORBIDDEN,
                "insufficient-scope",
                "Not in the token's scope",
            ),
            Self::InvalidCurrentUser => (
                StatusCode::BAD_REQUEST,
                "current-user-invalid",
                "X-Current-User is not right",
            ),
            Self::OtherUser => (
                StatusCode::FORBIDDEN,
                "current-user-other",
                "X-Current-User is another user",
            ),
            Self::NoCustomer => (StatusCode::FORBIDDEN, "no-customer", "No customer"),
            Self::RateLimitExceeded(_) => (StatusCode::TOO_MANY_REQUESTS, "over-limit", "Too many requests"),
            Self::Failure(failure) => return Problem::of_failure(failure),
        };
        Problem::new(status, name, title, detail)
    }

    /// The response with another status, which the problem says too (R71): a reverse proxy's `auth_request` understands
    /// 401 and 403 only.
    #[must_use]
    pub fn respond_with(&self, status: StatusCode) -> HttpResponse<BoxBody> {
        let mut response = self.problem().with_status(status).respond();
        self.add_headers(&mut response);
        response
    }

    fn add_headers(&self, response: &mut HttpResponse<BoxBody>) {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(value) = self
            .challenge()
            .and_then(|text| HeaderValue::from_str(&text).ok())
        {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        if let Self::RateLimitExceeded(over) = self {
            for (name, value) in over_limit_headers(over) {
                headers.insert(name, value);
            }
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.problem().status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = self.problem().respond();
        self.add_headers(&mut response);
        response
    }
}

fn over_limit_headers(over: &RateLimitExceeded) -> Vec<(HeaderName, HeaderValue)> {
    let wait = seconds(over.retry_after);
    let mut headers = standing_headers(
        RateLimitState {
            quota: over.quota,
            remaining: 0,
        },
        wait,
    );
    headers.push((RETRY_AFTER, HeaderValue::from(wait)));
    headers
}

/// The `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers) of a client with a request limit.
#[must_use]
pub fn standing_headers(standing: RateLimitState, reset_seconds: u64) -> Vec<(HeaderName, HeaderValue)> {
    let policy = format!("\"requests\";q={};w=1", standing.quota);
    let state = format!("\"requests\";r={};t={reset_seconds}", standing.remaining);
    [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)]
        .into_iter()
        .filter_map(|(name, text)| Some((name, HeaderValue::from_str(&text).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clients::Scope;
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
            Refusal::InsufficientScope(Scope::Videos),
            Refusal::InvalidCurrentUser,
            Refusal::OtherUser,
            Refusal::NoCustomer,
            Refusal::RateLimitExceeded(over),
            Refusal::Failure(Failure::internal("\"")),
        ];
        for refusal in refusals {
            let response = refusal.error_response();
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
