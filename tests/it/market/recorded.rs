//! Requests as public callers of the Titles API send them (`recorded.json`), answered in the shapes that these read.
//!
//! What each sends was read from its source: header fields, the order and the encoding of parameters, how its JSON is written.
//! Under `reads` stand the values that it takes from an answer, by JSON pointers in which `*` is every element of a list that
//! must have one.

use std::collections::BTreeMap;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::Value;
use talentsoft_partner::clients::{ClientSettings, Entitlements, ExpiresInFormat, Grants, Scope};

use test_support::{Answer, SECRET, TestApp, send};

const RECORDED: &str = include_str!("recorded.json");

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Caller {
    name: String,
    headers: BTreeMap<String, String>,
    token: TokenRequest,
    /// What it says of the body in each call, also in those without one.
    content_type: Option<String>,
    calls: Vec<RecordedCall>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct TokenRequest {
    content_type: String,
    body: String,
    reads: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RecordedCall {
    send: String,
    content_type: Option<String>,
    body: Option<String>,
    status: Option<u16>,
    reads: BTreeMap<String, String>,
}

impl Caller {
    fn with_headers(&self, mut request: RequestBuilder) -> RequestBuilder {
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
    }

    async fn token(&self, app: &TestApp, client_id: &str) -> String {
        let body = self.token.body.replace("{client_id}", client_id);
        let request = app
            .request(Method::POST, "/connect/token")
            .header(CONTENT_TYPE, &self.token.content_type)
            .body(body.replace("{secret}", SECRET));
        let answer = send(self.with_headers(request)).await;
        check(&answer, 200, &self.token.reads, &format!("{}: token", self.name));
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    async fn replay(&self, app: &TestApp, token: &str, call: &RecordedCall, nurse: &str) {
        let (method, path) = call.send.split_once(' ').unwrap();
        let mut request = app
            .request(method.parse().unwrap(), &path.replace("{nurse}", nurse))
            .bearer_auth(token);
        if let Some(content_type) = call.content_type.as_ref().or(self.content_type.as_ref()) {
            request = request.header(CONTENT_TYPE, content_type);
        }
        if let Some(body) = &call.body {
            request = request.body(body.replace("{nurse}", nurse));
        }
        let answer = send(self.with_headers(request)).await;
        let name = format!("{}: {}", self.name, call.send);
        check(&answer, call.status.unwrap_or(200), &call.reads, &name);
    }
}

/// The status, and what the caller reads.
fn check(answer: &Answer, status: u16, reads: &BTreeMap<String, String>, name: &str) {
    assert_eq!(answer.status.as_u16(), status, "{name}: {answer:?}");
    for (pointer, kind) in reads {
        let path: Vec<&str> = pointer.split('/').skip(1).collect();
        let json = answer.json();
        let values = find(&json, &path);
        assert!(!values.is_empty(), "{name}: nothing at {pointer}: {answer:?}");
        for value in values {
            assert!(is_a(value, kind), "{name}: {pointer} is {value}, and no {kind}");
        }
    }
}

fn find<'v>(value: &'v Value, path: &[&str]) -> Vec<&'v Value> {
    match path {
        [] => vec![value],
        ["*", rest @ ..] => {
            let elements = value.as_array().into_iter().flatten();
            elements.flat_map(|element| find(element, rest)).collect()
        }
        [name, rest @ ..] => value.get(name).map_or_else(Vec::new, |value| find(value, rest)),
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.as_str().is_some_and(|text| !text.is_empty()),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "whole number" => value.is_u64(),
        "probability" => value.as_f64().is_some_and(|number| (0.0..=1.0).contains(&number)),
        "title id" => value.as_str().is_some_and(|text| {
            let digits = text.strip_prefix("ET").unwrap_or_default();
            digits.len() == 16
                && digits
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
        }),
        other => panic!("unknown kind {other}"),
    }
}

#[tokio::test]
async fn requests_as_public_callers_send_them_are_answered_in_the_shapes_that_they_read() {
    let callers: Vec<Caller> = serde_json::from_str(RECORDED).unwrap();
    let app = TestApp::start().await;
    let settings = ClientSettings {
        entitlements: Entitlements::all(),
        requests_per_second: None,
        expires_in_format: ExpiresInFormat::Number,
        ..ClientSettings::new(None, Grants::both(), [Scope::EmsiOpen].into_iter().collect())
    };
    app.add_client("recorded", SECRET, settings).await;
    for caller in &callers {
        let token = caller.token(&app, "recorded").await;
        let request = app
            .request(
                Method::GET,
                "/titles/versions/latest/titles?q=Registered%20Nurse&limit=1",
            )
            .header(ACCEPT, "application/json")
            .bearer_auth(&token);
        let found = send(request).await.json();
        assert_eq!(found["data"][0]["name"], "Registered Nurse");
        let nurse = found["data"][0]["id"].as_str().unwrap();
        for call in &caller.calls {
            caller.replay(&app, &token, call, nurse).await;
        }
    }
}
