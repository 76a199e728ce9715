//! The refusals of this slice as HTTP responses, each in its dialect.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, HeaderName, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;

use crate::error::Failure;
use crate::oauth::Error;
use crate::wire::problem::{UNAVAILABLE_RETRY_AFTER, seconds};
use crate::wire::request_log::RequestContext;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const REALM: &str = "talentsoft-partner";

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// Nothing that an OAuth endpoint answers may be kept (RFC 6749 s5.1).
pub fn forbid_caching(response: &mut HttpResponseBuilder) {
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    response.insert_header((PRAGMA, HeaderValue::from_static("no-cache")));
}

impl Error {
    /// Leaves in the request's log line why it was refused.
    pub fn note(&self, trace: &RequestContext) {
        if let Some(client_id) = self.client_id() {
            trace.note_client(client_id);
        }
        match self {
            Self::Failure(failure) => trace.note_failure(failure),
            other => trace.note_reason(other.reason()),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code().1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        forbid_caching(&mut response);
        match self {
            Self::InvalidClient(_) => {
                response.insert_header((
                    WWW_AUTHENTICATE,
                    format!("Basic realm=\"{REALM}\", charset=\"UTF-8\""),
                ));
            }
            Self::TooManyFailures { policy, retry_after } => {
                let (wait, name) = (seconds(*retry_after), policy.name);
                let limit = format!("\"{name}\";q={};w={}", policy.quota, policy.window_seconds);
                response.insert_header((RETRY_AFTER, wait));
                response.insert_header((RATE_LIMIT_POLICY, limit));
                response.insert_header((RATE_LIMIT, format!("\"{name}\";r=0;t={wait}")));
            }
            Self::Failure(Failure::Unavailable(_)) => {
                response.insert_header((RETRY_AFTER, seconds(UNAVAILABLE_RETRY_AFTER)));
            }
            // The rest of the body would have to be read, and may never come.
            Self::BodyTooLarge | Self::BodyTooSlow => {
                response.force_close();
            }
            Self::InvalidRequest(_)
            | Self::UnsupportedMediaType
            | Self::InvalidGrant { .. }
            | Self::ForeignToken
            | Self::UnauthorizedClient(_)
            | Self::UnsupportedGrantType
            | Self::InvalidScope
            | Self::Failure(Failure::Internal(_)) => {}
        }
        response.json(ErrorBody {
            error: self.code().0,
            error_description: &self.to_string(),
        })
    }
}
