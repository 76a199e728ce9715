//! What each failure does to each kind of call, as it stands in the table of `docs/HIGH_AVAILABILITY.md`: each test produces
//! one failure, makes all calls while it lasts, and compares them with its row.
//!
//! Until a failure is noticed, and until it is over, every call is answered as it is otherwise, or with 503.

mod calls;
mod table;

use std::fs;

use nix::sys::signal::Signal;
use sqlx::Executor;
use test_support::cluster::{Node, ROLE, url_at_any};
use test_support::haproxy::HaProxy;
use test_support::pgbouncer::{Build, PgBouncer};
use test_support::redis::Redis;
use test_support::{Instance, eventually};

use self::calls::Calls;

use self::table::holds;
use super::clock;

/// A primary and a standby, and who calls.
struct Scene {
    one: Node,
    two: Node,
    calls: Calls,
}

impl Scene {
    async fn new() -> Self {
        let one = Node::primary("one").await;
        let calls = Calls::prepared(&one).await;
        let two = one.standby("two").await;
        Self { one, two, calls }
    }

    /// An instance that is told of both servers.
    async fn instance(&mut self) -> Instance {
        self.instance_with(&self.both(), &[]).await
    }

    /// An instance that knows the client who calls.
    async fn instance_with(&mut self, url: &str, variables: &[(&str, &str)]) -> Instance {
        let instance = Instance::start_with(url, variables).await;
        self.calls.warm_up(&instance).await;
        says(&instance, "ready", "up").await;
        instance
    }

    fn both(&self) -> String {
        url_at_any(&[self.one.address, self.two.address], "connect_timeout=1")
    }

    /// What is answered from when readiness says so.
    async fn row_once(&mut self, failure: &str, instance: &Instance, status: &str, database: &str) {
        self.calls
            .until(instance, async || is_said(instance, status, database).await)
            .await;
        holds(failure, &self.calls.row(instance).await);
    }

    /// The failure is over: all calls succeed again.
    async fn recovers(&mut self, instance: &Instance) {
        self.row_once("Nothing", instance, "ready", "up").await;
    }
}

async fn is_said(instance: &Instance, status: &str, database: &str) -> bool {
    let said = instance.health().await.json();
    said["status"] == status && (database.is_empty() || said["database"] == database)
}

async fn says(instance: &Instance, status: &str, database: &str) {
    eventually("readiness says so", async || {
        is_said(instance, status, database).await
    })
    .await;
}

/// Waits until so many standbys are read from.
async fn reads_from_standbys(instance: &Instance, count: &str) {
    eventually("it reads from so many standbys", async || {
        instance.metric("partner_database_standbys").await == count
    })
    .await;
}

#[tokio::test]
async fn nothing_fails() {
    let mut scene = Scene::new().await;
    let instance = scene.instance().await;
    scene.recovers(&instance).await;
}

#[tokio::test]
async fn the_primary_is_killed_and_a_standby_promoted() {
    let mut scene = Scene::new().await;
    let instance = scene.instance().await;
    scene.one.kill();
    scene
        .row_once(
            "The primary is killed, and none is promoted yet",
            &instance,
            "degraded",
            "away",
        )
        .await;
    scene.two.promote().await;
    scene
        .row_once("… and a standby is promoted", &instance, "ready", "up")
        .await;
}

#[tokio::test]
async fn the_primary_is_frozen() {
    let mut scene = Scene::new().await;
    let instance = scene.instance().await;
    let frozen = scene.one.freeze();
    scene
        .row_once("The primary is frozen", &instance, "degraded", "away")
        .await;
    drop(frozen);
    scene.recovers(&instance).await;
}

#[tokio::test]
async fn the_primary_is_killed_and_there_is_a_standby_to_read_from() {
    let mut scene = Scene::new().await;
    let read = scene.two.url();
    let variables = [("DATABASE_READ_URL", read.as_str())];
    let instance = scene.instance_with(&scene.one.url(), &variables).await;
    reads_from_standbys(&instance, "1").await;
    scene.one.kill();
    scene
        .row_once(
            "The primary is killed, with `DATABASE_READ_URL`",
            &instance,
            "degraded",
            "away",
        )
        .await;
    scene.one.start().await;
    scene.recovers(&instance).await;
}

#[tokio::test]
async fn a_switchover_happens_behind_a_route_that_does_not_notice() {
    let mut scene = Scene::new().await;
    let route = HaProxy::start(&[scene.one.address, scene.two.address]).await;
    let instance = scene.instance_with(&route.url(), &[]).await;
    scene.one.stop().await;
    scene.two.promote().await;
    scene.one.demote(&scene.two).await;
    scene
        .row_once(
            "A switchover, and the route leads to the former primary",
            &instance,
            "degraded",
            "standby",
        )
        .await;
    route
        .switch(scene.two.address, test_support::haproxy::Sessions::Kept)
        .await;
    scene.recovers(&instance).await;
}

#[tokio::test]
async fn the_database_is_read_only() {
    let mut scene = Scene::new().await;
    let instance = scene.instance().await;
    scene.one.set("default_transaction_read_only", "on").await;
    scene
        .row_once("The database is read-only", &instance, "degraded", "read-only")
        .await;
    scene.one.set("default_transaction_read_only", "off").await;
    scene.recovers(&instance).await;
}

#[tokio::test]
async fn the_only_synchronous_standby_is_gone() {
    let mut scene = Scene::new().await;
    scene.one.set("synchronous_standby_names", "two").await;
    let instance = scene.instance().await;
    scene.two.stop().await;
    scene
        .row_once(
            "The only synchronous standby is gone",
            &instance,
            "degraded",
            "commits-hang",
        )
        .await;
    scene.two.start().await;
    scene.recovers(&instance).await;
}

#[tokio::test]
async fn one_of_two_synchronous_standbys_is_gone() {
    let mut scene = Scene::new().await;
    let three = scene.one.standby("three").await;
    scene
        .one
        .set("synchronous_standby_names", "ANY 1 (two, three)")
        .await;
    let instance = scene.instance().await;
    three.stop().await;
    scene
        .row_once(
            "One of two synchronous standbys is gone (`ANY 1`)",
            &instance,
            "ready",
            "up",
        )
        .await;
}

#[tokio::test]
async fn the_pooler_is_gone() {
    let mut scene = Scene::new().await;
    let bouncer = PgBouncer::start(Build::Newer, scene.one.address).await;
    let direct = scene.one.url();
    let variables = [("DATABASE_DIRECT_URL", direct.as_str())];
    let instance = scene.instance_with(&bouncer.url(), &variables).await;
    bouncer.freeze().kill();
    scene
        .row_once("The pooler is gone", &instance, "degraded", "away")
        .await;
}

#[tokio::test]
async fn the_standby_that_is_read_from_is_gone() {
    let mut scene = Scene::new().await;
    let read = scene.two.url();
    let variables = [("DATABASE_READ_URL", read.as_str())];
    let instance = scene.instance_with(&scene.one.url(), &variables).await;
    reads_from_standbys(&instance, "1").await;
    scene.two.kill();
    let failure = "The standby that is read from is gone";
    scene.row_once(failure, &instance, "ready", "up").await;
    reads_from_standbys(&instance, "0").await;
    scene.row_once(failure, &instance, "ready", "up").await;
}

#[tokio::test]
async fn the_standby_that_is_read_from_lags() {
    let mut scene = Scene::new().await;
    let read = scene.two.url();
    let variables = [("DATABASE_READ_URL", read.as_str())];
    let instance = scene.instance_with(&scene.one.url(), &variables).await;
    reads_from_standbys(&instance, "1").await;
    scene.two.execute("select pg_wal_replay_pause()").await;
    let failure = "The standby that is read from lags";
    scene.row_once(failure, &instance, "ready", "up").await;
    reads_from_standbys(&instance, "0").await;
    scene.row_once(failure, &instance, "ready", "up").await;
}

#[tokio::test]
async fn redis_is_gone() {
    let mut scene = Scene::new().await;
    let redis = Redis::start().await;
    let url = redis.url();
    let instance = scene
        .instance_with(&scene.both(), &[("PARTNER_REDIS_URL", &url)])
        .await;
    redis.kill();
    let failure = "Redis is gone";
    scene.row_once(failure, &instance, "ready", "up").await;
    eventually("it is noticed", async || {
        instance.metric("partner_limits_shared").await == "0"
    })
    .await;
    scene.row_once(failure, &instance, "ready", "up").await;
    redis.start_again().await;
    let frozen = redis.freeze();
    scene.row_once(failure, &instance, "ready", "up").await;
    drop(frozen);
}

#[tokio::test]
async fn the_clock_is_wrong() {
    let mut scene = Scene::new().await;
    let directory = tempfile::tempdir().unwrap();
    let offset = directory.path().join("offset");
    fs::write(&offset, "+0s").unwrap();
    let instance = clock::start(&scene.one, &offset).await;
    scene.calls.warm_up(&instance).await;
    fs::write(&offset, "+2h").unwrap();
    scene
        .row_once("The clock of the machine is wrong", &instance, "clock", "")
        .await;
    fs::write(&offset, "+0s").unwrap();
    scene.recovers(&instance).await;
}

#[tokio::test]
async fn another_replica_is_killed_at_work() {
    let mut scene = Scene::new().await;
    let mut other = scene.instance().await;
    let instance = scene.instance().await;
    let working = scene.calls.send_many(&other);
    other.kill();
    scene
        .row_once("Another replica is killed", &instance, "ready", "up")
        .await;
    // What the other one was in the middle of failed there, and holds up nobody here.
    working.join_all().await;
}

#[tokio::test]
async fn another_replica_is_frozen_in_a_transaction() {
    let mut scene = Scene::new().await;
    let other = scene.instance().await;
    let instance = scene.instance().await;
    let mut admin = scene.one.admin().await;
    let lock = "begin; lock table audit_event in access exclusive mode";
    admin.execute(lock).await.unwrap();
    let working = scene.calls.send_revocation(&other).await;
    eventually("its transaction has begun, and waits", async || {
        let waits =
            "select exists (select from pg_locks where not granted and relation = 'audit_event'::regclass)";
        scene.one.query(waits).await
    })
    .await;
    other.signal(Signal::SIGSTOP);
    admin.execute("rollback").await.unwrap();
    eventually("it holds a row, and does nothing", async || {
        let is_idle =
            "select exists (select from pg_stat_activity where state = 'idle in transaction' and backend_type = 'client backend')";
        scene.one.query(is_idle).await
    })
    .await;
    scene
        .row_once(
            "Another replica is frozen in a transaction",
            &instance,
            "ready",
            "up",
        )
        .await;
    other.signal(Signal::SIGCONT);
    working.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_database_has_no_free_connection() {
    let mut scene = Scene::new().await;
    let instance = scene.instance_with(&scene.one.url(), &[]).await;
    // As if others had all of them.
    let limit = |number: i32| format!("alter role {ROLE} connection limit {number}");
    scene.one.execute(&limit(0)).await;
    let close = format!("select pg_terminate_backend(pid) from pg_stat_activity where usename = '{ROLE}'");
    scene.one.execute(&close).await;
    let failure = "The database has no free connection, and closed those of the service";
    scene.row_once(failure, &instance, "degraded", "away").await;
    scene.one.execute(&limit(-1)).await;
    scene.recovers(&instance).await;
}
