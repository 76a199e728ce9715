//! Responses as the checks read them.

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use serde_json::Value;

use super::exchange::Exchange;
use crate::not_passed::NotPassed;

/// The body of a response, of which only the beginning is read if it is very long.
pub struct Body {
    /// What was read.
    pub bytes: Vec<u8>,
    /// Whether there was more.
    pub is_truncated: bool,
}

/// An HTTP response.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// The request and the response as the report shows them.
    pub exchange: Exchange,
}

impl Response {
    /// All values of a header, joined by commas as HTTP defines it; empty if it is absent.
    pub fn header(&self, name: &HeaderName) -> String {
        let values = self.headers.get_all(name).iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        values.join(", ")
    }

    /// The media type, in lower case and without parameters; empty if it is absent.
    pub fn media_type(&self) -> String {
        let value = self.header(&CONTENT_TYPE);
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }

    /// The body as JSON. The check fails if it is anything else.
    pub fn json(&self) -> Result<Value, NotPassed> {
        if self.body.is_truncated {
            return Err(NotPassed::Failed(
                "the body of the response is too long".to_owned(),
            ));
        }
        serde_json::from_slice(&self.body.bytes).map_err(|_| {
            NotPassed::Failed(format!(
                "the body is not JSON; the response was {}",
                self.summary()
            ))
        })
    }

    /// A string member of the JSON object in the body.
    pub fn string_member(&self, name: &str) -> Option<String> {
        let value: Value = serde_json::from_slice(&self.body.bytes).ok()?;
        value.get(name)?.as_str().map(str::to_owned)
    }

    /// The `access_token` of a token response.
    pub fn access_token(&self) -> Option<String> {
        self.string_member("access_token")
            .filter(|token| !token.is_empty())
    }

    /// The `error` of an OAuth error response.
    pub fn error_code(&self) -> Option<String> {
        self.string_member("error")
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The `Date`: the time by the endpoint's clock.
    pub fn date(&self) -> Option<DateTime<Utc>> {
        let date = DateTime::parse_from_rfc2822(&self.header(&DATE)).ok()?;
        Some(date.to_utc())
    }

    /// `Retry-After` in seconds. If it is a date, it is compared with the `Date` of the same response.
    pub fn retry_after(&self) -> Option<u64> {
        let value = self.header(&RETRY_AFTER);
        if let Ok(seconds) = value.parse() {
            return Some(seconds);
        }
        let until = DateTime::parse_from_rfc2822(&value).ok()?.to_utc();
        u64::try_from((until - self.date()?).num_seconds()).ok()
    }

    /// The status and the one thing that tells most about the rest, such as `400 with error invalid_grant`.
    pub fn summary(&self) -> String {
        let status = self.status;
        if (300..400).contains(&status) {
            return format!(
                "{status}, a redirect to {}, which is not followed",
                self.header(&LOCATION)
            );
        }
        match (self.error_code(), self.media_type()) {
            (Some(code), _) => format!("{status} with error {code}"),
            (None, media_type) if media_type.is_empty() => format!("{status} without a media type"),
            (None, media_type) => format!("{status} with media type {media_type}"),
        }
    }
}
