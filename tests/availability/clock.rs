//! A machine whose clock is wrong: it must neither issue nor accept tokens, and delete nothing.

use std::fs;
use std::path::{Path, PathBuf};

use test_support::candidate::candidate;
use test_support::cluster::Node;
use test_support::{Instance, Registry, TestClient, eventually};

use super::{close, is_ready};

/// What makes a process believe that it is another time: Debian's package `libfaketime`.
fn faketime() -> PathBuf {
    let architectures = fs::read_dir("/usr/lib").unwrap();
    let mut libraries = architectures.map(|entry| entry.unwrap().path().join("faketime/libfaketime.so.1"));
    libraries.find(|library| library.exists()).unwrap()
}

/// An instance whose clock is as far ahead as the file says, such as `+2h`.
pub async fn start(node: &Node, offset: &Path) -> Instance {
    let library = faketime();
    let variables = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME_TIMESTAMP_FILE", offset.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
        ("PARTNER_RETENTION_DAYS", "60"),
    ];
    Instance::start_with(&node.url(), &variables).await
}

/// What a clock that is ahead would have deleted, expired or erased.
async fn remains(node: &Node) -> (i64, i64, i64) {
    let revoked = "select count(*) from revoked_token";
    let used = "select count(*) from used_assertion";
    let open = "select count(*) from invitation where status <> 'expired'";
    (
        node.query(revoked).await,
        node.query(used).await,
        node.query(open).await,
    )
}

async fn refuses_everything(instance: &Instance, client: &TestClient, token: &str) {
    let health = instance.health().await;
    assert_eq!(
        (health.status.as_u16(), health.json()["status"].as_str()),
        (503, Some("clock"))
    );
    instance.client_credentials(client).await.assert_unavailable();
    instance
        .jwt_bearer(&client.assertion())
        .await
        .assert_unavailable();
    instance
        .get("/videos/campaigns", token)
        .await
        .assert_unavailable();
    assert_eq!(instance.check(token).await, 503);
    assert!(
        instance
            .log()
            .iter()
            .any(|line| line.contains("the clock of this machine and the database's differ"))
    );
}

#[tokio::test]
async fn a_clock_that_is_wrong_issues_nothing_accepts_nothing_and_deletes_nothing() {
    let one = Node::primary("one").await;
    let registry = Registry::prepared(&one.url()).await;
    let client = registry.add_marketplace_client("acme").await;
    let campaign = registry
        .add_campaign(client.customer_id.unwrap(), "Sales", "fr")
        .await;
    let right = Instance::start(&one.url()).await;
    let token = right.token(&client).await;
    let revoked = right.token(&client).await;
    assert_eq!(right.revoke(&client, &revoked).await.status, 200);
    let used = client.single_use_assertion();
    assert_eq!(right.jwt_bearer(&used).await.status, 200);
    let candidates = [1, 2].map(|number| candidate(campaign.campaign_id, number));
    let invite = right
        .request(reqwest::Method::POST, "/videos/interviews")
        .bearer_auth(&token);
    assert_eq!(invite.json(&candidates).send().await.unwrap().status(), 200);
    let mut before = remains(&one).await;
    assert_eq!(before, (1, 1, 2));

    let directory = tempfile::tempdir().unwrap();
    let offset = directory.path().join("offset");
    for wrong in ["+2h", "+1000d", "-40s"] {
        fs::write(&offset, wrong).unwrap();
        let instance = start(&one, &offset).await;
        eventually("it notices", async || instance.readiness().await == "clock").await;
        refuses_everything(&instance, &client, &token).await;
        let ahead = instance.metric("partner_clock_offset_seconds").await;
        assert_eq!(!ahead.starts_with('-'), wrong.starts_with('+'), "{ahead}");
        assert_eq!(remains(&one).await, before, "{wrong}");
        // What takes rights away is done nevertheless.
        let leaked = right.token(&client).await;
        assert_eq!(instance.revoke(&client, &leaked).await.status, 200, "{wrong}");
        eventually("the others hear of it", async || {
            right.check(&leaked).await == 401
        })
        .await;
        before.0 += 1;
        instance.stop().await;
    }

    // A clock that jumps while the service runs, and is mended.
    fs::write(&offset, "+5s").unwrap();
    let instance = start(&one, &offset).await;
    is_ready(&instance).await;
    assert_eq!(instance.check(&token).await, 204);
    assert_eq!(instance.check(&revoked).await, 401);
    fs::write(&offset, "+2h").unwrap();
    eventually("it notices", async || instance.readiness().await == "clock").await;
    eventually("it says so", async || {
        instance
            .log()
            .iter()
            .any(|line| line.contains("and the database's differ"))
    })
    .await;
    refuses_everything(&instance, &client, &token).await;
    fs::write(&offset, "+0s").unwrap();
    is_ready(&instance).await;
    assert_eq!(instance.check(&token).await, 204);
    assert_eq!(instance.check(&revoked).await, 401);
    assert_eq!(instance.jwt_bearer(&used).await.status, 400);
    assert_eq!(remains(&one).await, before);
    close(registry).await;
}
