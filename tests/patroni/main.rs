//! The recipe with Patroni in `docs/HIGH_AVAILABILITY.md`, as it is written there: its files of `docs/examples/ha`, three
//! servers, and the service on them, by several hosts and by HAProxy.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

use std::net::SocketAddr;
use std::time::Duration;

use test_support::daemon::Configured;
use test_support::example::Example;
use test_support::haproxy::{self, leads_to_the_primary};
use test_support::load::Load;
use test_support::patroni::{Member, Patroni};
use test_support::{Instance, Registry, TestClient, eventually};

const PASSWORD: &str = "change-me-partner";

fn url_at(addresses: &str) -> String {
    format!("postgres://partner:{PASSWORD}@{addresses}/partner?sslmode=disable")
}

/// The URL of several hosts.
fn hosts(members: &[Member]) -> String {
    let addresses: Vec<String> = members.iter().map(|member| member.address.to_string()).collect();
    url_at(&addresses.join(","))
}

/// HAProxy of the example, with where it leads to the primary and to standbys.
async fn route(members: &[Member]) -> (Configured, SocketAddr, SocketAddr) {
    let example = Example::read("ha/haproxy-patroni.cfg");
    let (example, primary) = example.listening_instead_of("127.0.0.1:5000");
    let (example, standbys) = example.listening_instead_of("127.0.0.1:5001");
    // In the example all of them have the same port of Patroni.
    let example = example.with("default-server port 8008 check", "default-server check");
    let servers = ["10.0.0.11:5432", "10.0.0.12:5432", "10.0.0.13:5432"];
    let example = servers
        .iter()
        .zip(members)
        .fold(example, |example, (from, member)| {
            let port = member.api.port();
            example.with(from, &format!("{} port {port}", member.address))
        });
    let haproxy = haproxy::start_configured(example.text(), primary).await;
    (haproxy, primary, standbys)
}

/// The number of tokens that were revoked, all acknowledged.
struct Revocations<'a> {
    client: &'a TestClient,
    acknowledged: i64,
}

impl Revocations<'_> {
    /// Revokes a token at an instance, which may refuse with 503 for a time; returns for how long.
    async fn revoke(&mut self, instance: &Instance) -> Duration {
        let token = instance.token(self.client).await;
        let took = eventually("revocations are taken", async || {
            let answer = instance.revoke(self.client, &token).await;
            assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
            answer.status == 200
        })
        .await;
        self.acknowledged += 1;
        took
    }
}

#[tokio::test]
async fn the_primary_changes_by_patroni_and_nothing_acknowledged_is_lost() {
    let patroni = Patroni::start().await;
    let primary = patroni.primary().await;
    let role = format!("create role partner login password '{PASSWORD}'");
    primary.execute("postgres", &role).await;
    primary
        .execute("postgres", "create database partner owner partner")
        .await;
    let url = hosts(&patroni.members);
    let (_haproxy, primary_route, standby_route) = route(&patroni.members).await;
    leads_to_the_primary(&url_at(&primary_route.to_string()), patroni.members.len()).await;

    let registry = Registry::prepared(&url_at(&primary_route.to_string())).await;
    let client = registry.add_marketplace_client("acme").await;
    registry.db.close();
    registry.sql.close().await;
    let by_hosts = Instance::start_with(&url, &[("DATABASE_READ_URL", &url)]).await;
    let standbys = url_at(&standby_route.to_string());
    let variables = [("DATABASE_READ_URL", standbys.as_str())];
    let by_route = Instance::start_with(&url_at(&primary_route.to_string()), &variables).await;
    let token = by_hosts.token(&client).await;
    let mut load = Load::start(&by_hosts, &client).await;
    let mut revocations = Revocations {
        client: &client,
        acknowledged: 0,
    };
    for instance in [&by_hosts, &by_route] {
        revocations.revoke(instance).await;
    }

    patroni.switch_over().await;
    for instance in [&by_hosts, &by_route] {
        let took = revocations.revoke(instance).await;
        println!("after a switchover: revoked after {took:?}");
        assert_eq!(instance.get("/videos/campaigns", &token).await.status, 200);
    }

    let lost = patroni.primary().await;
    patroni.has_synchronous_standby().await;
    lost.kill();
    for instance in [&by_hosts, &by_route] {
        let took = revocations.revoke(instance).await;
        println!("after the loss of a host: revoked after {took:?}");
        assert_eq!(instance.get("/videos/campaigns", &token).await.status, 200);
    }
    load.goes_on(100).await;
    println!("{} good requests", load.finish().await);

    // The lost host comes back, as a standby.
    patroni.start_member(lost).await;
    lost.answers_at("/replica").await;
    let stored = stored_revocations(patroni.primary().await).await;
    assert_eq!(stored, revocations.acknowledged);
    eventually("both are ready", async || {
        by_hosts.readiness().await == "ready" && by_route.readiness().await == "ready"
    })
    .await;
}

async fn stored_revocations(member: &Member) -> i64 {
    let mut admin = member.admin("partner").await;
    sqlx::query_scalar("select count(*) from revoked_token")
        .fetch_one(&mut admin)
        .await
        .unwrap()
}
