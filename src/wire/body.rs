//! Reads bodies within limits of size and time, and checks their media types.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use futures_core::Stream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::content_type::{ContentType, check_content_encoding};
use super::problem::Problem;

/// Longest time that a body may take to arrive.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Most bytes that are reserved for a body because it says that it has so many.
const MAX_RESERVED_BYTES: usize = 8 * 1024;

/// The byte order mark of UTF-8, which some clients write before a body.
const MARK: &[u8] = b"\xef\xbb\xbf";

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
    /// A charset other than UTF-8, with its name where it is a common one.
    #[error("the body must be in UTF-8: {} in Content-Type is not read", .0.map_or("the charset", |name| name))]
    Charset(Option<&'static str>),
    /// A content coding, with its name where it is a common one.
    #[error("the body must be sent as it is: {} in Content-Encoding is not read", .0.map_or("the coding", |name| name))]
    ContentEncoding(Option<&'static str>),
    /// JSON in UTF-16 or UTF-32.
    #[error(
        "the body is not valid: JSON must be in UTF-8 (RFC 8259 section 8.1), and this is UTF-16 or UTF-32"
    )]
    WideJson,
    /// JSON in no encoding of Unicode.
    #[error(
        "the body is not valid: JSON must be in UTF-8 (RFC 8259 section 8.1), and the byte at offset {0} is not"
    )]
    NotUtf8(usize),
}

impl BodyError {
    /// The name of the problem.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "body-too-large",
            Self::TooSlow => "body-too-slow",
            Self::Unreadable => "body-unreadable",
            Self::MediaType(_) | Self::Charset(_) => "media-type",
            Self::ContentEncoding(_) => "content-encoding",
            Self::WideJson | Self::NotUtf8(_) => "invalid-json",
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
            Self::Charset(_) => "charset",
            Self::ContentEncoding(_) => "content_encoding",
            Self::WideJson | Self::NotUtf8(_) => "invalid_json",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unreadable | Self::WideJson | Self::NotUtf8(_) => StatusCode::BAD_REQUEST,
            Self::MediaType(_) | Self::Charset(_) | Self::ContentEncoding(_) => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
        }
    }

    /// As problem details (RFC 9457).
    #[must_use]
    pub fn problem(self) -> Problem {
        let title = match self {
            Self::TooLarge => "Content too large",
            Self::TooSlow => "Request timeout",
            Self::Unreadable | Self::WideJson | Self::NotUtf8(_) => "Invalid request",
            Self::MediaType(_) | Self::Charset(_) => "Unsupported media type",
            Self::ContentEncoding(_) => "Unsupported content coding",
        };
        Problem::new(self.status(), self.name(), title, self.to_string())
    }

    /// The codings that a body may have instead (RFC 9110 s15.5.16), where it was refused for its own.
    #[must_use]
    pub const fn accepted_encoding(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::ContentEncoding(_) => Some((ACCEPT_ENCODING, HeaderValue::from_static("identity"))),
            _ => None,
        }
    }

    /// The whole response. It closes the connection where the rest of the body was not read, because that may never arrive.
    #[must_use]
    pub fn respond(self) -> HttpResponse {
        let mut response = self.problem().respond();
        if let Some((name, value)) = self.accepted_encoding() {
            response.headers_mut().insert(name, value);
        }
        if matches!(self, Self::TooLarge | Self::TooSlow) {
            response
                .head_mut()
                .set_connection_type(actix_web::http::ConnectionType::Close);
        }
        response
    }
}

/// Reads a whole body of at most `max_bytes`, within [`BODY_TIMEOUT`]. Wiped when dropped.
pub async fn read(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    check_content_encoding(headers)?;
    let reading = async {
        // As large as it says it is: nothing more is wiped, and no copy is left behind where it would have grown.
        let capacity = content_length(headers).min(MAX_RESERVED_BYTES);
        let mut body = Zeroizing::new(Vec::with_capacity(capacity));
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
    // Most bodies came with their heads, and need no timer.
    let mut reading = pin!(reading);
    if let Poll::Ready(read) = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await {
        return read;
    }
    timeout(BODY_TIMEOUT, reading)
        .await
        .unwrap_or(Err(BodyError::TooSlow))
}

/// How long a body says it is; 0 where it does not.
fn content_length(headers: &HeaderMap) -> usize {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// Reads text of at most `max_bytes`; a byte order mark before it is not part of it.
pub async fn read_text(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    let mut body = read(headers, payload, max_bytes).await?;
    if body.starts_with(MARK) {
        body.drain(..MARK.len());
    }
    Ok(body)
}

/// The media types of JSON that a route takes, and how they are named.
#[derive(Clone, Copy)]
pub struct JsonTypes(&'static [&'static str], &'static str);

/// JSON.
pub const JSON: JsonTypes = JsonTypes(&["application/json"], "application/json");
/// JSON that is a merge patch (RFC 7396), by its own name or by that of all JSON.
pub const JSON_OR_MERGE_PATCH: JsonTypes = JsonTypes(
    &["application/merge-patch+json", "application/json"],
    "application/merge-patch+json or application/json",
);

/// Reads a JSON body of at most `max_bytes` that is UTF-8, without parsing it.
pub async fn read_json(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    read_json_as(headers, payload, max_bytes, JSON).await
}

/// The same, of one of these media types.
pub async fn read_json_as(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
    types: JsonTypes,
) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    require_utf8(read_rows(headers, payload, max_bytes, types).await?)
}

/// The same, of JSON that need not be there: of nothing the media type does not matter.
pub async fn read_json_or_nothing(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    let body = read_text(headers, payload, max_bytes).await?;
    if body.is_empty() {
        return Ok(body);
    }
    check_type(headers, JSON)?;
    require_utf8(refuse_wide(body)?)
}

fn require_utf8(body: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    match std::str::from_utf8(&body) {
        Ok(_) => Ok(body),
        Err(error) => Err(BodyError::NotUtf8(error.valid_up_to())),
    }
}

/// Reads a JSON body of at most `max_bytes` whose rows are read one by one: one that is not UTF-8 is an error of its own, and
/// not the body's. Whatever charset its media type names, it is UTF-8 (RFC 8259
/// s8.1, s11).
pub async fn read_json_rows(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    read_rows(headers, payload, max_bytes, JSON).await
}

async fn read_rows(
    headers: &HeaderMap,
    payload: Payload,
    max_bytes: usize,
    types: JsonTypes,
) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    check_type(headers, types)?;
    refuse_wide(read_text(headers, payload, max_bytes).await?)
}

fn check_type(headers: &HeaderMap, JsonTypes(types, names): JsonTypes) -> Result<(), BodyError> {
    let content_type = ContentType::of(headers);
    if content_type.is_some_and(|content_type| types.iter().any(|name| content_type.is(name))) {
        Ok(())
    } else {
        Err(BodyError::MediaType(names))
    }
}

fn refuse_wide(body: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    match body.as_slice() {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..] => Err(BodyError::WideJson),
        _ => Ok(body),
    }
}
