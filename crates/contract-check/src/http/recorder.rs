//! Records each exchange for the report, without anything secret.

use std::cell::RefCell;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::exchange::{Exchange, RequestRecord, ResponseRecord, truncated};
use super::redaction::Redactor;
use super::request::Request;
use super::response::{Body, Response};

/// How much of a body is shown, in characters.
const MAX_SHOWN_CHARS: usize = 2000;

/// Headers of a response that are shown.
const SHOWN_HEADERS: &[&str] = &[
    "content-type",
    "cache-control",
    "pragma",
    "www-authenticate",
    "allow",
    "location",
    "retry-after",
    "date",
    "link",
    "server",
];

/// Members of a token response that are secret.
const TOKEN_MEMBERS: &[&str] = &["access_token", "refresh_token", "id_token"];

/// The exchanges of the check that is running.
#[derive(Default)]
pub struct Recorder {
    redactor: Redactor,
    exchanges: RefCell<Vec<Exchange>>,
}

impl Recorder {
    /// A recorder that shows `secret` nowhere.
    pub fn new(secret: &str) -> Self {
        let recorder = Self::default();
        recorder.redactor.add_secret(secret);
        recorder
    }

    /// The text with everything secret replaced.
    pub fn redact(&self, text: &str) -> String {
        self.redactor.redact(text)
    }

    /// What the report shows of a request to `origin`. Its secrets are redacted from now on.
    pub fn request(&self, origin: &str, request: &Request) -> RequestRecord {
        for secret in &request.secrets {
            self.redactor.add_token(secret);
        }
        let headers = request
            .headers
            .iter()
            .filter(|(name, _)| *name != CONTENT_TYPE || request.body.is_some());
        let body = request.body.as_ref().map(|body| self.redact(body));
        RequestRecord {
            method: request.method.to_string(),
            url: self.redact(&format!("{origin}{}", request.target)),
            headers: headers.map(|(name, value)| self.header(name, value)).collect(),
            body: body.map(|body| truncated(&body, MAX_SHOWN_CHARS)),
            assertion: request.assertion.as_ref().map(|text| self.redact(text)),
        }
    }

    fn header(&self, name: &HeaderName, value: &HeaderValue) -> String {
        let value = String::from_utf8_lossy(value.as_bytes());
        match value.split_once(' ') {
            // The credentials may be too short to be redacted as a token.
            Some((scheme, _)) if *name == AUTHORIZATION => format!("{name}: {scheme} ***"),
            _ => self.redact(&format!("{name}: {value}")),
        }
    }

    /// Records a response. The tokens in it are redacted from now on.
    pub fn response(&self, request: RequestRecord, status: u16, headers: HeaderMap, body: Body) -> Response {
        if let Ok(json) = serde_json::from_slice::<Value>(&body.bytes) {
            let members = TOKEN_MEMBERS.iter().filter_map(|name| json.get(name)?.as_str());
            members.for_each(|token| self.redactor.add_token(token));
        }
        let shown = headers
            .iter()
            .filter(|(name, _)| SHOWN_HEADERS.contains(&name.as_str()))
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                self.redact(&format!("{name}: {value}"))
            });
        let text = String::from_utf8_lossy(&body.bytes);
        let exchange = Exchange {
            request,
            response: ResponseRecord::Received {
                status,
                headers: shown.collect(),
                body: truncated(&self.redact(&text), MAX_SHOWN_CHARS),
            },
        };
        self.exchanges.borrow_mut().push(exchange.clone());
        Response {
            status,
            headers,
            body,
            exchange,
        }
    }

    /// Records that a request had no response, and returns the reason without anything secret.
    pub fn no_response(&self, request: RequestRecord, error: &str) -> String {
        let error = self.redact(error);
        let response = ResponseRecord::Missing { error: error.clone() };
        self.exchanges.borrow_mut().push(Exchange { request, response });
        error
    }

    /// Records an exchange again, for a check that uses a response which was received earlier.
    pub fn repeat(&self, exchange: &Exchange) {
        self.exchanges.borrow_mut().push(exchange.clone());
    }

    /// The exchanges since the last call of this function.
    pub fn take(&self) -> Vec<Exchange> {
        self.exchanges.take()
    }
}
