//! Alerts about the database, and about what is done in it regularly.

use std::fs;
use std::path::PathBuf;

use chrono::TimeDelta;
use sqlx::Executor;
use talentsoft_partner::clock::Clock;

use super::scrapes::{Replica, Scrape, fires};
use crate::webhooks::stage::{Stage, permissive};
use test_support::receiver::{Receiver, Reply};
use test_support::{Instance, OTHER_SECRET, Setup, TestApp, TestClient, database, eventually};

async fn is_in_state(app: &TestApp, state: &str) {
    eventually(state, async || {
        app.get_ops("/health/ready").await.json()["database"] == state
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_away() {
    let directory = database::directory();
    let cluster = database::start(&directory.path().join("data"));
    let app = TestApp::start_on(cluster.database_url().to_owned(), Setup::default()).await;
    let before = Scrape::of(&app).await;
    cluster.stop().unwrap();
    is_in_state(&app, "away").await;
    // The clock stands still but for this.
    app.clock.advance(TimeDelta::seconds(11));
    let after = Scrape::of(&app).await;
    fires(
        &["DatabaseUnavailable", "ChangesDoNotArrive"],
        &[Replica { before, after }],
    );
}

#[tokio::test]
async fn a_database_that_takes_no_changes() {
    let app = TestApp::start().await;
    let before = Scrape::of(&app).await;
    for statement in [
        "do $$ begin
             execute format('alter database %I set default_transaction_read_only = on', current_database());
         end $$",
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    ] {
        app.sql.execute(statement).await.unwrap();
    }
    is_in_state(&app, "read-only").await;
    let after = Scrape::of(&app).await;
    fires(&["DatabaseReadOnly"], &[Replica { before, after }]);
}

/// What makes a process believe that it is another time: Debian's package `libfaketime`.
fn faketime() -> PathBuf {
    let architectures = fs::read_dir("/usr/lib").unwrap();
    let mut libraries = architectures.map(|entry| entry.unwrap().path().join("faketime/libfaketime.so.1"));
    libraries
        .find(|library| library.exists())
        .expect("scripts/ensure-packages cluster")
}

#[tokio::test]
async fn a_clock_that_is_wrong() {
    let database_url = database::fresh().await;
    let right = Instance::start(&database_url).await;
    let before = Scrape::of_text(&right.get_ops("/metrics").await.body);
    let library = faketime();
    let variables = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME", "+6s"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
    ];
    let wrong = Instance::start_with(&database_url, &variables).await;
    let after = Scrape::of_text(&wrong.get_ops("/metrics").await.body);
    assert!(after.value("partner_clock_offset_seconds") > 5.0);
    fires(&["ClockWrong"], &[Replica { before, after }]);
}

#[tokio::test]
async fn a_chore_that_does_not_get_through() {
    let app = TestApp::start().await;
    let before = Scrape::of(&app).await;
    app.sql
        .execute("alter table idempotency_key rename to lost")
        .await
        .unwrap();
    // A replica runs its chores when it starts.
    let late = app.beside().await;
    let mut after = before.clone();
    eventually("the chore fails", async || {
        after = Scrape::of(&late).await;
        after.value("partner_chore_failures_total{chore=\"idempotency_keys\"}") > 0.0
    })
    .await;
    fires(&["ChoreFails"], &[Replica { before, after }]);
}

#[tokio::test]
async fn events_that_are_parked_or_wait_for_a_receiver() {
    let stage = Stage::set(permissive()).await;
    let before = Scrape::of(&stage.app).await;
    let (gone, dead) = (Receiver::start(), Receiver::start());
    gone.answers(|_| Reply::Answer(410, None));
    dead.answers(|_| Reply::Answer(503, None));
    let parked = stage.invite(&gone.url("/")).await;
    stage.becomes(parked, "started").await;
    let waiting = stage.invite(&dead.url("/")).await;
    stage.becomes(waiting, "started").await;
    eventually("one is parked", async || {
        let parked = "select count(*) from webhook_event where parked_at is not null";
        let parked: i64 = sqlx::query_scalar(parked)
            .fetch_one(&stage.app.sql)
            .await
            .unwrap();
        parked == 1 && !dead.deliveries().is_empty()
    })
    .await;
    // A replica counts them when it starts, and every ten seconds.
    let late = stage.app.beside().await;
    eventually("they are counted", async || {
        let scrape = Scrape::of(&late).await;
        scrape.value("partner_webhook_parked") > 0.0 && scrape.value("partner_webhook_pending") > 0.0
    })
    .await;
    stage.app.clock.advance(TimeDelta::seconds(3700));
    let after = Scrape::of(&late).await;
    fires(&["EventsParked", "ReceiverAway"], &[Replica { before, after }]);
}

#[tokio::test]
async fn a_secret_that_expires_while_its_client_uses_it() {
    // It expires by the clock of the machine, which `promtool` is told the distance to.
    let with_system_clock = || Setup {
        clock: Clock::system(),
        ..Setup::default()
    };
    let app = TestApp::start_with(with_system_clock()).await;
    let before = Scrape::of(&app).await;
    let client = app.add_marketplace_client("acme").await;
    app.add_secret(&client, OTHER_SECRET, Some(TimeDelta::days(3)))
        .await;
    let using = TestClient {
        secret: OTHER_SECRET.to_owned(),
        ..client
    };
    assert_eq!(app.client_credentials(&using).await.status, 200);
    eventually("its use is written down", async || {
        let used =
            "select count(*) from client_secret where expires_at is not null and last_used_at is not null";
        sqlx::query_scalar::<_, i64>(used)
            .fetch_one(&app.sql)
            .await
            .unwrap()
            == 1
    })
    .await;
    // A replica looks when it starts, and every minute.
    let late = TestApp::start_on(app.database_url.clone(), with_system_clock()).await;
    let mut after = before.clone();
    eventually("it is noticed", async || {
        after = Scrape::of(&late).await;
        after.value("partner_secret_expiry_timestamp_seconds") > 0.0
    })
    .await;
    fires(&["SecretExpires"], &[Replica { before, after }]);
}
