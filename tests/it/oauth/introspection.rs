//! `POST /introspect` (RFC 7662).

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::{Enabled, Scope};

use test_support::eventually;
use test_support::{Answer, ISSUER, OTHER_SECRET, TestApp, TestClient, send};

async fn introspect(app: &TestApp, client: &TestClient, token: &str) -> Answer {
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", &client.secret),
        ("token", token),
    ];
    app.post_form("/introspect", &form).await
}

#[tokio::test]
async fn an_application_token_is_described() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let answer = introspect(&app, &client, &token).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("cache-control")),
        (200, "no-store")
    );
    let body = answer.json();
    let now = app.now().timestamp();
    assert_eq!(
        body,
        json!({
            "active": true, "scope": "videos assessments", "client_id": client.client_id, "token_type": "Bearer",
            "token_kind": "application", "exp": now + 3600, "iat": now, "sub": client.client_id, "aud": ISSUER,
            "iss": ISSUER, "jti": body["jti"], "customer_id": client.customer_id,
        })
    );
}

#[tokio::test]
async fn a_user_token_names_its_user() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let body = introspect(&app, &client, &app.user_token(&client).await)
        .await
        .json();
    assert_eq!(
        (&body["token_kind"], &body["sub"]),
        (&json!("user"), &json!("jean.dupont@site"))
    );
    assert_eq!(
        (&body["username"], &body["name"]),
        (&json!("jean.dupont@site"), &json!("Jean Dupont"))
    );
}

#[tokio::test]
async fn whatever_is_not_good_is_inactive_and_nothing_else() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let watcher = app.add_own_client("watcher", &[Scope::Introspect]).await;
    let expired = app.application_token(&client).await;
    app.advance(3600);
    let revoked = app.application_token(&client).await;
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", &client.secret),
        ("token", &revoked),
    ];
    app.post_form("/revoke", &form).await;
    for token in [expired.as_str(), &revoked, "unknown", &"x".repeat(5000)] {
        for asker in [&client, &watcher] {
            let answer = introspect(&app, asker, token).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json()),
                (200, json!({ "active": false }))
            );
        }
    }
    let of_disabled = app.application_token(&client).await;
    app.set_enabled(&client, Enabled::No).await;
    eventually("a disabled client's token is inactive", async || {
        introspect(&app, &watcher, &of_disabled).await.json() == json!({ "active": false })
    })
    .await;
}

#[tokio::test]
async fn a_client_knows_its_own_tokens_and_with_the_scope_all() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let stranger = app.add_marketplace_client("stranger").await;
    let watcher = app.add_own_client("watcher", &[Scope::Introspect]).await;
    let token = app.application_token(&client).await;
    assert_eq!(
        introspect(&app, &stranger, &token).await.json(),
        json!({ "active": false })
    );
    assert_eq!(introspect(&app, &watcher, &token).await.json()["active"], true);
    // And so does the bearer of a token with that scope.
    let bearer = app.application_token(&watcher).await;
    let ask = |bearer: &str| {
        app.request(Method::POST, "/introspect")
            .bearer_auth(bearer)
            .form(&[("token", &token)])
    };
    assert_eq!(
        send(ask(&bearer)).await.json()["client_id"],
        json!(client.client_id)
    );
    let without_scope = app.application_token(&stranger).await;
    assert_eq!(
        send(ask(&without_scope)).await.oauth_error(),
        (403, "insufficient_scope".to_owned())
    );
    assert_eq!(
        send(ask("unknown")).await.oauth_error(),
        (401, "invalid_token".to_owned())
    );
}

/// Who asks: the client itself, another one with scope `introspect`, and the bearer of a token of that one.
async fn ask_all(app: &TestApp, client: &TestClient, watcher: &TestClient, token: &str) -> Vec<Value> {
    let bearer = app.application_token(watcher).await;
    let by_bearer = app
        .request(Method::POST, "/introspect")
        .bearer_auth(&bearer)
        .form(&[("token", token)]);
    vec![
        introspect(app, client, token).await.json(),
        introspect(app, watcher, token).await.json(),
        send(by_bearer).await.json(),
    ]
}

#[tokio::test]
async fn a_scope_that_the_client_has_lost_is_not_listed() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let watcher = app.add_own_client("watcher", &[Scope::Introspect]).await;
    let tokens = [
        app.application_token(&client).await,
        app.user_token(&client).await,
    ];
    for token in &tokens {
        for answer in ask_all(&app, &client, &watcher, token).await {
            assert_eq!(answer["scope"], "videos assessments");
        }
    }
    app.update_client(&client, |settings| {
        settings.scopes = [Scope::Assessments].into_iter().collect();
    })
    .await;
    eventually("the guard has heard of it", async || {
        let check = app.get_with("/auth/check", &tokens[0]).await;
        check.header("x-token-scope") == "assessments"
    })
    .await;
    for token in &tokens {
        for answer in ask_all(&app, &client, &watcher, token).await {
            assert_eq!(
                (&answer["active"], &answer["scope"]),
                (&json!(true), &json!("assessments"))
            );
        }
    }
}

#[tokio::test]
async fn a_bearer_whose_client_has_lost_the_scope_may_not_ask() {
    let app = TestApp::start().await;
    let watcher = app
        .add_own_client("watcher", &[Scope::Introspect, Scope::Platform])
        .await;
    let bearer = app.application_token(&watcher).await;
    let ask = || {
        app.request(Method::POST, "/introspect")
            .bearer_auth(&bearer)
            .form(&[("token", &bearer)])
    };
    assert_eq!(send(ask()).await.json()["active"], true);
    app.update_client(&watcher, |settings| {
        settings.scopes = [Scope::Platform].into_iter().collect();
    })
    .await;
    eventually("the bearer is refused", async || {
        let answer = send(ask()).await;
        answer.status == 403 && answer.oauth_error().1 == "insufficient_scope"
    })
    .await;
}

#[tokio::test]
async fn a_token_is_over_once_its_client_belongs_to_another_customer() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let watcher = app.add_own_client("watcher", &[Scope::Introspect]).await;
    let token = app.application_token(&client).await;
    let other = app.add_customer("other").await;
    sqlx::query("update client set customer_id = $1 where client_id = $2")
        .bind(other.0)
        .bind(client.client_id.as_str())
        .execute(&app.sql)
        .await
        .unwrap();
    eventually("the guard has heard of it", async || {
        app.get_with("/auth/check", &token).await.status == 401
    })
    .await;
    let refused = app.get_with("/videos/campaigns", &token).await;
    assert_eq!(refused.problem(), (401, "invalid-token".to_owned()));
    for answer in ask_all(&app, &client, &watcher, &token).await {
        assert_eq!(answer, json!({ "active": false }));
    }
    let later = app.application_token(&client).await;
    let check = app.get_with("/auth/check", &later).await;
    assert_eq!(check.header("x-customer-id"), other.to_string());
}

#[tokio::test]
async fn the_asker_must_prove_itself_and_name_a_token() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    assert_eq!(
        app.post_form("/introspect", &[("token", "x")])
            .await
            .oauth_error(),
        (401, "invalid_client".to_owned())
    );
    assert_eq!(
        introspect(&app, &client, "").await.oauth_error(),
        (400, "invalid_request".to_owned())
    );
}

#[tokio::test]
async fn credentials_beside_a_bearer_token_are_what_counts() {
    let app = TestApp::start().await;
    let watcher = app.add_own_client("watcher", &[Scope::Introspect]).await;
    let bearer = app.application_token(&watcher).await;
    for (name, value, expected) in [
        ("client_secret", watcher.secret.as_str(), 200),
        ("client_secret", OTHER_SECRET, 401),
        ("client_assertion", "x", 401),
        ("client_assertion_type", "x", 401),
        ("access_token", &bearer, 400),
    ] {
        let form = [
            ("token", bearer.as_str()),
            ("client_id", "watcher"),
            (name, value),
        ];
        let request = app
            .request(Method::POST, "/introspect")
            .bearer_auth(&bearer)
            .form(&form);
        assert_eq!(send(request).await.status, expected, "{name}");
    }
}
