//! `POST /revoke` (RFC 7009).

use talentsoft_partner::clients::Scope;

use test_support::{Answer, OTHER_SECRET, TestApp, TestClient};

async fn revoke(app: &TestApp, client: &TestClient, more: &[(&str, &str)]) -> Answer {
    let credentials = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", client.secret.as_str()),
    ];
    app.post_form("/revoke", &[&credentials, more].concat()).await
}

#[tokio::test]
async fn a_revoked_token_is_over_at_once_and_others_are_not() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let (token, other) = (
        app.application_token(&client).await,
        app.application_token(&client).await,
    );
    let answer = revoke(&app, &client, &[("token", &token)]).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(app.get_with("/auth/check", &token).await.status, 401);
    assert_eq!(app.get_with("/auth/check", &other).await.status, 204);
    assert_eq!(
        revoke(&app, &client, &[("token", &token)]).await.status,
        200,
        "again is a success too"
    );
    let events: i64 = sqlx::query_scalar(
        "select count(*) from audit_event where action = 'revoked' and actor_kind = 'client'",
    )
    .fetch_one(&app.sql)
    .await
    .unwrap();
    assert_eq!(events, 1);
}

#[tokio::test]
async fn user_tokens_and_any_hint_are_taken() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    for hint in ["access_token", "refresh_token", "nonsense"] {
        let token = app.user_token(&client).await;
        assert_eq!(
            revoke(&app, &client, &[("token", &token), ("token_type_hint", hint)])
                .await
                .status,
            200
        );
        assert_eq!(app.get_with("/auth/check", &token).await.status, 401, "{hint}");
    }
}

#[tokio::test]
async fn unknown_and_expired_tokens_are_a_success_and_leave_nothing() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    app.advance(3600);
    for token in [token.as_str(), "unknown", "tsp_AAAA", &"x".repeat(5000)] {
        assert_eq!(revoke(&app, &client, &[("token", token)]).await.status, 200);
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from revoked_token")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn another_clients_token_is_refused_and_stays_good() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let thief = app
        .add_own_client("thief", &[Scope::Introspect, Scope::Admin])
        .await;
    let token = app.application_token(&client).await;
    let answer = revoke(&app, &thief, &[("token", &token)]).await;
    assert_eq!(answer.oauth_error(), (400, "invalid_grant".to_owned()));
    assert_eq!(app.get_with("/auth/check", &token).await.status, 204);
}

#[tokio::test]
async fn the_client_must_prove_itself_first() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    assert_eq!(
        app.post_form("/revoke", &[("token", &token)])
            .await
            .oauth_error()
            .0,
        401
    );
    let wrong = TestClient {
        secret: OTHER_SECRET.to_owned(),
        ..client.clone()
    };
    assert_eq!(
        revoke(&app, &wrong, &[("token", &token)]).await.oauth_error(),
        (401, "invalid_client".to_owned())
    );
    assert_eq!(app.get_with("/auth/check", &token).await.status, 204);
    assert_eq!(
        revoke(&app, &client, &[]).await.oauth_error(),
        (400, "invalid_request".to_owned())
    );
}
