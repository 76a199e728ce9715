//! Reads bodies within limits of size and time, and checks their media types.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use futures_core::Stream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::problem::Problem;

/// Longest time that a body may take to arrive.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More bytes than the route takes.
    #[error("the body is larger than this path takes")]
    TooLarge,
    /// It did not arrive in time.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// The connection broke, or its encoding is wrong.
    #[error("the body could not be read")]
    Unreadable,
    /// Another media type than the route takes.
    #[error("the body should be {0}; say so in Content-Type")]
    MediaType(&'static str),
}

impl BodyError {
    /// The name of the problem.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "body-too-large",
            Self::TooSlow => "body-too-slow",
            Self::Unreadable => "body-unreadable",
            Self::MediaType(_) => "media-type",
        }
    }

    /// A short name, for metrics and logs.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "body_too_large",
            Self::TooSlow => "body_too_slow",
            Self::Unreadable => "body_unreadable",
            Self::MediaType(_) => "media_type",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    /// As problem details (RFC 9457).
    #[must_use]
    pub fn problem(self) -> Problem {
        let title = match self {
            Self::TooLarge => "Content too large",
            Self::TooSlow => "Request timeout",
            Self::Unreadable => "Invalid request",
            Self::MediaType(_) => "Unsupported media type",
        };
        Problem::new(self.status(), self.name(), title, self.to_string())
    }

    /// The whole response. It closes the connection where the rest of the body was not read, because that may never arrive.
    #[must_use]
    pub fn respond(self) -> HttpResponse {
        let mut response = self.problem().respond();
        if matches!(self, Self::TooLarge | Self::TooSlow) {
            response
                .head_mut()
                .set_connection_type(actix_web::http::ConnectionType::Close);
        }
        response
    }
}

/// Reads a whole body of at most `max_bytes`, within [`BODY_TIMEOUT`]. Wiped when dropped.
pub async fn read(payload: Payload, max_bytes: usize) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    let reading = async {
        let mut body = Zeroizing::new(Vec::with_capacity(512));
        let mut payload = pin!(payload);
        while let Some(chunk) = poll_fn(|context| payload.as_mut().poll_next(context)).await {
            let chunk = chunk.map_err(|_| BodyError::Unreadable)?;
            if body.len() + chunk.len() > max_bytes {
                return Err(BodyError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    timeout(BODY_TIMEOUT, reading)
        .await
        .unwrap_or(Err(BodyError::TooSlow))
}

/// Whether Content-Type is one header of this media type, with no charset or UTF-8.
#[must_use]
pub fn is_media_type(headers: &HeaderMap, essence: &str) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE);
    let media_type: Option<mime::Mime> = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().and_then(|text| text.parse().ok()),
        _ => None,
    };
    media_type.is_some_and(|media_type| {
        media_type.essence_str() == essence
            && media_type
                .get_param(mime::CHARSET)
                .is_none_or(|charset| charset == mime::UTF_8)
    })
}

/// Reads a JSON body of at most `max_bytes`, without parsing it.
pub async fn read_json(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    if !is_media_type(headers, "application/json") {
        return Err(BodyError::MediaType("application/json"));
    }
    read(payload, max_bytes).await
}
