//! An answer, read whole.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

/// Whether RFC 6749 s5.2 and RFC 6750 s3 allow the text in a description: no quote, backslash, line break or non-ASCII.
fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e'))
}

/// A response with its body; every access token in it must stay out of the log.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// Sends a request and reads the answer. Every answer carries a request id.
pub async fn send(request: RequestBuilder) -> Answer {
    let answer = Answer::of(request).await.unwrap();
    let headers = &answer.headers;
    assert!(headers.contains_key("x-request-id"), "no request id: {headers:?}");
    if let Ok(Value::Object(object)) = serde_json::from_str(&answer.body)
        && let Some(token) = object.get("access_token").and_then(Value::as_str)
    {
        crate::log::never(token);
    }
    answer
}

impl Answer {
    /// Sends a request that may fail, as one to an instance that is killed meanwhile, and reads the answer.
    pub async fn of(request: RequestBuilder) -> reqwest::Result<Self> {
        let response = request.send().await?;
        Ok(Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await?,
        })
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and `error` of an OAuth refusal, after a look at what every refusal must be.
    #[track_caller]
    pub fn oauth_error(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("pragma"), "no-cache");
        let description = body["error_description"].as_str().unwrap();
        assert!(is_plain(description), "{description}");
        assert_eq!(body.as_object().unwrap().len(), 2);
        (self.status.as_u16(), body["error"].as_str().unwrap().to_owned())
    }

    /// Status and name of a refusal, in whichever dialect: codes of OAuth are written as names of problems are.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String) {
        if self.header("content-type") == "application/json" {
            let (status, code) = self.oauth_error();
            (status, code.replace('_', "-"))
        } else {
            self.problem()
        }
    }

    /// Status and name of a problem, after a look at what every problem must be.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        assert_eq!(body["status"], self.status.as_u16());
        assert!(!body["title"].as_str().unwrap().is_empty());
        assert!(!body["detail"].as_str().unwrap().is_empty());
        let kind = body["type"].as_str().unwrap();
        (
            self.status.as_u16(),
            kind.strip_prefix("tag:talentsoft-partner.example,2026:")
                .unwrap()
                .to_owned(),
        )
    }

    /// Scheme and parameters of the challenge, after a look at what every challenge must be (RFC 9110 s11.6.1).
    #[track_caller]
    pub fn challenge(&self) -> (&str, BTreeMap<&str, &str>) {
        let (scheme, mut rest) = self.header("www-authenticate").split_once(' ').unwrap();
        let mut parameters = BTreeMap::new();
        loop {
            let (name, value) = rest.split_once("=\"").unwrap();
            let (value, after) = value.split_once('"').unwrap();
            assert!(is_plain(value), "{rest}");
            assert!(parameters.insert(name, value).is_none(), "{name} stands twice");
            if after.is_empty() {
                return (scheme, parameters);
            }
            rest = after.strip_prefix(", ").unwrap();
        }
    }

    #[track_caller]
    pub fn token(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Says to come back later, and when.
    #[track_caller]
    pub fn assert_unavailable(&self) {
        assert_eq!(self.status, 503, "{self:?}");
        let seconds: u64 = self.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds), "{self:?}");
    }
}
