//! Rules about assertions: whose keys are tried, and what stands beside an assertion.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::json;
use talentsoft_partner::clients::ClientSettings;

use super::{INVALID_GRANT, assert_refused};
use test_support::assertion::{self, Assertion, GRANT_TYPE};
use test_support::{OTHER_SECRET, SECRET, TestApp, send};

#[tokio::test]
async fn only_keys_of_the_client_that_iss_names_are_tried() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let customer_id = app.add_customer("other").await;
    let other = app
        .add_client("other", OTHER_SECRET, ClientSettings::marketplace(customer_id))
        .await;
    let good = assertion::good(&app, &client);
    let of_other = good.sign(OTHER_SECRET);
    assert_refused(
        &app.jwt_bearer(&of_other).await,
        INVALID_GRANT,
        "another client's key",
    );
    let good_of_other = assertion::good(&app, &other).sign(OTHER_SECRET);
    assert_eq!(app.jwt_bearer(&good_of_other).await.status, 200);
    // A header that brings its key, or says where another one is.
    let key = URL_SAFE_NO_PAD.encode(OTHER_SECRET);
    let jwk = json!({ "kty": "oct", "alg": "HS256", "k": key, "kid": "mine" });
    for (name, value) in [
        ("jwk", jwk),
        ("kid", json!(other.secret_info.secret_id)),
        ("kid", json!(other.client_id)),
        ("kid", json!("../../dev/null")),
        ("kid", json!("' or 1=1 --")),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/x5u")),
        ("x5c", json!([STANDARD.encode(OTHER_SECRET)])),
    ] {
        let brought = good.clone().header(name, value).sign(OTHER_SECRET);
        assert_refused(&app.jwt_bearer(&brought).await, INVALID_GRANT, name);
        let empty = good.clone().header(name, json!("x")).sign(" ");
        assert_refused(&app.jwt_bearer(&empty).await, INVALID_GRANT, name);
    }
}

#[tokio::test]
async fn a_mac_by_another_algorithm_is_refused_also_with_the_right_secret() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let sign = |named: &str, algorithm: Algorithm| {
        let Assertion { header, claims } = assertion::good(&app, &client).header("alg", json!(named));
        let input = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let input = input.join(".");
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        let mac = jsonwebtoken::crypto::sign(input.as_bytes(), &key, algorithm).unwrap();
        format!("{input}.{mac}")
    };
    for (named, algorithm) in [
        ("HS384", Algorithm::HS384),
        ("HS512", Algorithm::HS512),
        ("HS256", Algorithm::HS384),
        ("HS256", Algorithm::HS512),
    ] {
        let what = format!("{algorithm:?} named {named}");
        let answer = app.jwt_bearer(&sign(named, algorithm)).await;
        assert_refused(&answer, INVALID_GRANT, &what);
    }
    assert_eq!(app.jwt_bearer(&sign("HS256", Algorithm::HS256)).await.status, 200);
}

#[tokio::test]
async fn the_assertion_grant_takes_each_parameter_once() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client).sign(SECRET);
    for twice in [("assertion", signed.as_str()), ("scope", "videos"), ("x", "y")] {
        let form = [("grant_type", GRANT_TYPE), ("assertion", &signed), twice, twice];
        let answer = app.post_form("/token", &form).await;
        assert_refused(&answer, (400, "invalid_request"), twice.0);
    }
    // Two assertions are not one.
    let form = [
        ("grant_type", GRANT_TYPE),
        ("assertion", &format!("{signed} {signed}")),
    ];
    assert_refused(&app.post_form("/token", &form).await, INVALID_GRANT, "two in one");
}

#[tokio::test]
async fn wrong_credentials_spoil_a_good_assertion_and_get_their_challenge() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client).sign(SECRET);
    let form = [("grant_type", GRANT_TYPE), ("assertion", signed.as_str())];
    let ask = async |value: String| {
        let request = app
            .request(Method::POST, "/token")
            .header(AUTHORIZATION, value)
            .form(&form);
        send(request).await
    };
    let basic = |secret: &str| {
        format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{secret}", client.client_id))
        )
    };
    for bad in [basic(OTHER_SECRET), basic(""), "Basic !".to_owned()] {
        let answer = ask(bad.clone()).await;
        assert_refused(&answer, (401, "invalid_client"), &bad);
        assert_eq!(answer.challenge().0, "Basic", "{bad}");
    }
    for good in [basic(SECRET), "Bearer x".to_owned(), String::new()] {
        assert_eq!(ask(good.clone()).await.status, 200, "{good}");
    }
    let unsupported = [&form[..], &[("client_assertion", "a.b.c")]].concat();
    let answer = app.post_form("/token", &unsupported).await;
    assert_refused(&answer, (401, "invalid_client"), "client_assertion");
}

#[tokio::test]
async fn an_assertion_may_ask_for_less_and_never_for_more() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client).sign(SECRET);
    let ask = async |scope: &str| {
        let form = [
            ("grant_type", GRANT_TYPE),
            ("assertion", signed.as_str()),
            ("scope", scope),
        ];
        app.post_form("/connect/token", &form).await
    };
    let less = ask("assessments").await.json();
    assert_eq!(less["scope"], "assessments");
    assert!(less.get("refresh_token").is_none());
    let token = less["access_token"].as_str().unwrap();
    assert_eq!(app.get_with("/videos/campaigns", token).await.status, 403);
    for more in [
        "admin",
        "videos admin",
        "ASSESSMENTS",
        "videos\tassessments",
        "\"videos\"",
        "é",
    ] {
        assert_refused(&ask(more).await, (400, "invalid_scope"), more);
    }
}
