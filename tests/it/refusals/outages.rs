//! Without the database refusals wait in memory, and nothing waits for them.

use talentsoft_partner::refusals::RefusalFilter;
use test_support::{OTHER_SECRET, Registry, Setup, TestApp, TestClient, assertion, database, eventually};

use super::{found_by, record_of};

async fn is_degraded(app: &TestApp) -> bool {
    app.get_ops("/health/ready").await.json()["status"] == "degraded"
}

#[tokio::test]
async fn what_is_refused_while_the_database_is_away_is_found_when_it_is_back() {
    let directory = database::directory();
    let cluster = database::start(&directory.path().join("data"));
    let app = TestApp::start_on(cluster.database_url().to_owned(), Setup::default()).await;
    let client = app.add_marketplace_client("acme").await;
    app.application_token(&client).await;
    let wrong = assertion::good(&app, &client).sign(OTHER_SECRET);
    cluster.stop().unwrap();
    eventually("the outage is noticed", async || is_degraded(&app).await).await;
    let answer = app.jwt_bearer(&wrong).await;
    assert_eq!(answer.status, 400);
    let stranger = TestClient {
        client_id: "stranger".parse().unwrap(),
        ..client.clone()
    };
    let unavailable = app.client_credentials(&stranger).await;
    assert_eq!(unavailable.status, 503);

    let cluster = database::start(&directory.path().join("data"));
    let record = record_of(&app, &answer).await;
    assert_eq!(record.reason, "assertion_mac");
    assert!(record.checks.is_some(), "they were made when it was refused");
    let record = record_of(&app, &unavailable).await;
    assert_eq!(record.reason, "unavailable");
    drop(app);
    cluster.stop().unwrap();
}

#[tokio::test]
async fn what_is_refused_last_is_written_before_the_end() {
    let app = TestApp::start().await;
    let registry = Registry::open(&app.database_url, app.clock.clone()).await;
    for _ in 0..20 {
        assert_eq!(app.get("/videos/campaigns").await.status, 401);
    }
    drop(app);
    let act = registry.act();
    let found = found_by(&registry, &act, &RefusalFilter::default()).await;
    assert_eq!(found.len(), 20);
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_database_that_is_away() {
    let directory = database::directory();
    let cluster = database::start(&directory.path().join("data"));
    let app = TestApp::start_on(cluster.database_url().to_owned(), Setup::default()).await;
    cluster.stop().unwrap();
    eventually("the outage is noticed", async || is_degraded(&app).await).await;
    assert_eq!(app.get("/videos/campaigns").await.status, 401);
    // It ends, or the test does not.
    drop(app);
}

#[tokio::test]
async fn a_batch_that_cannot_be_written_is_lost_and_those_after_it_are_not() {
    let app = TestApp::start().await;
    let lost = "partner_refusals_recorded_total{record=\"lost\"} ";
    let sql = |text: &'static str| sqlx::raw_sql(text).execute(&app.sql);
    sql("alter table refusal rename to elsewhere").await.unwrap();
    assert_eq!(app.get("/videos/campaigns").await.status, 401);
    eventually("it is given up", async || {
        app.get_ops("/metrics").await.body.contains(&format!("{lost}1"))
    })
    .await;
    sql("alter table elsewhere rename to refusal").await.unwrap();
    let answer = app.get("/videos/campaigns").await;
    assert_eq!(record_of(&app, &answer).await.reason, "token_missing");
}
