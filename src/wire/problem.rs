//! Problem details (RFC 9457): the errors of everything that is neither OAuth nor Lightcast.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use serde::Serialize;

use super::rate_limit::seconds;
use crate::error::Failure;

/// The media type.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// How long a caller should wait after a 503.
pub const UNAVAILABLE_RETRY_AFTER: Duration = Duration::from_secs(2);

/// One problem. `type` is a stable tag URI (RFC 4151) that ends in the problem's name.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: Cow<'static, str>,
}

impl Problem {
    /// A problem with its status, name (kebab-case), title and what to do about it.
    pub fn new(
        status: StatusCode,
        name: &str,
        title: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        let kind = format!("tag:talentsoft-partner.example,2026:{name}");
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: detail.into(),
        }
    }

    /// A problem with the request itself (400).
    pub fn bad_request(name: &str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, name, "Invalid request", detail)
    }

    /// The problem for a failure of the service (500, 503).
    #[must_use]
    pub fn of_failure(failure: &Failure) -> Self {
        match failure {
            Failure::Unavailable(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Temporarily unavailable",
                "Something that this request needs is unavailable. Repeat it after the time in Retry-After.",
            ),
            Failure::Internal(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Internal error",
                "The service failed. The log of this request, by the id in X-Request-Id, says why.",
            ),
        }
    }

    /// The problem for a status without a body of its own: of the router, or of what is no request.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        let (name, title, detail) = match status {
            StatusCode::NOT_FOUND => (
                "not-found",
                "Not found",
                "There is nothing at this path; /openapi.yaml lists the paths.",
            ),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method-not-allowed",
                "Method not allowed",
                "The Allow header lists the methods of this path.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => (
                "body-too-large",
                "Content too large",
                "The body is larger than this path takes.",
            ),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "media-type",
                "Unsupported media type",
                "The body is of a media type that this path does not take.",
            ),
            StatusCode::REQUEST_TIMEOUT => (
                "head-too-slow",
                "Request timeout",
                "The request did not arrive in time.",
            ),
            StatusCode::URI_TOO_LONG => ("uri-too-long", "URI too long", "The URL is too long."),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
                "head-too-large",
                "Request header fields too large",
                "The header fields are too many or too large.",
            ),
            _ if status.is_server_error() => (
                "internal",
                "Internal error",
                "The service failed. The log of this request, by the id in X-Request-Id, says why.",
            ),
            _ => (
                "bad-request",
                "Invalid request",
                "The request could not be understood.",
            ),
        };
        Self::new(status, name, title, detail)
    }

    /// The same problem in other words.
    #[must_use]
    pub fn with_detail(self, detail: &'static str) -> Self {
        Self {
            detail: detail.into(),
            ..self
        }
    }

    /// The same problem under another status.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self {
            status: status.as_u16(),
            ..self
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The body.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The whole response; a 503 carries Retry-After.
    #[must_use]
    pub fn respond(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON)));
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, seconds(UNAVAILABLE_RETRY_AFTER)));
        }
        response.body(self.to_json())
    }
}
