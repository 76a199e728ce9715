//! The errors of the OAuth endpoints (RFC 6749 s5.2). Whatever else is refused on their paths has the same form.

use std::borrow::Cow;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;

use crate::api::guard::{Dialect, Refusal};
use crate::error::Failure;
use crate::oauth;
use crate::wire::body::BodyError;
use crate::wire::form::FormError;
use crate::wire::problem::UNAVAILABLE_RETRY_AFTER;
use crate::wire::rate_limit::{RateLimit, seconds};
use crate::wire::refused::{Recorded, Refused};

const REALM: &str = "talentsoft-partner";

/// Why an OAuth endpoint refuses a request. `Display` is `error_description`: characters %x20-21, 23-5B, 5D-7E only (R14).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter or the client authentication of the request is malformed.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The grant type is not one of the two.
    #[error("The grant types are client_credentials and urn:ietf:params:oauth:grant-type:jwt-bearer.")]
    UnsupportedGrantType,
    /// The body cannot be read.
    #[error("{}", body_description(.0))]
    Body(BodyError),
    /// The authorization server refuses the request.
    #[error(transparent)]
    OAuth(#[from] oauth::Error),
    /// The guard refuses the access token that was presented instead of client credentials.
    #[error(transparent)]
    Guard(#[from] Refusal),
}

impl From<oauth::InvalidClient> for Error {
    fn from(reason: oauth::InvalidClient) -> Self {
        Self::OAuth(oauth::Error::InvalidClient(reason))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::OAuth(failure.into())
    }
}

impl From<BodyError> for Error {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<FormError> for Error {
    fn from(error: FormError) -> Self {
        Self::InvalidRequest(match error {
            FormError::Malformed => "The body is not valid form encoding in UTF-8.",
            FormError::Repeated(name) => repeated(&name),
            FormError::TooMany => "The body has more than 64 parameters.",
        })
    }
}

/// Which parameter is repeated, if it is one that the endpoints know: others may have characters that the description may not.
fn repeated(name: &str) -> &'static str {
    match name {
        "assertion" => "The parameter assertion is sent more than once.",
        "client_id" => "The parameter client_id is sent more than once.",
        "client_secret" => "The parameter client_secret is sent more than once.",
        "grant_type" => "The parameter grant_type is sent more than once.",
        "scope" => "The parameter scope is sent more than once: send its values in one, with spaces between.",
        "token" => "The parameter token is sent more than once.",
        _ => "A parameter is sent more than once.",
    }
}

fn body_description(error: &BodyError) -> Cow<'static, str> {
    Cow::Borrowed(match error {
        BodyError::TooLarge => "The body is over 64 KiB.",
        BodyError::TooSlow => "The body did not arrive in time.",
        BodyError::Unreadable => "The body could not be read.",
        BodyError::MediaType(_) => {
            "The body must be application/x-www-form-urlencoded; say so in Content-Type."
        }
        BodyError::Charset(Some(name)) => {
            return format!("The body must be in UTF-8: {name} in Content-Type is not read.").into();
        }
        BodyError::Charset(None) => "The body must be in UTF-8: the charset in Content-Type is not read.",
        BodyError::ContentEncoding(Some(name)) => {
            return format!("The body must be sent as it is: {name} in Content-Encoding is not read.").into();
        }
        BodyError::ContentEncoding(None) => {
            "The body must be sent as it is: the coding in Content-Encoding is not read."
        }
        BodyError::WideJson | BodyError::NotUtf8(_) => "The body must be in UTF-8.",
    })
}

impl Error {
    /// The value of `error` (RFC 6749 s5.2).
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) | Self::Body(_) => "invalid_request",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::OAuth(error) => match error {
                oauth::Error::InvalidClient(_) | oauth::Error::TooManyFailures { .. } => "invalid_client",
                oauth::Error::InvalidGrant { .. } | oauth::Error::ForeignToken => "invalid_grant",
                oauth::Error::UnauthorizedClient(_) | oauth::Error::AdminAssertion => "unauthorized_client",
                oauth::Error::InvalidScope => "invalid_scope",
                oauth::Error::Failure(Failure::Unavailable(_)) => "temporarily_unavailable",
                oauth::Error::Failure(Failure::Internal(_)) => "server_error",
            },
            Self::Guard(refusal) => code_of(refusal),
        }
    }

    fn refused(&self) -> Refused {
        let refused = match self {
            Self::InvalidRequest(_) => Refused::because("invalid_request"),
            Self::UnsupportedGrantType => Refused::because("unsupported_grant_type"),
            Self::Body(error) => Refused::because(error.reason()),
            Self::OAuth(oauth::Error::Failure(failure)) => Refused::failed(failure),
            Self::OAuth(error) => Refused {
                client_id: error.client_id().cloned(),
                rate_limit: limit_of(error),
                assertion: error.assertion().cloned(),
                ..Refused::because(error.reason())
            },
            Self::Guard(refusal) => return refusal.refused(),
        };
        let is_proved = matches!(self, Self::OAuth(error) if error.is_proved());
        Refused {
            recorded: if is_proved {
                Recorded::Proved
            } else {
                Recorded::Unproved
            },
            ..refused
        }
    }
}

/// The limit of failed attempts that was reached.
fn limit_of(error: &oauth::Error) -> Option<RateLimit> {
    let oauth::Error::TooManyFailures { policy, retry_after } = error else {
        return None;
    };
    Some(RateLimit {
        name: policy.name,
        quota: policy.burst.get(),
        window_seconds: policy.window_seconds(),
        remaining: 0,
        retry_after: Some(*retry_after),
    })
}

/// The code for what the guard refuses: those of RFC 6750 s3.1, and of RFC 6749 where that has none.
fn code_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NoToken | Refusal::InvalidToken(_) => "invalid_token",
        Refusal::InvalidRequest(_) | Refusal::InvalidCurrentUser | Refusal::OtherUser => "invalid_request",
        Refusal::InsufficientScope(_) | Refusal::MissingEntitlement(_) => "insufficient_scope",
        Refusal::NoCustomer | Refusal::OtherNetwork => "access_denied",
        Refusal::RateLimitExceeded(_) | Refusal::Failure(Failure::Unavailable(_)) => {
            "temporarily_unavailable"
        }
        Refusal::Failure(Failure::Internal(_)) => "server_error",
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// Forbids to cache the response, which may hold a token or credentials (RFC 6749 s5.1).
pub(super) fn forbid_caching(response: &mut HttpResponseBuilder) {
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    response.insert_header((PRAGMA, HeaderValue::from_static("no-cache")));
}

fn respond(mut response: HttpResponseBuilder, error: &str, error_description: &str) -> HttpResponse {
    forbid_caching(&mut response);
    response.json(ErrorBody {
        error,
        error_description,
    })
}

/// The dialect of the OAuth endpoints.
pub enum OAuthDialect {}

impl Dialect for OAuthDialect {
    fn refuse(refusal: &Refusal) -> HttpResponse {
        let mut response = HttpResponse::build(refusal.status());
        if let Refusal::Failure(Failure::Unavailable(_)) = refusal {
            response.insert_header((RETRY_AFTER, seconds(UNAVAILABLE_RETRY_AFTER)));
        }
        respond(response, code_of(refusal), &refusal.to_string())
    }

    fn unrouted(status: StatusCode, words: Option<&'static str>) -> HttpResponse {
        let description = words.unwrap_or(match status {
            StatusCode::NOT_FOUND => "There is no endpoint at this path.",
            StatusCode::METHOD_NOT_ALLOWED => "The Allow header lists the methods of this endpoint.",
            _ => "The request could not be understood.",
        });
        respond(HttpResponse::build(status), "invalid_request", description)
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_) | Self::UnsupportedGrantType => StatusCode::BAD_REQUEST,
            Self::Body(error) => error.status(),
            Self::OAuth(error) => match error {
                oauth::Error::InvalidClient(_) => StatusCode::UNAUTHORIZED,
                oauth::Error::TooManyFailures { .. } => StatusCode::TOO_MANY_REQUESTS,
                oauth::Error::InvalidGrant { .. }
                | oauth::Error::ForeignToken
                | oauth::Error::UnauthorizedClient(_)
                | oauth::Error::AdminAssertion
                | oauth::Error::InvalidScope => StatusCode::BAD_REQUEST,
                oauth::Error::Failure(Failure::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
                oauth::Error::Failure(Failure::Internal(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::Guard(refusal) => refusal.status(),
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        if let Self::Guard(refusal) = self {
            return refusal.respond::<OAuthDialect>();
        }
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::OAuth(oauth::Error::InvalidClient(_)) => {
                let challenge = format!("Basic realm=\"{REALM}\", charset=\"UTF-8\"");
                response.insert_header((WWW_AUTHENTICATE, challenge));
            }
            Self::OAuth(oauth::Error::Failure(Failure::Unavailable(_))) => {
                response.insert_header((RETRY_AFTER, seconds(UNAVAILABLE_RETRY_AFTER)));
            }
            // The rest of the body would have to be read, and may never come.
            Self::Body(BodyError::TooLarge | BodyError::TooSlow) => {
                response.force_close();
            }
            Self::Body(error) => {
                if let Some(header) = error.accepted_encoding() {
                    response.insert_header(header);
                }
            }
            Self::InvalidRequest(_) | Self::UnsupportedGrantType | Self::OAuth(_) | Self::Guard(_) => {}
        }
        let response = respond(response, self.code(), &self.to_string());
        self.refused().mark(response)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use strum::VariantArray;

    use super::*;
    use crate::clients::Grant;
    use crate::oauth::InvalidClient;
    use crate::oauth::limits::FailurePolicy;

    /// One of each.
    fn all() -> Vec<Error> {
        let domain = [
            oauth::Error::ForeignToken,
            oauth::Error::AdminAssertion,
            oauth::AssertionError::Json("claims", "\"é\r\n\\".to_owned()).into(),
            oauth::Error::InvalidScope,
            oauth::Error::TooManyFailures {
                policy: FailurePolicy {
                    name: "failures",
                    burst: 10.try_into().unwrap(),
                    period: Duration::from_secs(6),
                },
                retry_after: Duration::from_secs(1),
            },
            oauth::Error::Failure(Failure::internal("\"é\r\n\\")),
            oauth::Error::Failure(Failure::unavailable("\"é\r\n\\")),
        ];
        let grants = Grant::VARIANTS
            .iter()
            .copied()
            .map(oauth::Error::UnauthorizedClient);
        let clients = [
            InvalidClient::NoCredentials,
            InvalidClient::Unknown,
            InvalidClient::Disabled,
            InvalidClient::WrongSecret,
            InvalidClient::NotFormEncoded,
            InvalidClient::UndecodedSecret,
        ];
        let others = [
            Error::InvalidRequest("The parameter token is missing."),
            Error::UnsupportedGrantType,
        ];
        others
            .into_iter()
            .chain(domain.into_iter().chain(grants).map(Error::OAuth))
            .chain(clients.into_iter().map(Error::from))
            .chain(unreadable().map(Error::Body))
            .collect()
    }

    fn unreadable() -> impl Iterator<Item = BodyError> {
        [
            BodyError::TooLarge,
            BodyError::TooSlow,
            BodyError::Unreadable,
            BodyError::MediaType("x"),
            BodyError::Charset(Some("latin1")),
            BodyError::Charset(None),
            BodyError::ContentEncoding(Some("gzip")),
            BodyError::ContentEncoding(None),
            BodyError::WideJson,
            BodyError::NotUtf8(1),
        ]
        .into_iter()
    }

    #[test]
    fn the_description_of_an_unreadable_body_says_what_it_must_be() {
        let descriptions: Vec<String> = unreadable().map(|error| Error::Body(error).to_string()).collect();
        assert_eq!(
            descriptions,
            [
                "The body is over 64 KiB.",
                "The body did not arrive in time.",
                "The body could not be read.",
                "The body must be application/x-www-form-urlencoded; say so in Content-Type.",
                "The body must be in UTF-8: latin1 in Content-Type is not read.",
                "The body must be in UTF-8: the charset in Content-Type is not read.",
                "The body must be sent as it is: gzip in Content-Encoding is not read.",
                "The body must be sent as it is: the coding in Content-Encoding is not read.",
                "The body must be in UTF-8.",
                "The body must be in UTF-8.",
            ]
        );
    }

    #[test]
    fn every_refusal_has_one_of_the_codes_and_plain_words() {
        for error in all() {
            let expected = match error.code() {
                "invalid_request" => &[400, 408, 413, 415][..],
                "invalid_client" => &[401, 429],
                "invalid_grant" | "unauthorized_client" | "unsupported_grant_type" | "invalid_scope" => {
                    &[400]
                }
                "server_error" => &[500],
                "temporarily_unavailable" => &[503],
                other => panic!("{other} is no code"),
            };
            assert!(expected.contains(&error.status_code().as_u16()), "{error:?}");
            let text = error.to_string();
            let is_plain = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
            assert!(!text.is_empty() && text.chars().all(is_plain), "{text}");
        }
    }
}
