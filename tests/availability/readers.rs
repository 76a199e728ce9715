//! Standbys that are read from.

use serde_json::Value;
use test_support::cluster::{Node, url_at_any};
use test_support::{Instance, TestClient, eventually};

use super::{Scene, close, takes_revocations};

async fn start(one: &Node, two: &Node) -> Instance {
    let read = two.url();
    let instance = Instance::start_with(&one.url(), &[("DATABASE_READ_URL", &read)]).await;
    uses_standbys(&instance, "1").await;
    instance
}

async fn uses_standbys(instance: &Instance, number: &str) {
    eventually("it reads from so many standbys", async || {
        instance.metric("partner_database_standbys").await == number
    })
    .await;
}

/// The names of the campaigns that a client sees.
async fn campaigns(instance: &Instance, token: &str) -> Vec<String> {
    let answer = instance.get("/videos/campaigns", token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let listed = answer.json();
    let name = |campaign: &Value| campaign["name"].as_str().unwrap().to_owned();
    listed.as_array().unwrap().iter().map(name).collect()
}

/// How often a table of a node was looked up in.
async fn scans(node: &Node) -> i64 {
    node.query("select coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)::bigint from pg_stat_user_tables where relname = 'campaign'")
        .await
}

#[tokio::test]
async fn who_has_written_reads_it_whatever_the_standby_has_replayed() {
    let Scene { one, two, client } = Scene::new().await;
    let registry = Scene::registry(&one).await;
    let customer_id = client.customer_id.unwrap();
    let instance = start(&one, &two).await;
    let token = instance.token(&client).await;
    let before = scans(&two).await;
    for number in 0..30 {
        let name = format!("campaign {number}");
        registry.add_campaign(customer_id, &name, "fr").await;
        assert!(campaigns(&instance, &token).await.contains(&name), "{name}");
    }
    eventually("the standby was read", async || scans(&two).await > before).await;

    // A standby that does not go on is not waited for, and after a second not even asked.
    two.execute("select pg_wal_replay_pause()").await;
    registry.add_campaign(customer_id, "late", "fr").await;
    assert!(campaigns(&instance, &token).await.contains(&"late".to_owned()));
    uses_standbys(&instance, "0").await;
    assert!(campaigns(&instance, &token).await.contains(&"late".to_owned()));
    two.execute("select pg_wal_replay_resume()").await;
    uses_standbys(&instance, "1").await;
    assert!(campaigns(&instance, &token).await.contains(&"late".to_owned()));
    close(registry).await;
}

#[tokio::test]
async fn reads_go_on_when_a_standby_goes_and_when_the_primary_does() {
    let Scene { one, two, client } = Scene::new().await;
    let registry = Scene::registry(&one).await;
    registry
        .add_campaign(client.customer_id.unwrap(), "Sales", "fr")
        .await;
    close(registry).await;
    let instance = start(&one, &two).await;
    let token = instance.token(&client).await;
    two.stop().await;
    for _ in 0..20 {
        assert_eq!(campaigns(&instance, &token).await, ["Sales"]);
    }
    uses_standbys(&instance, "0").await;
    two.start().await;
    uses_standbys(&instance, "1").await;
    two.catches_up_with(&one).await;

    one.kill();
    let mut reads = 0;
    while instance.database().await != "away" || reads < 20 {
        assert_eq!(campaigns(&instance, &token).await, ["Sales"]);
        reads += 1;
    }
    unavailable_for_writes(&instance, &client, &token).await;
    one.start().await;
    takes_revocations(&instance, &client).await;
    assert_eq!(campaigns(&instance, &token).await, ["Sales"]);
}

async fn unavailable_for_writes(instance: &Instance, client: &TestClient, token: &str) {
    instance.revoke(client, token).await.assert_unavailable();
}

#[tokio::test]
async fn a_standby_that_follows_the_promoted_server_is_read_at_once_where_it_may_be_asked() {
    let Scene { one, two, client } = Scene::new().await;
    let three = one.standby("three").await;
    one.execute("grant pg_read_all_stats to partner").await;
    for standby in [&two, &three] {
        standby.catches_up_with(&one).await;
    }
    let url = url_at_any(&[one.address, two.address], "connect_timeout=1");
    let read = three.url();
    let instance = Instance::start_with(&url, &[("DATABASE_READ_URL", &read)]).await;
    uses_standbys(&instance, "1").await;
    let token = instance.token(&client).await;
    one.stop().await;
    two.promote().await;
    takes_revocations(&instance, &client).await;
    uses_standbys(&instance, "0").await;
    three.follow(&two).await;
    uses_standbys(&instance, "1").await;
    assert!(campaigns(&instance, &token).await.is_empty());
}
