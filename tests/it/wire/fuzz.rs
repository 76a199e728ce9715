//! Requests by chance, over HTTP: never a 5xx, never a 2xx, and the next right request is served.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::Union;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use tokio::runtime::Runtime;

use test_support::{OTHER_SECRET, TestApp, TestClient, assertion, send};

const CASES: u32 = 300;

fn runner() -> TestRunner {
    TestRunner::new(Config::with_cases(CASES))
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn bytes() -> BoxedStrategy<Vec<u8>> {
    vec(any::<u8>(), 0..60).boxed()
}

/// One of these, or text of this form, or any bytes.
fn value(known: &[String], pattern: &'static str) -> BoxedStrategy<Vec<u8>> {
    let known = select(known.to_vec()).prop_map(String::into_bytes);
    prop_oneof![3 => known, 2 => pattern.prop_map(String::into_bytes), 1 => bytes()].boxed()
}

type Headers = Vec<(&'static str, Vec<u8>)>;

/// Some of these headers, some of them more than once.
fn headers(of: Vec<(&'static str, BoxedStrategy<Vec<u8>>)>) -> impl Strategy<Value = Headers> {
    let header = Union::new(of.into_iter().map(|(name, value)| (Just(name), value)));
    vec(header, 0..4)
}

fn with_headers(mut request: RequestBuilder, headers: Headers) -> RequestBuilder {
    for (name, value) in headers {
        // What no header may hold cannot be sent.
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            request = request.header(HeaderName::from_static(name), value);
        }
    }
    request
}

/// Sends it: refused, and by the client's fault.
fn refused(runtime: &Runtime, request: RequestBuilder) -> Result<(), TestCaseError> {
    let answer = runtime.block_on(send(request));
    prop_assert!(answer.status.is_client_error(), "{:?}", answer);
    Ok(())
}

type Pairs = Vec<(String, String)>;

/// Forms that would be right but for the secret.
fn nearly_right(app: &TestApp, client: &TestClient) -> Vec<Pairs> {
    let id = client.client_id.as_str();
    let signed = assertion::good(app, client).sign(OTHER_SECRET);
    let unsigned = format!("{}.", signed.rsplit_once('.').unwrap().0);
    let own = |pairs: &[(&str, &str)]| -> Pairs {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    };
    let as_application = ("grant_type", "client_credentials");
    let as_user = ("grant_type", assertion::GRANT_TYPE);
    let by_id = ("client_id", id);
    let by_secret = ("client_secret", OTHER_SECRET);
    vec![
        own(&[as_application, by_id, by_secret]),
        own(&[as_application, ("scope", "videos")]),
        own(&[as_user, ("assertion", &signed)]),
        own(&[as_user, ("assertion", &signed), by_id, ("scope", "videos")]),
        own(&[as_user, ("assertion", &unsigned)]),
        own(&[("token", "tsp_AAAA"), by_id, by_secret]),
    ]
}

/// One of the forms with parameters dropped, repeated, changed and added, now and then.
fn form(nearly_right: Vec<Pairs>) -> impl Strategy<Value = Vec<u8>> {
    let names = strings(&[
        "grant_type",
        "client_id",
        "client_secret",
        "assertion",
        "scope",
        "client_assertion",
        "token",
        "access_token",
    ]);
    let values: Vec<String> = nearly_right
        .iter()
        .flatten()
        .map(|(_, value)| value.clone())
        .collect();
    let name = prop_oneof![9 => select(names), 1 => ".{0,10}"];
    let value = || prop_oneof![2 => select(values.clone()), 1 => ".{0,40}"];
    let changes = vec((0_u8..20, value()), 4);
    let additions = prop_oneof![3 => Just(Vec::new()), 1 => vec((name, value()), 1..3)];
    (select(nearly_right), changes, additions).prop_map(|(pairs, changes, additions)| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for ((name, value), (change, other)) in pairs.iter().zip(changes) {
            match change {
                0 => {}
                1 => _ = form.append_pair(name, value).append_pair(name, value),
                2 | 3 => _ = form.append_pair(name, &other),
                _ => _ = form.append_pair(name, value),
            }
        }
        form.extend_pairs(additions).finish().into_bytes()
    })
}

#[test]
fn no_request_by_chance_gets_a_token_or_breaks_the_service() {
    let runtime = runtime();
    let (app, client) = runtime.block_on(async {
        let app = TestApp::start().await;
        let client = app.add_marketplace_client("acme").await;
        (app, client)
    });
    let body = prop_oneof![
        12 => form(nearly_right(&app, &client)),
        1 => "[a-z=&%+]{0,40}".prop_map(String::into_bytes),
        1 => bytes(),
    ];
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let authorizations = [
        basic(&format!("{}:{OTHER_SECRET}", client.client_id)),
        basic("nobody:"),
        basic("%:%"),
        "Basic".to_owned(),
        "Bearer x".to_owned(),
    ];
    let authorization = value(&authorizations, "(Basic|Bearer) [A-Za-z0-9+/=]{0,30}");
    let authorization = prop::option::weighted(0.2, authorization);
    let media_type = prop_oneof![
        12 => Just(b"application/x-www-form-urlencoded".to_vec()),
        1 => "[a-z]{1,5}/[a-z;=]{0,9}".prop_map(String::into_bytes),
        1 => bytes(),
    ];
    let addresses = strings(&["127.0.0.1", "unknown", ","]);
    let others = headers(vec![
        ("x-forwarded-for", value(&addresses, "[0-9a-f.:, ]{0,20}")),
        ("x-request-id", value(&strings(&["x", ""]), ".{0,70}")),
        ("x-current-user", value(&strings(&["a@b"]), ".{0,10}@.{0,10}")),
        ("accept", bytes()),
    ]);
    let path = select(vec!["/token", "/connect/token", "/revoke", "/introspect"]);
    let query = prop_oneof![12 => Just(String::new()), 1 => "\\?[a-z_=&%0-9]{0,20}"];
    let cases = (path, query, authorization, media_type, others, body);
    runner()
        .run(
            &cases,
            |(path, query, authorization, media_type, mut headers, body)| {
                headers.push(("content-type", media_type));
                headers.extend(authorization.map(|value| ("authorization", value)));
                let request = app.request(Method::POST, &format!("{path}{query}"));
                refused(&runtime, with_headers(request, headers).body(body))
            },
        )
        .unwrap();
    let served = runtime.block_on(app.client_credentials(&client));
    assert_eq!(served.status, 200);
}

/// `Authorization` headers with one of these tokens, damaged.
fn damaged(tokens: [String; 2]) -> impl Strategy<Value = Vec<u8>> {
    let damage = (select(tokens.to_vec()), any::<Index>(), "[A-Za-z0-9_.=+/ -]{0,2}");
    damage.prop_filter_map("what is not damaged is good", move |(token, at, put)| {
        let at = at.index(token.len());
        let damaged = format!("{}{put}{}", &token[..at], &token[at + 1..]);
        // Spaces around a token are not part of it.
        let is_good = tokens.iter().any(|good| good == damaged.trim_matches(' '));
        (!is_good).then(|| format!("Bearer {damaged}").into_bytes())
    })
}

#[test]
fn no_request_by_chance_passes_the_guard_or_breaks_it() {
    let runtime = runtime();
    let (app, token, user_token) = runtime.block_on(async {
        let app = TestApp::start().await;
        let client = app.add_marketplace_client("acme").await;
        let tokens = (
            app.application_token(&client).await,
            app.user_token(&client).await,
        );
        (app, tokens.0, tokens.1)
    });
    let schemes = [
        format!("Basic {token}"),
        format!("Token {token}"),
        format!("Bearer{token}"),
        token.clone(),
    ];
    let authorization = prop_oneof![
        3 => damaged([token.clone(), user_token]),
        1 => value(&schemes, "[bB]earer (tsp_)?[A-Za-z0-9_-]{0,80}"),
    ];
    let count = prop_oneof![1 => Just(0_usize), 12 => Just(1), 1 => Just(2)];
    let authorization = (count, vec(authorization, 2)).prop_map(|(count, mut values)| {
        values.truncate(count);
        values
    });
    let others = headers(vec![
        (
            "x-current-user",
            value(&strings(&["jean.dupont@site"]), ".{0,10}@.{0,10}"),
        ),
        ("x-client-id", value(&strings(&["client-of-acme"]), ".{0,10}")),
        (
            "cookie",
            value(&[format!("access_token={token}")], "[a-z=;]{0,20}"),
        ),
        ("x-original-uri", value(&strings(&["/public"]), "/[a-z]{0,5}")),
    ]);
    let query = prop_oneof![
        6 => Just(String::new()),
        3 => Just("?scope=videos".to_owned()),
        1 => Just(format!("?access_token={token}")),
        1 => "\\?[a-z_=&%0-9]{0,20}",
    ];
    let path = select(vec!["/auth/check", "/videos/campaigns", "/campaign"]);
    let method = select(vec![Method::GET, Method::HEAD]);
    let cases = (path, query, method, authorization, others);
    runner()
        .run(&cases, |(path, query, method, authorization, mut headers)| {
            headers.extend(authorization.into_iter().map(|value| ("authorization", value)));
            let request = app.request(method, &format!("{path}{query}"));
            refused(&runtime, with_headers(request, headers))
        })
        .unwrap();
    let served = runtime.block_on(app.get_with("/auth/check", &token));
    assert_eq!(served.status, 204);
}
