//! Two instances on one database: what one is told, the other knows.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use talentsoft_partner::clients::Enabled;
use talentsoft_partner::keys::Purpose;

use test_support::eventually;
use test_support::{OTHER_SECRET, SECRET, TestApp, TestClient, send};

#[tokio::test]
async fn revocations_reach_the_other_instance() {
    let app = TestApp::start().await;
    let other = app.beside().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    assert_eq!(
        other.get_with("/auth/check", &token).await.status,
        204,
        "tokens are good everywhere"
    );
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
        ("token", &token),
    ];
    assert_eq!(app.post_form("/revoke", &form).await.status, 200);
    eventually("the other refuses it", async || {
        other.get_with("/auth/check", &token).await.status == 401
    })
    .await;
}

#[tokio::test]
async fn an_instance_that_starts_later_knows_what_was_revoked_before() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
        ("token", &token),
    ];
    app.post_form("/revoke", &form).await;
    assert_eq!(
        app.beside().await.get_with("/auth/check", &token).await.status,
        401
    );
}

#[tokio::test]
async fn registry_changes_reach_both_instances() {
    let app = TestApp::start().await;
    let other = app.beside().await;
    // A client that was asked for before it existed is found once it does.
    let ghost = TestClient {
        client_id: "client-of-late".parse().unwrap(),
        ..app.add_marketplace_client("early").await
    };
    for instance in [&app, &other] {
        assert_eq!(instance.client_credentials(&ghost).await.status, 401);
    }
    let client = app.add_marketplace_client("late").await;
    for instance in [&app, &other] {
        eventually("it is found", async || {
            instance.client_credentials(&client).await.status == 200
        })
        .await;
    }
    let token = app.application_token(&client).await;
    app.add_secret(&client, OTHER_SECRET, None).await;
    let with_new_secret = TestClient {
        secret: OTHER_SECRET.to_owned(),
        ..client.clone()
    };
    for instance in [&app, &other] {
        eventually("the new secret is taken", async || {
            instance.client_credentials(&with_new_secret).await.status == 200
        })
        .await;
    }
    app.set_enabled(&client, Enabled::No).await;
    for instance in [&app, &other] {
        eventually("it is disabled", async || {
            instance.get_with("/auth/check", &token).await.status == 401
        })
        .await;
        assert_eq!(instance.client_credentials(&client).await.status, 401);
    }
}

#[tokio::test]
async fn rotating_keys_invalidates_nothing() {
    let app = TestApp::start().await;
    let other = app.beside().await;
    let client = app.add_marketplace_client("acme").await;
    let before = app.application_token(&client).await;
    // Version and key id (docs/SECURITY.md).
    let key_of = |token: &str| URL_SAFE_NO_PAD.decode(&token["tsp_".len()..]).unwrap()[..5].to_vec();
    app.rotate_keys(Purpose::Token).await;
    app.rotate_keys(Purpose::Secret).await;
    assert_eq!(
        key_of(&app.application_token(&client).await),
        key_of(&before),
        "the new key is not active yet"
    );
    app.advance(90);
    let after = async || app.application_token(&client).await;
    eventually("the new key seals", async || {
        key_of(&after().await) != key_of(&before)
    })
    .await;
    let after = after().await;
    for instance in [&app, &other, &app.beside().await] {
        eventually("both tokens are good", async || {
            instance.get_with("/auth/check", &after).await.status == 204
                && instance.get_with("/auth/check", &before).await.status == 204
        })
        .await;
        assert_eq!(instance.client_credentials(&client).await.status, 200);
        instance.user_token(&client).await;
    }
}

#[tokio::test]
async fn a_change_beside_the_first_read_of_a_client_is_not_lost() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let known = app.add_marketplace_client("known").await;
    assert_eq!(app.client_credentials(&known).await.status, 200);
    // The first read of the client has its row, and waits for its secrets.
    let mut lock = app.sql.begin().await.unwrap();
    sqlx::query("lock table client_secret in access exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
    ];
    let reading = tokio::spawn(send(app.request(reqwest::Method::POST, "/token").form(&form)));
    eventually("the read waits", async || {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(&mut *lock)
        .await
        .unwrap();
        waiting > 0
    })
    .await;
    for disabled in [&client, &known] {
        app.set_enabled(disabled, Enabled::No).await;
    }
    // Dropped from memory, it would have to be read, which fails while the lock is held: the change has arrived.
    eventually("the change has arrived", async || {
        app.client_credentials(&known).await.status != 200
    })
    .await;
    lock.rollback().await.unwrap();
    reading.await.unwrap();
    assert_eq!(app.client_credentials(&client).await.status, 401);
}
