//! Regular chores get through: however much there is to do, beside each other, and after a failure.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use talentsoft_partner::error::Failure;
use talentsoft_partner::housekeeping;
use talentsoft_partner::recruiting::CampaignKind;

use test_support::eventually;
use test_support::platform::Stage;
use test_support::{Setup, TestApp, application, log};

/// Most rows that housekeeping deletes at once.
const BATCH: i64 = 5_000;
/// More than two batches.
const MANY: i64 = 2 * BATCH + 1;

/// What is forgotten in batches, and how rows of it are made: `$1` of them, named after `$2`, over at `$3` and a little before.
const TABLES: &[(&str, &str)] = &[
    (
        "revoked_token",
        "insert into revoked_token (token_id, client_id, expires_at, revoked_at)
         select md5($2 || n)::uuid, 'platform', $3 - n * interval '1 ms', $3 from generate_series(1, $1) n",
    ),
    (
        "used_assertion",
        "insert into used_assertion (client_id, fingerprint, expires_at)
         select 'platform', sha256(($2 || n)::bytea), $3 - n * interval '1 ms' from generate_series(1, $1) n",
    ),
    (
        "idempotency_key",
        "insert into idempotency_key (client_id, key, request_digest, status, body, created_at)
         select 'platform', $2 || n, sha256('x'), 200, '', $3 - n * interval '1 ms' from generate_series(1, $1) n",
    ),
    (
        "webhook_event",
        "insert into webhook_event (event_id, invitation_id, destination, type, status, occurred_at, due_at, delivered_at)
         select md5($2 || n)::uuid, invitation_id, 'platform', 'x', 'invited', $3, $3, $3 - n * interval '1 ms'
         from invitation, generate_series(1, $1) n",
    ),
];

/// Adds rows to a table of the list.
async fn fill(stage: &Stage, table: &str, rows: i64, name: &str, over_at: DateTime<Utc>) {
    let (_, insert) = TABLES.iter().find(|(of, _)| *of == table).unwrap();
    sqlx::query(AssertSqlSafe(*insert))
        .bind(rows)
        .bind(name)
        .bind(over_at)
        .execute(&stage.app.sql)
        .await
        .unwrap();
}

/// A stage with an invitation, for events to be about.
async fn stage() -> Stage {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Video).await;
    stage.invite(&campaign).await;
    stage
}

/// Over for long, whatever it is.
fn long_ago(stage: &Stage) -> DateTime<Utc> {
    stage.app.now() - TimeDelta::days(8)
}

async fn count(stage: &Stage, table: &str) -> i64 {
    stage.count(&format!("select count(*) from {table}")).await
}

async fn run_sql(stage: &Stage, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&stage.app.sql)
        .await
        .unwrap();
}

/// Writes down each statement that deletes from a table of the list, from now on.
async fn watch_deletes(stage: &Stage) {
    run_sql(
        stage,
        "create table batch (of text, transaction xid8, rows bigint);
         create function note_batch() returns trigger language plpgsql as $$
         begin
             insert into batch select tg_table_name, pg_current_xact_id(), count(*) from gone;
             return null;
         end $$",
    )
    .await;
    for (table, _) in TABLES {
        let trigger = format!(
            "create trigger note_batch after delete on {table} referencing old table as gone
             for each statement execute function note_batch()"
        );
        run_sql(stage, &trigger).await;
    }
}

#[tokio::test]
async fn however_much_has_expired_goes_in_one_round_in_short_transactions_and_the_rest_stays() {
    let stage = stage().await;
    for (table, _) in TABLES {
        fill(&stage, table, MANY, "old", long_ago(&stage)).await;
        fill(&stage, table, 7, "new", stage.app.now()).await;
    }
    let others = count(&stage, "webhook_event").await - MANY - 7;
    watch_deletes(&stage).await;
    housekeeping::prune(&*stage.library().await).await;
    for (table, _) in TABLES {
        let others = if *table == "webhook_event" { others } else { 0 };
        assert_eq!(count(&stage, table).await, 7 + others, "{table}");
        let of = format!("from batch where of = '{table}'");
        assert_eq!(
            stage.count(&format!("select sum(rows)::bigint {of}")).await,
            MANY,
            "{table}"
        );
        assert_eq!(
            stage.count(&format!("select max(rows) {of}")).await,
            BATCH,
            "{table}"
        );
        let transactions = format!("select count(distinct transaction) {of}");
        assert!(stage.count(&transactions).await >= 3, "{table}");
    }
}

#[tokio::test]
async fn two_replicas_at_once_share_the_work_and_none_waits_for_the_other() {
    let stage = stage().await;
    for (table, _) in TABLES {
        fill(&stage, table, MANY, "old", long_ago(&stage)).await;
    }
    // A replica in the middle of a batch: of those that come first, which were added last.
    let mut other = PgConnection::connect(&stage.app.database_url).await.unwrap();
    let mut holding = other.begin().await.unwrap();
    for (table, _) in TABLES {
        let delete = format!(
            "delete from {table} where ctid in (select ctid from {table} order by ctid desc limit 100)"
        );
        sqlx::query(AssertSqlSafe(delete))
            .execute(&mut *holding)
            .await
            .unwrap();
    }
    let library = stage.library().await;
    housekeeping::prune(&library).await;
    for (table, _) in TABLES {
        assert_eq!(count(&stage, table).await, 100, "{table}");
    }
    holding.rollback().await.unwrap();

    for (table, _) in TABLES {
        fill(&stage, table, MANY, "more", long_ago(&stage)).await;
    }
    watch_deletes(&stage).await;
    tokio::join!(housekeeping::prune(&library), housekeeping::prune(&library));
    for (table, _) in TABLES {
        assert_eq!(count(&stage, table).await, 0, "{table}");
        let deleted = format!("select sum(rows)::bigint from batch where of = '{table}'");
        assert_eq!(stage.count(&deleted).await, MANY + 100, "{table}");
    }
}

#[tokio::test]
async fn a_chore_that_fails_is_told_keeps_no_other_and_goes_on_in_the_next_round() {
    let stage = stage().await;
    fill(&stage, "used_assertion", BATCH + 1_000, "old", long_ago(&stage)).await;
    fill(&stage, "idempotency_key", 10, "old", long_ago(&stage)).await;
    run_sql(
        &stage,
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'a bad sector'; end $$;
         create trigger refuse before delete on used_assertion for each row
         when (old.fingerprint = sha256('old1')) execute function refuse()",
    )
    .await;
    // It does its chores when it starts.
    let service = stage.app.beside().await;
    let failures = "partner_chore_failures_total{chore=\"assertions\"} 1\n";
    eventually("the failure is counted", async || {
        service.get_ops("/metrics").await.body.contains(failures)
    })
    .await;
    let told: Vec<_> = log::lines_with("a bad sector")
        .into_iter()
        .filter(|line| line["chore"] == "assertions")
        .collect();
    assert_eq!(told[0]["level"], "ERROR");
    assert_eq!(
        count(&stage, "used_assertion").await,
        1_000,
        "what went before stays gone"
    );
    eventually("the others have their turn", async || {
        count(&stage, "idempotency_key").await == 0
    })
    .await;

    run_sql(&stage, "drop trigger refuse on used_assertion").await;
    housekeeping::prune(&*stage.library().await).await;
    assert_eq!(count(&stage, "used_assertion").await, 0);
}

#[tokio::test]
async fn a_chore_without_an_end_holds_up_neither_the_flushes_nor_the_end_of_the_service() {
    let stage = stage().await;
    fill(&stage, "used_assertion", BATCH, "old", long_ago(&stage)).await;
    run_sql(
        &stage,
        "create function come_again() returns trigger language plpgsql as $$
         begin
             insert into used_assertion select client_id, sha256(fingerprint), expires_at from gone;
             return null;
         end $$;
         create trigger come_again after delete on used_assertion referencing old table as gone
         for each statement execute function come_again()",
    )
    .await;
    let service = stage.app.beside().await;
    let gone = "select count(*) from used_assertion where fingerprint = sha256('old1')";
    eventually("the chore is at work", async || stage.count(gone).await == 0).await;
    let client = service.add_marketplace_client("newcomer").await;
    service.application_token(&client).await;
    let used = "select count(*) from client_secret where client_id = 'client-of-newcomer' and last_used_at is not null";
    eventually("the use is written down", async || stage.count(used).await == 1).await;

    let (ended, has_ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        drop(service);
        ended.send(()).unwrap();
    });
    tokio::time::timeout(Duration::from_mins(1), has_ended)
        .await
        .expect("the service ends")
        .unwrap();
    assert_eq!(count(&stage, "used_assertion").await, BATCH);
}

#[tokio::test]
async fn a_batch_that_takes_too_long_is_made_smaller_and_another_failure_is_not_tried_again() {
    let app = TestApp::start().await;
    let (mut sizes, mut left) = (Vec::new(), 6);
    let done = app
        .db
        .in_batches(16, async |connection, limit| {
            sizes.push(limit);
            // Sixteen rows take longer than a statement may.
            sqlx::query("select pg_sleep(0.3 * $1)")
                .bind(limit)
                .execute(&mut **connection)
                .await?;
            let taken = limit.min(left);
            left -= taken;
            Ok(taken.unsigned_abs())
        })
        .await;
    assert_eq!((done.unwrap(), left), (6, 0));
    assert_eq!(sizes[..2], [16, 4]);
    assert!(sizes.is_sorted_by(|one, other| one >= other), "{sizes:?}");

    let mut calls = 0;
    let failed = app
        .db
        .in_batches(16, async |connection, _| {
            calls += 1;
            sqlx::query("select 1 / 0").execute(&mut **connection).await?;
            Ok(0)
        })
        .await;
    assert!(matches!(failed, Err(Failure::Internal(_))), "{failed:?}");
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn the_audit_trail_is_kept_for_its_days_and_no_longer() {
    let kept_for_good = || {
        let mut setup = Setup::default();
        setup.settings.audit_days = None;
        setup
    };
    // The chores of the service itself are not to delete anything.
    let app = TestApp::start_with(kept_for_good()).await;
    run_on(&app, "delete from audit_event").await;
    for (rows, age) in [(MANY, "400 days 1 second"), (1, "400 days")] {
        run_on(
            &app,
            &format!(
                "insert into audit_event (at, actor_kind, actor, action, subject_kind, subject, detail)
                 select timestamptz '{}' - interval '{age}', 'system', 'x', 'added', 'customer', 'x', '{{}}'
                 from generate_series(1, {rows})",
                app.now().to_rfc3339(),
            ),
        )
        .await;
    }
    for (days, expected) in [(None, MANY + 1), (Some(401), MANY + 1), (Some(400), 1)] {
        let mut setup = kept_for_good();
        setup.settings.audit_days = days;
        let pruning = application(setup.settings, &app.clock, &app.db).await.unwrap();
        housekeeping::prune(&pruning).await;
        let left: i64 = sqlx::query_scalar("select count(*) from audit_event")
            .fetch_one(&app.sql)
            .await
            .unwrap();
        assert_eq!(left, expected, "{days:?}");
    }
}

#[tokio::test]
async fn what_clients_used_of_their_quotas_is_deleted_when_its_year_is_over() {
    let app = TestApp::start().await;
    app.add_titles_client("titles").await;
    // The last day of 2017 and MANY before it, and from 2018 a year or January, February, and March.
    let insert = format!(
        "insert into quota_use (client_id, period_start, used)
         select 'titles', date '2018-01-01' - n, 5 from generate_series(1, {MANY}) n;
         insert into quota_use (client_id, period_start, used)
         select 'titles', date '2018-01-01' + n * interval '1 month', 5 from generate_series(0, 2) n"
    );
    run_on(&app, &insert).await;
    let pruning = application(Setup::default().settings, &app.clock, &app.db)
        .await
        .unwrap();
    housekeeping::prune(&pruning).await;
    let left: Vec<NaiveDate> = sqlx::query_scalar("select period_start from quota_use order by period_start")
        .fetch_all(&app.sql)
        .await
        .unwrap();
    let expected = ["2018-01-01", "2018-02-01", "2018-03-01"].map(|day| day.parse().unwrap());
    assert_eq!(left, expected);
}

async fn run_on(app: &TestApp, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&app.sql)
        .await
        .unwrap();
}
