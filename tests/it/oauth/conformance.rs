//! Rules of `docs/CONFORMANCE.md` that belong to no endpoint in particular, or to all.

use reqwest::Method;
use serde_json::json;
use talentsoft_partner::clients::ClientSettings;

use super::{INVALID_GRANT, assert_refused};
use test_support::assertion::{self, GRANT_TYPE};
use test_support::eventually;
use test_support::{Answer, ISSUER, SECRET, TestApp, log, send};

#[tokio::test]
async fn what_a_proxy_or_a_caller_says_about_the_host_changes_nothing() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let evil = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example;proto=http"),
    ];
    let with = |mut request: reqwest::RequestBuilder| {
        for (name, value) in evil {
            request = request.header(name, value);
        }
        request
    };
    let metadata = app.request(Method::GET, "/.well-known/oauth-authorization-server");
    let metadata = send(with(metadata)).await;
    assert_eq!(metadata.json()["issuer"], ISSUER);
    assert!(!metadata.body.contains("evil"), "{}", metadata.body);
    for aud in [
        "https://evil.example",
        "http://evil.example/token",
        "evil.example",
    ] {
        let signed = assertion::good(&app, &client)
            .claim("aud", json!(aud))
            .sign(SECRET);
        log::never(&signed);
        let form = [("grant_type", GRANT_TYPE), ("assertion", &signed)];
        let answer = send(with(app.request(Method::POST, "/token")).form(&form)).await;
        assert_refused(&answer, INVALID_GRANT, aud);
    }
}

#[tokio::test]
async fn a_client_that_is_named_like_a_user_is_no_user() {
    let app = TestApp::start().await;
    let customer_id = app.add_customer("acme").await;
    let client = app
        .add_client("someone@site", SECRET, ClientSettings::marketplace(customer_id))
        .await;
    let describe = async |token: &str| {
        let form = [
            ("client_id", "someone@site"),
            ("client_secret", SECRET),
            ("token", token),
        ];
        app.post_form("/introspect", &form).await.json()
    };
    let token = app.application_token(&client).await;
    let described = describe(&token).await;
    assert_eq!(described["token_kind"], "application");
    assert!(described.get("username").is_none(), "{described}");
    let check = app.get_with("/auth/check", &token).await;
    assert_eq!(check.header("x-client-id"), "someone@site");
    assert!(!check.headers.contains_key("x-user-email"));
    // And a user whose address is the client's identifier is a user.
    let signed = assertion::good(&app, &client)
        .claim("email", json!("someone@site"))
        .sign(SECRET);
    let body = app.jwt_bearer(&signed).await.json();
    let described = describe(body["access_token"].as_str().unwrap()).await;
    assert_eq!(
        (&described["token_kind"], &described["username"]),
        (&json!("user"), &json!("someone@site"))
    );
}

#[tokio::test]
async fn ending_the_tokens_of_a_client_ends_them_for_introspection_too() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
        ("token", &token),
    ];
    assert_eq!(app.post_form("/introspect", &form).await.json()["active"], true);
    app.revoke_tokens(&client).await;
    eventually("the token is inactive", async || {
        app.post_form("/introspect", &form).await.json() == json!({ "active": false })
    })
    .await;
}

#[tokio::test]
async fn head_is_get_without_a_body_and_every_answer_has_its_date() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let registered = test_support::routes::registered(talentsoft_partner::api::configure);
    let paths: Vec<String> = registered
        .iter()
        .filter_map(|route| route.strip_prefix("GET "))
        .map(|path| path.replace("{file}", "index.html"))
        .chain(["/docs/nope".to_owned(), "/auth/check?scope=nope".to_owned()])
        .collect();
    assert!(paths.len() >= 8, "{paths:?}");
    for path in paths {
        for token in [token.as_str(), "nonsense"] {
            let ask = async |method| send(app.request(method, &path).bearer_auth(token)).await;
            let (get, head) = (ask(Method::GET).await, ask(Method::HEAD).await);
            assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
            let headers = |answer: &Answer| {
                let mut headers = answer.headers.clone();
                assert!(headers.remove("date").is_some(), "{path} has no date");
                headers.remove("x-request-id");
                headers
            };
            assert_eq!(headers(&head), headers(&get), "{path}");
        }
    }
    for (method, path) in [
        (Method::POST, "/token"),
        (Method::GET, "/token"),
        (Method::GET, "/nope"),
        (Method::POST, "/introspect"),
        (Method::OPTIONS, "/auth/check"),
    ] {
        let answer = send(app.request(method.clone(), path)).await;
        assert!(answer.header("date").ends_with(" GMT"), "{method} {path}");
        assert_eq!(
            answer.status == 405,
            answer.headers.contains_key("allow"),
            "{method} {path}"
        );
        assert_eq!(
            answer.status == 401,
            answer.headers.contains_key("www-authenticate"),
            "{method} {path}"
        );
    }
}
