//! The `client_credentials` grant, in both dialects (RFC 6749 s4.4, contract s2.1 and s2.3).

use reqwest::Method;
use serde_json::json;
use talentsoft_partner::clients::{ExpiresInFormat, Grant, Grants, Scope};

use test_support::{TestApp, assertion, send};

#[tokio::test]
async fn the_talentsoft_dialect_is_answered_to_the_letter() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let answer = app.client_credentials(&client).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    let body = answer.json();
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(
        body,
        json!({ "access_token": token, "token_type": "bearer", "expires_in": "3600" })
    );
    assert!(token.starts_with("tsp_"));
}

#[tokio::test]
async fn a_client_set_to_numbers_gets_a_number() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    app.update_client(&client, |settings| {
        settings.expires_in_format = ExpiresInFormat::Number;
        settings.token_ttl_seconds = Some(600.try_into().unwrap());
    })
    .await;
    assert_eq!(
        app.client_credentials(&client).await.json()["expires_in"],
        json!(600)
    );
}

#[tokio::test]
async fn plain_oauth_has_a_number_a_scope_and_bearer_with_a_capital() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client.client_id.as_str()),
        ("client_secret", &client.secret),
    ];
    let body = app.post_form("/connect/token", &form).await.json();
    let token = body["access_token"].as_str().unwrap();
    let expected = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "videos assessments" });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn the_scope_is_narrowed_on_request_and_never_widened() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let ask = async |path: &str, scope: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client.client_id.as_str()),
            ("client_secret", &client.secret),
            ("scope", scope),
        ];
        app.post_form(path, &form).await
    };
    let narrowed = ask("/connect/token", "videos").await.json();
    assert_eq!(narrowed["scope"], "videos");
    let token = narrowed["access_token"].as_str().unwrap();
    assert_eq!(
        app.get_with("/auth/check", token).await.header("x-token-scope"),
        "videos"
    );
    for path in ["/token", "/connect/token"] {
        for scope in [
            "admin",
            "videos admin",
            "nonsense",
            "Videos",
            "videos,assessments",
            " ",
        ] {
            assert_eq!(
                ask(path, scope).await.oauth_error(),
                (400, "invalid_scope".to_owned()),
                "{path} {scope}"
            );
        }
    }
    for spaced in [" videos", "videos ", "  videos  videos "] {
        let spaced = ask("/connect/token", spaced).await.json();
        assert_eq!(spaced["scope"], "videos");
    }
    // An empty value counts as omitted (RFC 6749 s3.2).
    assert_eq!(
        ask("/connect/token", "").await.json()["scope"],
        "videos assessments"
    );
}

/// Unknown parameters are ignored (RFC 6749 s3.2), but none that is meant to narrow the scope.
#[tokio::test]
async fn a_scope_by_another_name_never_yields_all_scopes() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let assertion = assertion::good(&app, &client).sign(&client.secret);
    let by_secret = [
        ("grant_type", "client_credentials"),
        ("client_id", client.client_id.as_str()),
        ("client_secret", &client.secret),
    ];
    let by_assertion = [("grant_type", assertion::GRANT_TYPE), ("assertion", &assertion)];
    for path in ["/token", "/connect/token"] {
        for name in ["scopes", "scope[]", "scope[0]", "scopes[]", "Scope"] {
            for form in [&by_secret[..], &by_assertion[..]] {
                let form = [form, &[(name, "videos")][..]].concat();
                let answer = app.post_form(path, &form).await;
                assert_eq!(
                    answer.oauth_error(),
                    (400, "invalid_request".to_owned()),
                    "{path} {name}"
                );
                assert!(answer.body.contains("with the name scope"), "{}", answer.body);
            }
        }
        for query in ["scope=videos", "scope[]=videos", "scopes=videos"] {
            let answer = app.post_form(&format!("{path}?{query}"), &by_secret).await;
            assert_eq!(
                answer.oauth_error(),
                (400, "invalid_request".to_owned()),
                "{path} {query}"
            );
        }
    }
    assert_eq!(app.post_form("/token", &by_assertion).await.status, 200);
}

#[tokio::test]
async fn a_grant_that_the_client_may_not_use_is_refused_after_it_proved_itself() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    app.update_client(&client, |settings| {
        settings.grants = Grants::only(Grant::JwtBearer);
    })
    .await;
    assert_eq!(
        app.client_credentials(&client).await.oauth_error(),
        (400, "unauthorized_client".to_owned())
    );
}

#[tokio::test]
async fn a_token_lives_exactly_as_long_as_it_says() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    app.advance(test_support::TTL - 1);
    assert_eq!(app.get_with("/auth/check", &token).await.status, 204);
    app.advance(1);
    assert_eq!(app.get_with("/auth/check", &token).await.status, 401);
}

#[tokio::test]
async fn issuing_and_checking_tokens_writes_nothing_to_the_database() {
    let app = TestApp::start().await;
    let client = app.add_own_client("own", &[Scope::Platform]).await;
    let rows = async || {
        let mut counts = Vec::new();
        for table in ["revoked_token", "used_assertion", "audit_event"] {
            let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
            let count: i64 = sqlx::query_scalar(sql).fetch_one(&app.sql).await.unwrap();
            counts.push(count);
        }
        counts
    };
    let before = rows().await;
    for _ in 0..5 {
        let token = app.application_token(&client).await;
        assert_eq!(app.get_with("/auth/check", &token).await.status, 204);
    }
    assert_eq!(rows().await, before);
}

#[tokio::test]
async fn get_is_not_allowed_at_the_token_endpoints() {
    let app = TestApp::start().await;
    for path in ["/token", "/connect/token", "/revoke", "/introspect"] {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
            let answer = send(app.request(method.clone(), path)).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), "POST");
        }
        let answer = app.get(path).await;
        assert_eq!(answer.oauth_error(), (405, "invalid_request".to_owned()));
        let below = app.get(&format!("{path}/x")).await;
        assert_eq!(below.oauth_error(), (404, "invalid_request".to_owned()));
    }
}
