//! How many replicas there are, which is what the limits are divided by.

use talentsoft_partner::clients::ClientSettings;
use uuid::Uuid;

use test_support::{SECRET, TestApp, eventually};

/// How many replicas this one counts.
async fn replicas(app: &TestApp) -> u32 {
    let metrics = app.get_ops("/metrics").await.body;
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("partner_replicas "));
    line.unwrap().parse().unwrap()
}

async fn eventually_replicas(app: &TestApp, expected: u32) {
    eventually(&format!("there are {expected} replicas"), async || {
        replicas(app).await == expected
    })
    .await;
}

/// A row of a replica that was last seen so many seconds ago.
async fn add_replica(app: &TestApp, seconds_ago: f64) -> Uuid {
    sqlx::query_scalar(
        "insert into replica (replica_id, seen_at)
         values (gen_random_uuid(), now() - make_interval(secs => $1)) returning replica_id",
    )
    .bind(seconds_ago)
    .fetch_one(&app.sql)
    .await
    .unwrap()
}

#[tokio::test]
async fn replicas_know_how_many_they_are_and_one_that_stops_says_goodbye() {
    let app = TestApp::start().await;
    assert_eq!(replicas(&app).await, 1);
    let other = app.beside().await;
    assert_eq!(replicas(&other).await, 2);
    assert_eq!(
        replicas(&app).await,
        2,
        "nobody is served by the other before this one knows of it"
    );
    drop(other);
    let rows: i64 = sqlx::query_scalar("select count(*) from replica")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(rows, 1);
    eventually_replicas(&app, 1).await;
}

#[tokio::test]
async fn a_replica_that_is_not_seen_any_more_counts_for_some_seconds_and_its_row_is_deleted() {
    let app = TestApp::start().await;
    let old = add_replica(&app, 100.0).await;
    let silent = add_replica(&app, 0.0).await;
    eventually_replicas(&app, 2).await;
    eventually_replicas(&app, 1).await;
    let (old_is_there, silent_for): (bool, f64) = sqlx::query_as(
        "select exists(select from replica where replica_id = $1),
                extract(epoch from now() - seen_at)::float8 from replica where replica_id = $2",
    )
    .bind(old)
    .bind(silent)
    .fetch_one(&app.sql)
    .await
    .unwrap();
    assert!(!old_is_there);
    assert!(silent_for > 7.0, "{silent_for}");
}

/// As after a failover: the table is not logged, so a standby has no row of it.
#[tokio::test]
async fn a_table_that_was_emptied_is_no_reason_to_think_that_the_others_have_gone() {
    let app = TestApp::start().await;
    let other = add_replica(&app, 0.0).await;
    eventually_replicas(&app, 2).await;
    sqlx::query("truncate replica").execute(&app.sql).await.unwrap();
    eventually("it is there again", async || {
        let rows: i64 = sqlx::query_scalar("select count(*) from replica")
            .fetch_one(&app.sql)
            .await
            .unwrap();
        rows == 1
    })
    .await;
    // Two more heartbeats, of which the second may go by what the first found.
    let mut seen_at = Vec::new();
    eventually("it was seen twice more", async || {
        let at: f64 = sqlx::query_scalar("select extract(epoch from seen_at)::float8 from replica")
            .fetch_one(&app.sql)
            .await
            .unwrap();
        seen_at.push(at);
        seen_at.dedup();
        seen_at.len() > 2
    })
    .await;
    assert_eq!(replicas(&app).await, 2);
    sqlx::query("insert into replica (replica_id) values ($1)")
        .bind(other)
        .execute(&app.sql)
        .await
        .unwrap();
    eventually_replicas(&app, 1).await;
}

#[tokio::test]
async fn while_nothing_can_be_written_the_last_number_stays() {
    let app = TestApp::start().await;
    add_replica(&app, 0.0).await;
    eventually_replicas(&app, 2).await;
    sqlx::query("alter table replica rename to replica_elsewhere")
        .execute(&app.sql)
        .await
        .unwrap();
    eventually("the other would count no more", async || {
        let is_over: bool =
            sqlx::query_scalar("select bool_and(seen_at < now() - interval '9 s') from replica_elsewhere")
                .fetch_one(&app.sql)
                .await
                .unwrap();
        is_over
    })
    .await;
    assert_eq!(replicas(&app).await, 2);
    sqlx::query("alter table replica_elsewhere rename to replica")
        .execute(&app.sql)
        .await
        .unwrap();
    eventually_replicas(&app, 1).await;
}

#[tokio::test]
async fn a_request_limit_is_divided_by_the_number_of_replicas() {
    let app = TestApp::start().await;
    let customer_id = app.add_customer("acme").await;
    let settings = ClientSettings {
        requests_per_second: Some(8.try_into().unwrap()),
        ..ClientSettings::marketplace(customer_id)
    };
    let client = app.add_client("limited", SECRET, settings).await;
    let other = app.beside().await;
    eventually_replicas(&other, 2).await;
    let token = app.application_token(&client).await;
    // The clock of both stands still.
    for instance in [&app, &other] {
        for remaining in [6, 4, 2, 0] {
            let answer = instance.get_with("/videos/campaigns", &token).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("ratelimit-policy"), "\"requests\";q=8;w=1");
            assert_eq!(
                answer.header("ratelimit"),
                format!("\"requests\";r={remaining};t=1")
            );
        }
        assert_eq!(
            instance.get_with("/videos/campaigns", &token).await.problem(),
            (429, "over-limit".to_owned())
        );
    }
    drop(other);
    eventually_replicas(&app, 1).await;
    assert_eq!(
        app.get_with("/videos/campaigns", &token).await.status,
        429,
        "what was counted is not forgotten"
    );
    app.advance(1);
    for _ in 0..8 {
        assert_eq!(app.get_with("/videos/campaigns", &token).await.status, 200);
    }
    assert_eq!(app.get_with("/videos/campaigns", &token).await.status, 429);
}
