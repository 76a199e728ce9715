//! Keys and secrets are replaced under load: not one request fails, and what was issued before lives on.

use std::fs;

use sqlx::{Connection, Executor, PgConnection};

use test_support::database::directory;
use test_support::instance::command;
use test_support::load::Load;
use test_support::{Instance, OTHER_SECRET, Registry, eventually};

const OTHER_MASTER_KEY: &str = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

/// The number of the key that sealed a token (docs/SECURITY.md).
fn key_of(token: &str) -> Vec<u8> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    URL_SAFE_NO_PAD.decode(&token["tsp_".len()..]).unwrap()[..5].to_vec()
}

#[tokio::test]
async fn replacing_every_key_fails_no_request_and_ends_no_token() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let one = Instance::start(&registry.database_url).await;
    let other = Instance::start(&registry.database_url).await;
    let before = one.token(&client).await;
    let mut loads = [
        Load::start(&one, &client).await,
        Load::start(&other, &client).await,
    ];

    // A new secret, the old one retired under a second load that uses the new.
    let renewed = registry.with_another_secret(&client, OTHER_SECRET).await;
    for instance in [&one, &other] {
        eventually("the new secret is taken", async || {
            instance.client_credentials(&renewed).await.status == 200
        })
        .await;
    }
    for purpose in ["token", "secret", "token"] {
        command(&registry.database_url, ["key", "rotate", purpose], &[]).await;
        for load in &mut loads {
            load.goes_on(10).await;
        }
    }
    // The new token keys seal after a while that no test should wait for.
    let mut admin = PgConnection::connect(&registry.database_url).await.unwrap();
    admin
        .execute("update sealing_key set active_at = created_at where purpose = 'token'")
        .await
        .unwrap();
    command(&registry.database_url, ["key", "rotate", "secret"], &[]).await;
    let directory = directory();
    let file = directory.path().join("new-master.key");
    fs::write(&file, OTHER_MASTER_KEY).unwrap();
    command(
        &registry.database_url,
        ["key", "rewrap", "--new-master-key-file", file.to_str().unwrap()],
        &[],
    )
    .await;
    // From a cold start with the new master key, all is as it was.
    let third = Instance::start_with(
        &registry.database_url,
        &[("PARTNER_MASTER_KEY", OTHER_MASTER_KEY)],
    )
    .await;
    for load in &mut loads {
        load.goes_on(30).await;
    }
    let after = third.token(&renewed).await;
    assert_ne!(key_of(&before), key_of(&after));
    for instance in [&one, &other, &third] {
        for token in [&before, &after] {
            eventually("old and new tokens are good", async || {
                instance.check(token).await == 204
            })
            .await;
        }
        assert_eq!(instance.jwt_bearer(&client.assertion()).await.status, 200);
        assert_eq!(instance.jwt_bearer(&renewed.assertion()).await.status, 200);
    }
    for load in loads {
        load.finish().await;
    }
}

#[tokio::test]
async fn a_retired_token_key_opens_nothing_on_any_instance() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let one = Instance::start(&registry.database_url).await;
    let other = Instance::start(&registry.database_url).await;
    let before = one.token(&client).await;
    assert_eq!(other.check(&before).await, 204);
    command(&registry.database_url, ["key", "rotate", "token"], &[]).await;
    // The new key seals after a while that no test should wait for.
    let mut admin = PgConnection::connect(&registry.database_url).await.unwrap();
    admin
        .execute("update sealing_key set active_at = created_at where purpose = 'token'")
        .await
        .unwrap();
    let leaked = u32::from_be_bytes(key_of(&before)[1..].try_into().unwrap()).to_string();
    command(&registry.database_url, ["key", "retire", &leaked], &[]).await;
    for instance in [&one, &other] {
        eventually("what the retired key sealed is refused", async || {
            instance.check(&before).await == 401
        })
        .await;
    }
    for instance in [&one, &other] {
        let after = instance.token(&client).await;
        assert_ne!(key_of(&before), key_of(&after));
        assert_eq!(one.check(&after).await, 204);
        assert_eq!(other.check(&after).await, 204);
    }
}

#[tokio::test]
async fn a_key_that_an_instance_cannot_open_does_not_keep_revocations_from_it() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let late = Instance::start(&registry.database_url).await;
    let token = late.token(&client).await;
    let directory = directory();
    let file = directory.path().join("new-master.key");
    fs::write(&file, OTHER_MASTER_KEY).unwrap();
    let file = file.to_str().unwrap();
    command(
        &registry.database_url,
        ["key", "rewrap", "--new-master-key-file", file],
        &[],
    )
    .await;
    let new_master_key = [("PARTNER_MASTER_KEY", OTHER_MASTER_KEY)];
    command(
        &registry.database_url,
        ["key", "rotate", "token"],
        &new_master_key,
    )
    .await;
    eventually("it says so", async || {
        late.log()
            .iter()
            .any(|line| line.contains("cannot open a new sealing key"))
    })
    .await;

    let informed = Instance::start_with(&registry.database_url, &new_master_key).await;
    assert_eq!(informed.revoke(&client, &token).await.status, 200);
    eventually("the revocation is known to the late one", async || {
        late.check(&token).await == 401
    })
    .await;
    assert_eq!(late.readiness().await, "ready");
    assert_eq!(late.client_credentials(&client).await.status, 200);
    let token = late.token(&client).await;
    assert_eq!(late.get("/videos/campaigns", &token).await.status, 200);
}
