//! Two instances on one database whose clocks are half a minute apart.

use chrono::TimeDelta;
use serde_json::json;
use talentsoft_partner::clock::Clock;
use talentsoft_partner::keys::Purpose;

use test_support::eventually;
use test_support::{SECRET, Setup, TestApp, TestClient, assertion, frozen_instant};

/// How far apart the clocks are.
const APART: TimeDelta = TimeDelta::seconds(30);

/// An instance with the usual clock, and one whose clock is ahead of it.
async fn behind_and_ahead() -> (TestApp, TestApp) {
    let behind = TestApp::start().await;
    let ahead = beside(&behind, frozen_instant() + APART).await;
    (behind, ahead)
}

async fn beside(app: &TestApp, now: chrono::DateTime<chrono::Utc>) -> TestApp {
    let setup = Setup {
        clock: Clock::frozen_at(now),
        ..Setup::default()
    };
    TestApp::start_on(app.database_url.clone(), setup).await
}

async fn is_good(app: &TestApp, token: &str) -> bool {
    app.get_with("/auth/check", token).await.status == 204
}

#[tokio::test]
async fn tokens_and_assertions_of_the_one_are_good_at_the_other() {
    let (behind, ahead) = behind_and_ahead().await;
    let client = behind.add_marketplace_client("acme").await;
    for (issuer, checker) in [(&ahead, &behind), (&behind, &ahead)] {
        for token in [
            issuer.application_token(&client).await,
            issuer.user_token(&client).await,
        ] {
            assert!(is_good(checker, &token).await);
        }
        // What a Talentsoft with the clock of the one makes, the other takes.
        let signed = assertion::good(issuer, &client).sign(SECRET);
        assert_eq!(checker.jwt_bearer(&signed).await.status, 200);
    }
}

#[tokio::test]
async fn an_end_of_all_tokens_by_the_one_behind_ends_those_of_the_one_ahead() {
    let (behind, ahead) = behind_and_ahead().await;
    let client = behind.add_marketplace_client("acme").await;
    let token = ahead.application_token(&client).await;
    assert!(is_good(&behind, &token).await);
    behind.revoke_tokens(&client).await;
    for app in [&behind, &ahead] {
        eventually("it is over", async || !is_good(app, &token).await).await;
    }
    eventually("new ones are good", async || {
        is_good(&ahead, &behind.application_token(&client).await).await
            && is_good(&behind, &ahead.application_token(&client).await).await
    })
    .await;
}

#[tokio::test]
async fn a_new_key_is_used_by_the_one_and_opened_by_the_other() {
    let (behind, ahead) = behind_and_ahead().await;
    let client = behind.add_marketplace_client("acme").await;
    let before = [&behind, &ahead].map(|app| app.application_token(&client));
    let [one, other] = before;
    let (one, other) = (one.await, other.await);
    ahead.rotate_keys(Purpose::Token).await;
    // At first it seals nowhere, then only at the one ahead, then at both.
    for seconds in [0, 70, 30] {
        behind.advance(seconds);
        ahead.advance(seconds);
        for (issuer, checker) in [(&behind, &ahead), (&ahead, &behind)] {
            let token = issuer.application_token(&client).await;
            eventually("all tokens are good", async || {
                is_good(checker, &token).await
                    && is_good(checker, &one).await
                    && is_good(checker, &other).await
            })
            .await;
        }
    }
}

#[tokio::test]
async fn the_one_ahead_forgets_nothing_that_is_still_good_at_the_one_behind() {
    let (behind, _ahead) = behind_and_ahead().await;
    let client = behind.add_marketplace_client("acme").await;
    let now = behind.now().timestamp();
    let signed = assertion::good(&behind, &client)
        .claim("jti", json!("once"))
        .claim("exp", json!(now + 60))
        .sign(SECRET);
    assert_eq!(behind.jwt_bearer(&signed).await.status, 200);
    // Past its end and the skew for the one ahead, and not yet for the one behind.
    behind.advance(100);
    let token = revoked_token(&behind, &client).await;
    prune_at(&behind, behind.now() + APART).await;
    assert_eq!(
        behind.jwt_bearer(&signed).await.oauth_error(),
        (400, "invalid_grant".to_owned())
    );
    behind.advance(3590);
    prune_at(&behind, behind.now() + APART).await;
    let restarted = beside(&behind, behind.now()).await;
    assert!(!is_good(&restarted, &token).await, "revoked, whoever asks");
}

async fn revoked_token(app: &TestApp, client: &TestClient) -> String {
    let token = app.application_token(client).await;
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
        ("token", &token),
    ];
    assert_eq!(app.post_form("/revoke", &form).await.status, 200);
    token
}

/// Has an instance with this clock forget what has expired by it, which it does when it starts.
async fn prune_at(app: &TestApp, now: chrono::DateTime<chrono::Utc>) {
    sqlx::query(
        "insert into used_assertion (client_id, fingerprint, expires_at)
         select client_id, sha256('long expired'), 'epoch' from client limit 1",
    )
    .execute(&app.sql)
    .await
    .unwrap();
    let _pruning = beside(app, now).await;
    eventually("it is forgotten", async || {
        let left: i64 = sqlx::query_scalar("select count(*) from used_assertion where expires_at = 'epoch'")
            .fetch_one(&app.sql)
            .await
            .unwrap();
        left == 0
    })
    .await;
}
