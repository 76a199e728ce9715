//! The recipes of `docs/HIGH_AVAILABILITY.md` but for Patroni, with the files of `docs/examples/ha`.

use std::net::SocketAddr;

use reqwest::Method;
use sqlx::{Connection, PgConnection};
use talentsoft_partner::ids::CampaignId;
use test_support::candidate::candidates;
use test_support::cluster::{DATABASE, Node, ROLE, url_at, url_at_any};
use test_support::daemon::Configured;
use test_support::example::Example;
use test_support::load::Load;
use test_support::{Answer, Instance, Registry, TestClient, eventually, haproxy, pgbouncer};
use tokio::task::JoinSet;

use super::{Scene, close, is_ready, stored_revocations, takes_revocations};

const PASSWORD: &str = "change-me-partner";

#[tokio::test]
async fn haproxy_asks_the_servers_which_one_is_the_primary() {
    let Scene { one, two, client } = Scene::new().await;
    one.execute("create role haproxy login connection limit 20").await;
    two.catches_up_with(&one).await;
    let (example, address) = Example::read("ha/haproxy.cfg").listening_instead_of("127.0.0.1:5000");
    let example = example
        .with("10.0.0.11:5432", &one.address.to_string())
        .with("10.0.0.12:5432", &two.address.to_string());
    let _haproxy = haproxy::start_configured(example.text(), address).await;
    let url = url_at(address);
    haproxy::leads_to_the_primary(&url, 2).await;
    let instance = Instance::start(&url).await;
    takes_revocations_at(&instance, &client).await;
    let mut load = Load::start(&instance, &client).await;
    load.goes_on(30).await;

    one.kill();
    two.promote().await;
    let took = takes_revocations(&instance, &client).await;
    println!("the primary was killed and another promoted: revoked after {took:?}");
    one.demote(&two).await;

    two.stop().await;
    one.promote().await;
    let took = takes_revocations(&instance, &client).await;
    println!("they changed places in order: revoked after {took:?}");
    two.demote(&one).await;
    is_ready(&instance).await;
    assert_eq!(stored_revocations(&one).await, 3);
    load.goes_on(30).await;
    load.finish().await;
}

/// A PgBouncer of the example in front of a node.
async fn bouncer(node: &Node) -> (Configured, SocketAddr) {
    let address = test_support::ports::free_address();
    let example = Example::read("ha/pgbouncer.ini")
        .with("listen_port = 6432", &format!("listen_port = {}", address.port()))
        .with(
            "host=10.0.0.11 port=5432",
            &format!("host={} port={}", node.address.ip(), node.address.port()),
        );
    let bouncer = pgbouncer::start_configured(example, &[(ROLE, PASSWORD)], address).await;
    (bouncer, address)
}

#[tokio::test]
async fn each_server_has_a_pooler_of_its_own() {
    let Scene { one, two, client } = Scene::new().await;
    one.execute(Example::read("ha/role.sql").text()).await;
    let (_first, first) = bouncer(&one).await;
    let (_second, second) = bouncer(&two).await;
    let url = url_at_any(&[first, second], "connect_timeout=2");
    let url = url.replace(&format!("{ROLE}@"), &format!("{ROLE}:{PASSWORD}@"));
    let direct = url_at_any(&[one.address, two.address], "connect_timeout=2");
    let instance = Instance::start_with(&url, &[("DATABASE_DIRECT_URL", &direct)]).await;
    takes_revocations_at(&instance, &client).await;
    // Sessions that the pooler opens have what the service would set.
    let mut lent = PgConnection::connect(&format!(
        "postgres://{ROLE}:{PASSWORD}@{first}/{DATABASE}?sslmode=disable"
    ))
    .await
    .unwrap();
    let timeout: String = sqlx::query_scalar("show statement_timeout")
        .fetch_one(&mut lent)
        .await
        .unwrap();
    assert_eq!(timeout, "4s");
    lent.close().await.unwrap();
    let mut load = Load::start(&instance, &client).await;
    load.goes_on(30).await;

    two.catches_up_with(&one).await;
    one.kill();
    two.promote().await;
    takes_revocations(&instance, &client).await;
    is_ready(&instance).await;
    listens_to(&two).await;
    assert_eq!(stored_revocations(&two).await, 2);
    load.finish().await;
}

/// Waits until changes are notified by a node.
async fn listens_to(node: &Node) {
    eventually("it listens", async || {
        node.query("select exists (select from pg_stat_activity where query ilike 'listen%')")
            .await
    })
    .await;
}

/// The settings of the example for db1, without the comments.
fn synchronous_settings() -> Vec<(String, String)> {
    let example = Example::read("ha/synchronous.conf");
    let lines = example.text().lines().filter_map(|line| line.split_once(" = "));
    lines
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .filter(|(name, _)| !name.starts_with('#'))
        .collect()
}

#[tokio::test]
async fn one_of_two_standbys_confirms_what_is_acknowledged() {
    let settings = synchronous_settings();
    let (synchronous, others): (Vec<_>, Vec<_>) = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .partition(|(name, _)| *name == "synchronous_standby_names");
    let db1 = Node::primary_with("db1", &others).await;
    let registry = Registry::prepared(&db1.url()).await;
    let client = registry.add_marketplace_client("acme").await;
    close(registry).await;
    let (db2, db3) = (db1.standby("db2").await, db1.standby("db3").await);
    for (name, value) in synchronous {
        db1.set(name, value).await;
    }
    let url = url_at_any(&[db1.address, db2.address, db3.address], "connect_timeout=1");
    let instance = Instance::start(&url).await;
    let token = takes_revocations_at(&instance, &client).await;

    // One of them may go.
    db2.kill();
    for _ in 0..10 {
        takes_revocations(&instance, &client).await;
    }
    // With both, changes wait, and reads do not.
    let frozen = db3.freeze();
    eventually("commits hang", async || {
        let answer = instance.revoke(&client, &token).await;
        assert_eq!(instance.get("/videos/campaigns", &token).await.status, 200);
        assert_eq!(answer.status, 503, "it was not confirmed");
        instance.database().await == "commits-hang"
    })
    .await;
    // The last resort, which the page names: without a confirmation.
    db1.set("synchronous_standby_names", "").await;
    is_ready(&instance).await;
    takes_revocations(&instance, &client).await;
    drop(frozen);
    db1.set("synchronous_standby_names", "ANY 1 (db2, db3)").await;
    takes_revocations(&instance, &client).await;

    // The one that has confirmed it has all that was acknowledged.
    let acknowledged = stored_revocations(&db1).await;
    db1.kill();
    db3.promote().await;
    takes_revocations(&instance, &client).await;
    assert_eq!(stored_revocations(&db3).await, acknowledged + 1);
}

/// As [`takes_revocations`], where the client is not in memory yet. Returns a token.
async fn takes_revocations_at(instance: &Instance, client: &TestClient) -> String {
    let token = instance.token(client).await;
    takes_revocations(instance, client).await;
    token
}

/// The places of an instance.
const CONNECTIONS: i64 = 6;

/// Sends more invitations and lists at once than there are places; returns the most sessions that a node had meanwhile.
async fn most_sessions(instance: &Instance, token: &str, campaign_id: CampaignId, node: &Node) -> i64 {
    let mut calls = JoinSet::new();
    for number in 1..100 {
        let invite = instance.request(Method::POST, "/videos/interviews");
        let invited = candidates(campaign_id, [number]);
        calls.spawn(Answer::of(invite.bearer_auth(token).json(&invited)));
        let list = instance.request(Method::GET, "/videos/campaigns?keyword=x");
        calls.spawn(Answer::of(list.bearer_auth(token)));
    }
    let mut most = 0;
    while !calls.is_empty() {
        most = node.server_processes(ROLE).await.max(most);
        while let Some(answer) = calls.try_join_next() {
            let status = answer.unwrap().unwrap().status;
            // Whoever waits too long for a place, on a slow machine, is told to come back.
            assert!([200, 503].contains(&status.as_u16()), "{status}");
        }
    }
    most
}

#[tokio::test]
async fn an_instance_has_no_more_sessions_than_the_page_says() {
    let Scene { one, two, client } = Scene::new().await;
    let registry = Scene::registry(&one).await;
    let customer_id = client.customer_id.unwrap();
    let campaign = registry.add_campaign(customer_id, "Sales", "fr").await;
    close(registry).await;
    let url = url_at_any(&[one.address, two.address], "connect_timeout=1");
    let connections = CONNECTIONS.to_string();
    let variables = [
        ("PARTNER_DATABASE_CONNECTIONS", connections.as_str()),
        ("PARTNER_WORKERS", "2"),
    ];
    let reading = [variables[0], variables[1], ("DATABASE_READ_URL", &url)];
    let instance = Instance::start_with(&url, &reading).await;
    let token = takes_revocations_at(&instance, &client).await;
    let most = most_sessions(&instance, &token, campaign.campaign_id, &one).await;
    assert!(most <= CONNECTIONS + 2 + CONNECTIONS + 1, "{most}");
    instance.stop().await;

    let instance = Instance::start_with(&url, &variables).await;
    let token = takes_revocations_at(&instance, &client).await;
    let most = most_sessions(&instance, &token, campaign.campaign_id, &one).await;
    assert!(most <= CONNECTIONS + 2, "{most}");
    two.catches_up_with(&one).await;
    one.kill();
    two.promote().await;
    takes_revocations(&instance, &client).await;
    listens_to(&two).await;
    let most = most_sessions(&instance, &token, campaign.campaign_id, &two).await;
    assert!(most <= CONNECTIONS + 2, "after a promotion: {most}");
    eventually("the session by which it was found is closed", async || {
        two.query("select not exists (select from pg_stat_activity where query ilike '%pg_is_in_recovery%' and pid <> pg_backend_pid())")
            .await
    })
    .await;
    one.demote(&two).await;
    eventually("the standby is looked at, and no more", async || {
        one.server_processes(ROLE).await == 1
    })
    .await;
}
