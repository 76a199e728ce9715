//! What the other tests of this program stand on does what they take it to do.

use sqlx::{Connection, PgConnection};

use test_support::cluster::{Node, ROLE, url_at_any};
use test_support::haproxy::{HaProxy, Sessions};
use test_support::pgbouncer::{Build, PgBouncer};
use test_support::redis::Redis;
use test_support::{Instance, Registry, eventually};

/// Which node answers at a URL, by its port, and whether it is a standby.
async fn answering(connection: &mut PgConnection) -> (i32, bool) {
    sqlx::query_as("select inet_server_port(), pg_is_in_recovery()")
        .fetch_one(connection)
        .await
        .unwrap()
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// The number of the history that a primary writes.
async fn timeline(node: &Node) -> String {
    node.query("select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)")
        .await
}

#[tokio::test]
async fn a_standby_is_promoted_and_the_former_primary_follows_it() {
    let one = Node::primary("one").await;
    one.execute("create table kept as select 1 as number").await;
    let two = one.standby("two").await;
    one.execute("insert into kept values (2)").await;
    two.catches_up_with(&one).await;
    assert_eq!(two.query::<i64>("select count(*) from kept").await, 2);
    assert!(two.query::<bool>("select pg_is_in_recovery()").await);

    // The standby misses what its primary commits last.
    two.cut_off().await;
    one.execute("insert into kept values (3)").await;
    let former = timeline(&one).await;
    one.kill();
    two.promote().await;
    assert_ne!(timeline(&two).await, former);
    two.execute("insert into kept values (4)").await;

    one.demote(&two).await;
    one.catches_up_with(&two).await;
    let numbers: Vec<i32> = one
        .query("select array_agg(number order by number) from kept")
        .await;
    assert_eq!(numbers, [1, 2, 4]);
    assert!(one.query::<bool>("select pg_is_in_recovery()").await);
}

#[tokio::test]
async fn a_primary_that_is_stopped_in_order_changes_places_without_loss() {
    let one = Node::primary("one").await;
    let two = one.standby("two").await;
    one.execute("create table kept ()").await;
    one.stop().await;
    two.promote().await;
    assert_eq!(two.query::<i64>("select count(*) from kept").await, 0);
    one.demote(&two).await;
    assert_eq!(one.query::<i64>("select count(*) from kept").await, 0);
}

#[tokio::test]
async fn a_commit_waits_for_a_synchronous_standby_that_is_frozen() {
    let one = Node::primary("one").await;
    let two = one.standby("two").await;
    one.set("synchronous_standby_names", "two").await;
    one.execute("create table kept ()").await;
    let frozen = two.freeze();
    let mut session = connect(&one.url()).await;
    let mut commit = tokio::spawn(async move {
        sqlx::query("create table late ()")
            .execute(&mut session)
            .await
            .unwrap();
        session
    });
    eventually("it waits for the standby", async || {
        assert!(!commit.is_finished());
        one.query("select exists (select from pg_stat_activity where wait_event = 'SyncRep')")
            .await
    })
    .await;
    assert_eq!(one.server_processes(ROLE).await, 1);
    drop(frozen);
    (&mut commit).await.unwrap();
}

#[tokio::test]
async fn settings_hold_for_new_sessions_and_after_a_start() {
    let one = Node::primary_with("one", &[("max_connections", "17")]).await;
    assert_eq!(one.query::<String>("show max_connections").await, "17");
    one.set("default_transaction_read_only", "on").await;
    let read_only = "show default_transaction_read_only";
    assert_eq!(one.query::<String>(read_only).await, "on");
    one.stop().await;
    one.start().await;
    assert_eq!(one.query::<String>(read_only).await, "on");
    one.set("default_transaction_read_only", "off").await;
    assert_eq!(one.query::<String>(read_only).await, "off");
}

#[tokio::test]
async fn a_route_is_switched_with_and_without_the_sessions_on_it() {
    let one = Node::primary("one").await;
    let two = one.standby("two").await;
    let (first, second) = (i32::from(one.address.port()), i32::from(two.address.port()));
    let route = HaProxy::start(&[one.address, two.address]).await;
    let mut kept = connect(&route.url()).await;
    assert_eq!(answering(&mut kept).await, (first, false));

    route.switch(two.address, Sessions::Kept).await;
    assert_eq!(answering(&mut connect(&route.url()).await).await, (second, true));
    assert_eq!(answering(&mut kept).await, (first, false));
    assert_eq!(route.sessions(one.address).await, 1);

    route.switch(one.address, Sessions::Kept).await;
    route.switch(two.address, Sessions::Closed).await;
    kept.ping().await.unwrap_err();
    eventually("the session has gone", async || {
        route.sessions(one.address).await == 0
    })
    .await;
}

#[tokio::test]
async fn a_newer_pgbouncer_keeps_prepared_statements_and_the_one_of_debian_loses_them() {
    let one = Node::primary("one").await;
    for (build, keeps) in [(Build::Newer, true), (Build::Debian, false)] {
        let bouncer = PgBouncer::start(build, one.address).await;
        // Where Debian is newer, its PgBouncer is, too.
        let keeps = keeps || bouncer.version >= (1, 21);
        assert_eq!(bouncer.version >= (1, 21), keeps, "{:?}", bouncer.version);
        let mut first = connect(&bouncer.url()).await;
        let port: i32 = sqlx::query_scalar("select inet_server_port()")
            .fetch_one(&mut first)
            .await
            .unwrap();
        assert_eq!(port, i32::from(one.address.port()));

        // Another session holds the connection to the server on which the statement was prepared.
        let mut second = connect(&bouncer.url()).await;
        let _holder = second.begin().await.unwrap();
        let again = sqlx::query("select inet_server_port()").execute(&mut first).await;
        assert_eq!(again.is_ok(), keeps, "{build:?}: {again:?}");
        bouncer.command("reconnect").await;
    }
}

#[tokio::test]
async fn redis_is_killed_and_frozen() {
    let redis = Redis::start().await;
    assert_eq!(redis.command("SET a 1").await, "+OK\r\n");
    assert_eq!(redis.command("GET a").await, "$1\r\n1\r\n");
    redis.kill();
    redis.start_again().await;
    assert_eq!(redis.command("GET a").await, "$-1\r\n");
    let frozen = redis.freeze();
    let mut answer = Box::pin(redis.command("PING"));
    assert!(
        tokio::time::timeout(std::time::Duration::from_millis(50), &mut answer)
            .await
            .is_err()
    );
    drop(frozen);
    assert_eq!(answer.await, "+PONG\r\n");
}

#[tokio::test]
async fn instances_start_on_a_cluster_with_variables_of_their_own() {
    let one = Node::primary("one").await;
    let registry = Registry::prepared(&one.url()).await;
    let client = registry.add_marketplace_client("acme").await;
    let connections = |number: usize| vec![("PARTNER_DATABASE_CONNECTIONS", (number + 2).to_string())];
    let instances = Instance::start_several(&one.url(), 2, connections).await;
    let token = instances[0].token(&client).await;
    for instance in instances {
        assert_eq!(instance.check(&token).await, 204);
        instance.stop().await;
    }
    assert!(url_at_any(&[one.address, one.address], "connect_timeout=1").ends_with("&connect_timeout=1"));
}
