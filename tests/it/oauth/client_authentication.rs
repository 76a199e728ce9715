//! How a client proves itself (RFC 6749 s2.3), and that failures look alike.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use talentsoft_partner::clients::{self, ClientSettings, Enabled, Grant, Grants};

use test_support::{Answer, OTHER_SECRET, SECRET, TestApp, assertion, eventually, send};

const GRANT: &[(&str, &str)] = &[("grant_type", "client_credentials")];

async fn basic(app: &TestApp, user_and_password: &str, form: &[(&str, &str)]) -> Answer {
    let value = format!("Basic {}", STANDARD.encode(user_and_password));
    send(
        app.request(Method::POST, "/connect/token")
            .header(AUTHORIZATION, value)
            .form(form),
    )
    .await
}

#[tokio::test]
async fn basic_works_with_the_escapes_of_the_rfc() {
    let app = TestApp::start().await;
    let customer_id = app.add_customer("acme").await;
    let secret = "a secret: 100% + é, thirty-two bytes";
    app.add_client("id with:colon", secret, ClientSettings::marketplace(customer_id))
        .await;
    let encoded = "id+with%3Acolon:a+secret%3A+100%25+%2B+%C3%A9%2C+thirty-two+bytes";
    assert_eq!(basic(&app, encoded, GRANT).await.status, 200);
    // The scheme's name has no case (RFC 9110 s11.1).
    let value = format!("bAsIc {}", STANDARD.encode(encoded));
    let answer = send(
        app.request(Method::POST, "/token")
            .header(AUTHORIZATION, value)
            .form(GRANT),
    )
    .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_bad_authorization_header_is_401_with_its_challenge() {
    let app = TestApp::start().await;
    app.add_marketplace_client("acme").await;
    for value in [
        "Basic",
        "Basic !!!",
        "Basic YWJj",
        "Bearer abc",
        "Digest username=x",
        "Basic YTolZmY=",
    ] {
        let answer = send(
            app.request(Method::POST, "/token")
                .header(AUTHORIZATION, value)
                .form(GRANT),
        )
        .await;
        assert_eq!(
            answer.oauth_error(),
            (401, "invalid_client".to_owned()),
            "{value}"
        );
        assert!(
            answer.header("www-authenticate").starts_with("Basic realm="),
            "{value}"
        );
    }
}

#[tokio::test]
async fn unknown_disabled_wrong_and_retired_look_alike() {
    let app = TestApp::start().await;
    let customer_id = app.add_customer("acme").await;
    let good = app
        .add_client("good", SECRET, ClientSettings::marketplace(customer_id))
        .await;
    let disabled = app
        .add_client("disabled", SECRET, ClientSettings::marketplace(customer_id))
        .await;
    app.set_enabled(&disabled, Enabled::No).await;
    let retired = app
        .add_client("retired", SECRET, ClientSettings::marketplace(customer_id))
        .await;
    let secret_id = retired.secret_info.secret_id;
    app.retire_secret(&retired, secret_id).await;
    let mut seen = Vec::new();
    for (client_id, secret) in [
        ("nobody", SECRET),
        (disabled.client_id.as_str(), SECRET),
        (good.client_id.as_str(), OTHER_SECRET),
        (retired.client_id.as_str(), SECRET),
    ] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", secret),
        ];
        let answer = app.post_form("/token", &form).await;
        assert_eq!(
            answer.oauth_error(),
            (401, "invalid_client".to_owned()),
            "{client_id}"
        );
        let mut headers: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        headers.sort();
        seen.push((headers, answer.body));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(app.client_credentials(&good).await.status, 200);
    // In cost too: each of the four was one pass through the hashing pool, and the log says which was which.
    for (client, reason) in [
        ("nobody", "client_unknown"),
        ("disabled", "client_disabled"),
        ("good", "client_wrong_secret"),
        ("retired", "client_wrong_secret"),
    ] {
        let lines = test_support::log::lines_with(&format!("\"client\":\"{client}\""));
        assert!(
            lines.iter().any(|line| line["reason"] == reason),
            "{client}: {lines:?}"
        );
    }
}

#[tokio::test]
async fn secrets_overlap_expire_and_retire_on_a_running_service() {
    let app = TestApp::start().await;
    let mut client = app.add_marketplace_client("acme").await;
    assert_eq!(app.client_credentials(&client).await.status, 200);
    let first = client.clone();
    client.secret = OTHER_SECRET.to_owned();
    app.add_secret(&client, OTHER_SECRET, Some(TimeDelta::seconds(100)))
        .await;
    eventually("the new secret is taken", async || {
        app.client_credentials(&client).await.status == 200
    })
    .await;
    assert_eq!(
        app.client_credentials(&first).await.status,
        200,
        "the old one is taken beside it"
    );
    let secret_id = first.secret_info.secret_id;
    app.retire_secret(&first, secret_id).await;
    eventually("the old secret is refused", async || {
        app.client_credentials(&first).await.status == 401
    })
    .await;
    assert_eq!(app.client_credentials(&client).await.status, 200);
    app.advance(100);
    assert_eq!(
        app.client_credentials(&client).await.status,
        401,
        "it expired by itself"
    );
}

#[tokio::test]
async fn the_use_of_a_secret_is_written_down() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    app.client_credentials(&client).await;
    eventually("last_used_at is set", async || {
        let act = app.act();
        let secrets = app
            .db
            .read(async |db| clients::list_secrets(db, &act, &client.client_id).await)
            .await
            .unwrap();
        secrets[0].last_used_at == Some(app.now())
    })
    .await;
}

#[tokio::test]
async fn two_ways_at_once_are_refused() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let id = client.client_id.as_str();
    let both = format!("{id}:{SECRET}");
    let in_body = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", SECRET),
    ];
    assert_eq!(
        basic(&app, &both, &in_body).await.oauth_error(),
        (400, "invalid_request".to_owned())
    );
    let other_id = [("grant_type", "client_credentials"), ("client_id", "other")];
    assert_eq!(
        basic(&app, &both, &other_id).await.oauth_error(),
        (400, "invalid_request".to_owned())
    );
    let with_assertion = [("grant_type", "client_credentials"), ("client_assertion", "x")];
    assert_eq!(
        basic(&app, &both, &with_assertion).await.oauth_error(),
        (400, "invalid_request".to_owned())
    );
    let same_id = [("grant_type", "client_credentials"), ("client_id", id)];
    assert_eq!(basic(&app, &both, &same_id).await.status, 200);
    let header = format!("Basic {}", STANDARD.encode(&both));
    let twice = app
        .request(Method::POST, "/token")
        .header(AUTHORIZATION, &header)
        .header(AUTHORIZATION, &header)
        .form(GRANT);
    assert_eq!(
        send(twice).await.oauth_error(),
        (400, "invalid_request".to_owned())
    );
}

#[tokio::test]
async fn an_unsupported_way_alone_is_invalid_client() {
    let app = TestApp::start().await;
    let form = [
        ("grant_type", "client_credentials"),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", "a.b.c"),
    ];
    assert_eq!(
        app.post_form("/token", &form).await.oauth_error(),
        (401, "invalid_client".to_owned())
    );
    assert_eq!(
        app.post_form("/token", GRANT).await.oauth_error(),
        (401, "invalid_client".to_owned())
    );
}

#[tokio::test]
async fn credentials_are_refused_in_the_query() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let path = format!("/token?client_id={}&client_secret={SECRET}", client.client_id);
    assert_eq!(
        app.post_form(&path, GRANT).await.oauth_error(),
        (400, "invalid_request".to_owned())
    );
    assert_eq!(
        app.post_form("/token?tenant=1", GRANT).await.oauth_error().0,
        401,
        "another query is left alone"
    );
}

#[tokio::test]
async fn a_header_that_is_not_basic_spoils_no_good_credentials() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let expired = app.application_token(&client).await;
    app.advance(3600);
    let signed = assertion::good(&app, &client).sign(SECRET);
    let credentials = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
        ("token", "x"),
    ];
    let by_assertion = [("assertion", signed.as_str())];
    for value in [
        format!("Bearer {expired}"),
        "Bearer".to_owned(),
        String::new(),
        "Digest username=x".to_owned(),
        "Basic".to_owned(),
    ] {
        for (path, form, grant_type) in [
            ("/token", &credentials[..], "client_credentials"),
            ("/connect/token", &credentials, "client_credentials"),
            ("/connect/token", &by_assertion, assertion::GRANT_TYPE),
            ("/revoke", &credentials, ""),
            ("/introspect", &credentials, ""),
        ] {
            let form = [form, &[("grant_type", grant_type)]].concat();
            let request = app
                .request(Method::POST, path)
                .header(AUTHORIZATION, &value)
                .form(&form);
            assert_eq!(send(request).await.status, 200, "{path} with {value:?}");
        }
    }
}

#[tokio::test]
async fn the_log_says_that_a_secret_in_basic_was_not_form_encoded() {
    let app = TestApp::start().await;
    let customer_id = app.add_customer("acme").await;
    let secret = "a+secret%20of more than thirty-two bytes";
    let marketplace = ClientSettings::marketplace(customer_id);
    let cold = ClientSettings {
        grants: Grants::only(Grant::ClientCredentials),
        ..marketplace.clone()
    };
    app.add_client("undecoded-known", secret, marketplace).await;
    // Its secret is kept as a hash only: it has to be verified to be known.
    app.add_client("undecoded-cold", secret, cold).await;
    for (client_id, secret, reason) in [
        (
            "undecoded-known",
            secret,
            "client_secret_right_but_not_form_encoded",
        ),
        (
            "undecoded-cold",
            secret,
            "client_secret_right_but_not_form_encoded",
        ),
        ("undecoded-cold", "another+secret", "client_wrong_secret"),
        ("undecoded-nobody", "another+secret", "client_unknown"),
    ] {
        let answer = basic(&app, &format!("{client_id}:{secret}"), GRANT).await;
        assert_eq!(
            answer.oauth_error(),
            (401, "invalid_client".to_owned()),
            "{client_id}"
        );
        let request_id = answer.header("x-request-id").to_owned();
        let lines = test_support::log::lines_with(&request_id);
        assert!(
            lines.iter().any(|line| line["reason"] == reason),
            "{client_id}: {lines:?}"
        );
    }
    let answer = basic(&app, "undecoded-cold:100% wrong", GRANT).await;
    assert_eq!(answer.oauth_error().0, 401);
    let lines = test_support::log::lines_with(answer.header("x-request-id"));
    assert!(
        lines
            .iter()
            .any(|line| line["reason"] == "client_basic_not_form_encoded"),
        "{lines:?}"
    );
    let encoded = "undecoded-cold:a%2Bsecret%2520of+more+than+thirty-two+bytes";
    assert_eq!(basic(&app, encoded, GRANT).await.status, 200);
}
