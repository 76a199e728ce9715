//! The database stops, freezes, cuts its connections, has no place left: known clients are served from memory, the rest is
//! told to come back, within a bounded time, and everything recovers by itself.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use sqlx::{Connection, Executor, PgConnection};
use tokio::time::Instant;

use test_support::database::directory;
use test_support::load::Load;
use test_support::process::Frozen;
use test_support::{Instance, Registry, TestClient, database, eventually};

/// What needs the database: an unknown client, a revocation, a list of campaigns, a single-use assertion.
async fn all_unavailable(instance: &Instance, client: &TestClient, token: &str) {
    let stranger = TestClient {
        client_id: "stranger".parse().unwrap(),
        ..client.clone()
    };
    instance.client_credentials(&stranger).await.assert_unavailable();
    instance.revoke(client, token).await.assert_unavailable();
    instance
        .get("/videos/campaigns", token)
        .await
        .assert_unavailable();
    instance
        .jwt_bearer(&client.single_use_assertion())
        .await
        .assert_unavailable();
}

/// Waits until what needs the database works again: refusals meanwhile are 503.
async fn recovers(instance: &Instance, client: &TestClient, token: &str) {
    eventually("campaigns are listed again", async || {
        let answer = instance.get("/videos/campaigns", token).await;
        assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
        answer.status == 200
    })
    .await;
    eventually("single-use assertions are taken again", async || {
        let answer = instance.jwt_bearer(&client.single_use_assertion()).await;
        assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
        answer.status == 200
    })
    .await;
    eventually("revocations are taken again", async || {
        let answer = instance.revoke(client, token).await;
        assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
        answer.status == 200
    })
    .await;
    assert_eq!(instance.check(token).await, 401);
    assert_eq!(instance.readiness().await, "ready");
}

#[tokio::test]
async fn ten_thousand_requests_are_answered_without_the_database() {
    let directory = directory();
    let cluster = database::start(&directory.path().join("data"));
    let registry = Registry::prepared(cluster.database_url()).await;
    let client = registry.add_marketplace_client("acme").await;
    let instance = Instance::start(&registry.database_url).await;
    let token = instance.token(&client).await;
    let mut load = Load::start(&instance, &client).await;
    load.goes_on(30).await;

    registry.db.close();
    registry.sql.close().await;
    cluster.stop().unwrap();
    let before = load.answered();
    eventually("the outage is noticed", async || {
        instance.readiness().await == "degraded"
    })
    .await;
    all_unavailable(&instance, &client, &token).await;
    load.goes_on(10_000 - (load.answered() - before).min(10_000))
        .await;
    all_unavailable(&instance, &client, &token).await;
    assert_eq!(
        instance.check(&token).await,
        204,
        "what could not be revoked was not"
    );

    let _cluster = database::start(&directory.path().join("data"));
    recovers(&instance, &client, &token).await;
    load.goes_on(30).await;
    load.finish().await;
    instance.stop().await;
}

#[tokio::test]
async fn a_frozen_database_holds_up_nobody_who_does_not_need_it() {
    let directory = directory();
    let cluster = database::start(&directory.path().join("data"));
    let registry = Registry::prepared(cluster.database_url()).await;
    let client = registry.add_marketplace_client("acme").await;
    let instance = Instance::start(&registry.database_url).await;
    let token = instance.token(&client).await;
    assert_eq!(instance.get("/videos/campaigns", &token).await.status, 200);
    let mut load = Load::start(&instance, &client).await;

    let frozen = Frozen::new(cluster.postmaster_pid());
    let began = Instant::now();
    // Those that came before the outage was noticed wait, all at once and no longer than one.
    let (campaigns, revoked) = tokio::join!(
        instance.get("/videos/campaigns", &token),
        instance.revoke(&client, &token)
    );
    campaigns.assert_unavailable();
    revoked.assert_unavailable();
    println!("frozen: answered after {:?}", began.elapsed());
    all_unavailable(&instance, &client, &token).await;
    load.goes_on(100).await;
    drop(frozen);

    // What was asked of the frozen server may have been done once it thawed.
    let token = instance.token(&client).await;
    recovers(&instance, &client, &token).await;
    load.finish().await;
    instance.stop().await;
}

#[tokio::test]
async fn connections_cut_again_and_again_cost_no_more_than_the_requests_on_them() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let instance = Instance::start(&registry.database_url).await;
    let token = instance.token(&client).await;
    let mut load = Load::start(&instance, &client).await;
    let mut admin = PgConnection::connect(&registry.database_url).await.unwrap();
    let mut refused = 0;
    for _ in 0..20 {
        eventually("it is connected", async || {
            instance.get("/videos/campaigns", &token).await.status == 200
        })
        .await;
        let (cut, answers) = tokio::join!(cut_connections(&mut admin), async {
            let mut answers = Vec::new();
            for _ in 0..5 {
                answers.push(instance.get("/videos/campaigns", &token).await);
            }
            answers
        });
        assert!(cut >= 1, "at least the change feed has one");
        for answer in answers {
            assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
            refused += u32::from(answer.status == 503);
        }
    }
    println!("20 cuts refused {refused} of 100 requests");
    load.goes_on(30).await;
    recovers(&instance, &client, &token).await;
    load.finish().await;
    instance.stop().await;
}

/// Ends all other connections to this database.
async fn cut_connections(admin: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select count(*) from (select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()) as cut",
    )
    .fetch_one(admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_lock_that_holds_up_every_connection_is_waited_for_within_bounds() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let instance =
        Instance::start_with(&registry.database_url, &[("PARTNER_DATABASE_CONNECTIONS", "2")]).await;
    let token = instance.token(&client).await;
    let mut load = Load::start(&instance, &client).await;
    let mut holder = PgConnection::connect(&registry.database_url).await.unwrap();
    holder
        .execute("begin; lock table used_assertion, campaign in access exclusive mode")
        .await
        .unwrap();

    let began = Instant::now();
    let assertions: Vec<String> = (0..8).map(|_| client.single_use_assertion()).collect();
    let mut waiting = tokio::task::JoinSet::new();
    for assertion in &assertions {
        let request = instance.request(reqwest::Method::POST, "/token");
        let request = request.form(&test_support::assertion::form(assertion));
        waiting.spawn(test_support::Answer::of(request));
    }
    while let Some(answer) = waiting.join_next().await {
        answer.unwrap().unwrap().assert_unavailable();
    }
    println!(
        "all connections waiting for a lock: 8 answered after {:?}",
        began.elapsed()
    );
    let mut admin = PgConnection::connect(&registry.database_url).await.unwrap();
    eventually("the server gives up what nobody waits for", async || {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(&mut admin)
        .await
        .unwrap();
        waiting == 0
    })
    .await;
    load.goes_on(30).await;
    holder.execute("rollback").await.unwrap();
    for assertion in &assertions {
        eventually("an assertion that was refused is still good", async || {
            let answer = instance.jwt_bearer(assertion).await;
            assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
            answer.status == 200
        })
        .await;
    }
    recovers(&instance, &client, &token).await;
    load.finish().await;
    instance.stop().await;
}

/// The file of a table takes no byte more, as on a full disk: a write to `/dev/full` fails with the error of one.
#[tokio::test]
async fn a_full_disk_refuses_what_must_be_written_and_nothing_else() {
    let directory = directory();
    let data_dir = directory.path().join("data");
    let cluster = database::start(&data_dir);
    let registry = Registry::prepared(cluster.database_url()).await;
    let client = registry.add_marketplace_client("acme").await;
    let mut admin = PgConnection::connect(&registry.database_url).await.unwrap();
    for table in ["revoked_token", "used_assertion"] {
        let file: String = sqlx::query_scalar("select pg_relation_filepath($1::text::regclass)")
            .bind(table)
            .fetch_one(&mut admin)
            .await
            .unwrap();
        fill(&data_dir.join("postgres").join(file));
    }
    let instance = Instance::start(&registry.database_url).await;
    let token = instance.token(&client).await;
    let mut load = Load::start(&instance, &client).await;
    for _ in 0..3 {
        instance.revoke(&client, &token).await.assert_unavailable();
        instance
            .jwt_bearer(&client.single_use_assertion())
            .await
            .assert_unavailable();
    }
    assert_eq!(instance.get("/videos/campaigns", &token).await.status, 200);
    assert_eq!(instance.check(&token).await, 204);
    eventually("the log says why", async || {
        instance
            .log()
            .iter()
            .any(|line| line.contains("No space left on device"))
    })
    .await;
    load.goes_on(30).await;

    // New files for both: there is room again.
    admin
        .execute("truncate revoked_token, used_assertion")
        .await
        .unwrap();
    recovers(&instance, &client, &token).await;
    load.finish().await;
    instance.stop().await;
}

/// Puts `/dev/full` in the place of an empty file.
fn fill(file: &Path) {
    assert_eq!(fs::metadata(file).unwrap().len(), 0, "{}", file.display());
    fs::remove_file(file).unwrap();
    symlink("/dev/full", file).unwrap();
}
