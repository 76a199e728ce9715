//! Requests as the checks build them: valid, or deliberately wrong in one respect.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;
use url::form_urlencoded;

use crate::assertion::Assertion;

/// The header that names the user on whose behalf a call is made (contract s3).
pub const CURRENT_USER: HeaderName = HeaderName::from_static("x-current-user");
/// The media type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// Form parameters whose values must not be shown.
const SECRET_PARAMETERS: &[&str] = &["client_secret", "assertion", "token", "password"];

/// A request to the endpoint's origin.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Option<String>,
    /// Values in the request that must not be shown.
    pub(super) secrets: Vec<String>,
    /// Header and claims of the assertion in the body, as JSON, for the report.
    pub(super) assertion: Option<String>,
    /// Why HTTP does not allow this request, so that it cannot be sent.
    pub(super) defect: Option<&'static str>,
}

impl Request {
    /// A request to `target`, which is a path and may have a query.
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        Self {
            method,
            target: target.into(),
            headers: Vec::new(),
            body: None,
            secrets: Vec::new(),
            assertion: None,
            defect: None,
        }
    }

    /// Adds a header. A value with characters that HTTP does not allow makes the request fail when it is sent.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_bytes(value.as_bytes()) {
            Ok(value) => self.headers.push((name, value)),
            Err(_) => self.defect = Some("a header value has characters that HTTP does not allow"),
        }
        self
    }

    /// Adds a query, which is already encoded, to a path without one.
    pub fn query(mut self, query: &str) -> Self {
        self.target = format!("{}?{query}", self.target);
        self
    }

    /// Sets a form as the body. A name may occur more than once.
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        self.form_as(FORM, pairs)
    }

    /// Sets a form as the body, with `media_type` as its `Content-Type`.
    pub fn form_as(mut self, media_type: &str, pairs: &[(&str, &str)]) -> Self {
        for (name, value) in pairs {
            if SECRET_PARAMETERS.contains(name) {
                self.secrets.push((*value).to_owned());
            }
        }
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        self.body = Some(body);
        self.header(CONTENT_TYPE, media_type)
    }

    /// Sets a JSON body.
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self.header(CONTENT_TYPE, "application/json")
    }

    /// Shows in the report what the assertion in the form says. The form itself is shown without it.
    pub fn showing(mut self, assertion: &Assertion) -> Self {
        self.assertion = Some(assertion.readable.clone());
        self
    }

    /// Adds client credentials by HTTP Basic, encoded as RFC 6749 s2.3.1 requires.
    pub fn basic(self, client_id: &str, secret: &str) -> Self {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        self.basic_encoded(&encode(client_id), &encode(secret))
    }

    /// Adds client credentials by HTTP Basic with every byte percent-encoded, which RFC 6749 s2.3.1 allows too.
    pub fn basic_percent_encoded(self, client_id: &str, secret: &str) -> Self {
        let encode = |text: &str| {
            text.bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<String>()
        };
        self.basic_encoded(&encode(client_id), &encode(secret))
    }

    fn basic_encoded(mut self, user: &str, password: &str) -> Self {
        let value = STANDARD.encode(format!("{user}:{password}"));
        self.secrets.push(password.to_owned());
        self.secrets.push(value.clone());
        self.header(AUTHORIZATION, &format!("Basic {value}"))
    }

    /// Adds an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.authorization("Bearer", token)
    }

    /// Adds a token under another spelling of the scheme.
    pub fn authorization(mut self, scheme: &str, token: &str) -> Self {
        self.secrets.push(token.to_owned());
        self.header(AUTHORIZATION, &format!("{scheme} {token}"))
    }

    /// Names the user on whose behalf the call is made, in place of any user named before.
    pub fn current_user(mut self, user: &str) -> Self {
        self.headers.retain(|(name, _)| *name != CURRENT_USER);
        self.header(CURRENT_USER, user)
    }
}
