//! What came back.

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use serde_json::Value;

use super::exchange::Exchange;
use crate::not_passed::Otherwise;

/// An HTTP response, as far as it was read.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, the beginning of it where it is long.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub is_cut: bool,
    /// The same to be shown.
    pub exchange: Exchange,
}

impl Answer {
    /// All values of a header, joined as HTTP joins them; empty where it is absent.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> String {
        let values = self.headers.get_all(name).iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        values.join(", ")
    }

    /// The media type, in lower case and without parameters.
    #[must_use]
    pub fn media_type(&self) -> String {
        let value = self.header(&reqwest::header::CONTENT_TYPE);
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }

    /// The body as JSON; what is none is a failure.
    pub fn json(&self) -> Result<Value, Otherwise> {
        if self.is_cut {
            return Err(Otherwise::Failed("the answer is too long to read".to_owned()));
        }
        serde_json::from_slice(&self.body)
            .map_err(|_| Otherwise::Failed(format!("the body is not JSON, in an answer {}", self.brief())))
    }

    /// A member of the JSON object in the body, where it is text.
    #[must_use]
    pub fn text_member(&self, name: &str) -> Option<String> {
        let value: Value = serde_json::from_slice(&self.body).ok()?;
        value.get(name)?.as_str().map(str::to_owned)
    }

    /// The token in it, if there is one.
    #[must_use]
    pub fn access_token(&self) -> Option<String> {
        self.text_member("access_token").filter(|token| !token.is_empty())
    }

    /// The `error` of an OAuth error.
    #[must_use]
    pub fn error_code(&self) -> Option<String> {
        self.text_member("error")
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The clock of who answered.
    #[must_use]
    pub fn date(&self) -> Option<DateTime<Utc>> {
        let date = DateTime::parse_from_rfc2822(&self.header(&DATE)).ok()?;
        Some(date.to_utc())
    }

    /// Seconds of `Retry-After`; its other form, a date, is read by the answer's own `Date`.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        let value = self.header(&RETRY_AFTER);
        if let Ok(seconds) = value.parse() {
            return Some(seconds);
        }
        let until = DateTime::parse_from_rfc2822(&value).ok()?.to_utc();
        u64::try_from((until - self.date()?).num_seconds()).ok()
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn brief(&self) -> String {
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
            (None, media_type) => format!("{status} with {media_type}"),
        }
    }
}
