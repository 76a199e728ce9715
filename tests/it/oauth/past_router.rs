//! The endpoints are answered past the router where their paths are written as usual, and by the router where a letter is
//! escaped: the answer is the same.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use talentsoft_partner::clients::Scope;

use test_support::{TestApp, assertion, send};

/// Each endpoint as usual, and as the router alone understands it.
const PATHS: &[(&str, &str)] = &[
    ("/token", "/%74oken"),
    ("/connect/token", "/connect/%74oken"),
    ("/introspect", "/%69ntrospect"),
    ("/revoke", "/%72evoke"),
];

/// A request but for its path.
struct Case {
    query: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Case {
    fn form(body: impl Into<String>) -> Self {
        Self {
            query: "",
            headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            body: body.into(),
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    fn of(&self, app: &TestApp, path: &str) -> RequestBuilder {
        let path = format!("{path}{}", self.query);
        let mut request = app.request(Method::POST, &path).header("x-request-id", "same");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.body(self.body.clone())
    }
}

/// What was answered, but for what differs between two answers to the same question: the instant, and the token itself.
async fn answered(request: RequestBuilder) -> (u16, reqwest::header::HeaderMap, String) {
    let mut answer = send(request).await;
    answer.headers.remove("date");
    let mut body = answer.body;
    if let Ok(serde_json::Value::Object(mut members)) = serde_json::from_str(&body)
        && let Some(token) = members.get("access_token").and_then(|token| token.as_str())
    {
        let length = token.len();
        members.insert("access_token".to_owned(), length.into());
        body = serde_json::Value::Object(members).to_string();
    }
    (answer.status.as_u16(), answer.headers, body)
}

#[tokio::test]
async fn past_the_router_and_through_it_the_answer_is_the_same() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let inspector = app.add_own_client("inspector", &[Scope::Introspect]).await;
    let token = app.application_token(&client).await;
    let bearer = format!("Bearer {}", app.application_token(&inspector).await);
    let credentials = format!("client_id={}&client_secret={}", client.client_id, client.secret);
    let assertion = assertion::good(&app, &client).sign(&client.secret);
    let long = "x".repeat(64 * 1024 + 1);
    let mut cases = vec![
        Case::form(format!(
            "grant_type=client_credentials&{credentials}&token={token}"
        )),
        Case::form(format!(
            "grant_type=client%5fcredentials&{credentials}&scope=videos&token=x"
        )),
        Case::form(format!(
            "grant_type=client_credentials&{credentials}&scope=platform"
        )),
        Case::form(format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"
        )),
        Case::form("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=x"),
        Case::form(format!(
            "grant_type=client_credentials&client_id={}&client_secret=x",
            client.client_id
        )),
        Case::form(credentials.clone()),
        Case::form("grant_type=password"),
        Case::form("token=%zz"),
        Case::form("token=1&token=2"),
        Case::form(""),
        Case::form(long),
        Case::form(format!("token={token}")).with(AUTHORIZATION.as_str(), bearer.clone()),
        Case::form(format!("token={token}")).with(AUTHORIZATION.as_str(), "Bearer nonsense"),
        Case::form(credentials.clone()).with(AUTHORIZATION.as_str(), "Basic nonsense"),
        Case::form(credentials.clone()).with(CONTENT_TYPE.as_str(), "application/json"),
        Case::form(credentials.clone()).with("content-encoding", "gzip"),
    ];
    for query in ["?token=x", "?scope=videos", "?unknown=x"] {
        cases.push(Case {
            query,
            ..Case::form(credentials.clone())
        });
    }
    let mut statuses = Vec::new();
    for (usual, escaped) in PATHS {
        for case in &cases {
            let past = answered(case.of(&app, usual)).await;
            let routed = answered(case.of(&app, escaped)).await;
            assert_eq!(past, routed, "{usual}{} {:.300}", case.query, case.body);
            statuses.push(past.0);
        }
    }
    for expected in [200, 400, 401, 413, 415] {
        assert!(statuses.contains(&expected), "{statuses:?}");
    }
}
