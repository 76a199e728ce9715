//! What is sent: built by the checks, right or deliberately wrong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;
use url::form_urlencoded;

use crate::assertion::Assertion;

const CURRENT_USER: HeaderName = HeaderName::from_static("x-current-user");
/// The media type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A request to the origin that is checked.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Option<String>,
    /// What is in it and must not be shown.
    pub(super) hidden: Vec<String>,
    /// What the assertion in it says.
    pub(super) assertion: Option<String>,
    /// Why it cannot be sent.
    pub(super) flaw: Option<&'static str>,
}

impl Request {
    /// A request for a path, with its query if it has one.
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        Self {
            method,
            target: target.into(),
            headers: Vec::new(),
            body: None,
            hidden: Vec::new(),
            assertion: None,
            flaw: None,
        }
    }

    /// With a header; names and values that HTTP does not allow make it unsendable.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_bytes(value.as_bytes()) {
            Ok(value) => self.headers.push((name, value)),
            Err(_) => self.flaw = Some("it holds characters that no header may hold"),
        }
        self
    }

    /// With a query, which is not escaped.
    pub fn query(mut self, query: &str) -> Self {
        self.target = format!("{}?{query}", self.target);
        self
    }

    /// With a form of these pairs, which may stand twice.
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        self.form_as(FORM, pairs)
    }

    /// The same, under another name of the media type.
    pub fn form_as(mut self, media_type: &str, pairs: &[(&str, &str)]) -> Self {
        for (name, value) in pairs {
            if ["client_secret", "assertion", "token", "password"].contains(name) {
                self.hidden.push((*value).to_owned());
            }
        }
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        self.body = Some(body);
        self.header(CONTENT_TYPE, media_type)
    }

    /// With a JSON body.
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self.header(CONTENT_TYPE, "application/json")
    }

    /// Says in the report what the assertion in the form is.
    pub fn showing(mut self, assertion: &Assertion) -> Self {
        self.assertion = Some(assertion.shown.clone());
        self
    }

    /// With client credentials by HTTP Basic, as RFC 6749 s2.3.1 encodes them.
    pub fn basic(self, client_id: &str, secret: &str) -> Self {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        self.basic_as(&encode(client_id), &encode(secret))
    }

    /// The same, with every byte as an escape.
    pub fn basic_escaped(self, client_id: &str, secret: &str) -> Self {
        let encode = |text: &str| {
            text.bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<String>()
        };
        self.basic_as(&encode(client_id), &encode(secret))
    }

    fn basic_as(mut self, user: &str, password: &str) -> Self {
        let value = STANDARD.encode(format!("{user}:{password}"));
        self.hidden.push(password.to_owned());
        self.hidden.push(value.clone());
        self.header(AUTHORIZATION, &format!("Basic {value}"))
    }

    /// With an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.authorization("Bearer", token)
    }

    /// The same, with another spelling of the scheme.
    pub fn authorization(mut self, scheme: &str, token: &str) -> Self {
        self.hidden.push(token.to_owned());
        self.header(AUTHORIZATION, &format!("{scheme} {token}"))
    }

    /// For a user, and for no other.
    pub fn current_user(mut self, user: &str) -> Self {
        self.headers.retain(|(name, _)| *name != CURRENT_USER);
        self.header(CURRENT_USER, user)
    }
}
