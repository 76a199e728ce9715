//! The `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers) and `Retry-After`.

use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The state of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Its name, a plain token.
    pub name: &'static str,
    /// Requests that the window has room for.
    pub quota: u32,
    /// The window in seconds.
    pub window_seconds: u64,
    /// Requests that would be accepted at once now.
    pub remaining: u32,
    /// How long until the next one is accepted, where none is now.
    pub retry_after: Option<Duration>,
}

impl RateLimit {
    /// Adds the headers; `Retry-After` too where the limit is reached.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        let reset = self.retry_after.map_or(self.window_seconds, seconds);
        let policy = format!("\"{}\";q={};w={}", self.name, self.quota, self.window_seconds);
        // What is left of a limit of many requests a second is renewed all the time: `t` is at most the window.
        let state = format!("\"{}\";r={};t={reset}", self.name, self.remaining);
        for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
        if self.retry_after.is_some() {
            headers.insert(RETRY_AFTER, HeaderValue::from(reset));
        }
    }
}

/// What is left of a quota: so many uses in a month or a year (Lightcast contract s1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaLeft {
    /// Uses that are left in the period.
    pub remaining: u64,
    /// Whole seconds until the next period begins.
    pub reset: u64,
    /// Whether the request was refused because too few are left.
    pub is_exceeded: bool,
}

impl QuotaLeft {
    /// Adds the headers; `Retry-After` too where the request was refused.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        headers.insert(RATE_LIMIT_REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RATE_LIMIT_RESET, HeaderValue::from(self.reset));
        if self.is_exceeded {
            headers.insert(RETRY_AFTER, HeaderValue::from(self.reset));
        }
    }
}

/// Whole seconds, rounded up: never earlier than `duration`.
#[must_use]
pub fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(limit: RateLimit) -> Vec<String> {
        let mut headers = HeaderMap::new();
        limit.write(&mut headers);
        [RATE_LIMIT_POLICY, RATE_LIMIT, RETRY_AFTER]
            .iter()
            .filter_map(|name| Some(headers.get(name)?.to_str().unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn a_limit_says_how_much_is_left_and_when_to_come_again() {
        let limit = RateLimit {
            name: "requests",
            quota: 5,
            window_seconds: 1,
            remaining: 3,
            retry_after: None,
        };
        assert_eq!(written(limit), ["\"requests\";q=5;w=1", "\"requests\";r=3;t=1"]);
        let reached = RateLimit {
            remaining: 0,
            retry_after: Some(Duration::from_millis(1500)),
            ..limit
        };
        assert_eq!(
            written(reached),
            ["\"requests\";q=5;w=1", "\"requests\";r=0;t=2", "2"]
        );
    }
}
