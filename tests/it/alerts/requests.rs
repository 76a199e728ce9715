//! Alerts about requests that fail or are refused.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::Executor;
use talentsoft_partner::market::sources::SourceKind;
use tokio::task::JoinSet;

use super::scrapes::{Replica, Scrape, fires};
use test_support::market::title;
use test_support::{OTHER_SECRET, Setup, TestApp, TestClient, assertion, send};

/// What nobody has in memory cannot be read any more: a defect, as a wrong migration would be. Not the
/// table of clients itself: the change feed would find out, and the database count as away.
async fn break_clients(app: &TestApp) {
    app.sql
        .execute("alter table client_secret rename to lost")
        .await
        .unwrap();
}

#[tokio::test]
async fn tokens_and_checks_that_fail() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    // One that has a token of this service, and is not in its memory.
    let other = app.add_marketplace_client("other").await;
    let beside = app.beside().await;
    let token = beside.application_token(&other).await;
    let before = Scrape::of(&app).await;
    break_clients(&app).await;
    assert_eq!(app.client_credentials(&client).await.status, 500);
    assert_eq!(app.get_with("/auth/check", &token).await.status, 500);
    let after = Scrape::of(&app).await;
    fires(
        &[
            "TokenErrorsFast",
            "TokenErrorsSlow",
            "GuardErrorsFast",
            "GuardErrorsSlow",
            "ServiceFails",
        ],
        &[Replica { before, after }],
    );
}

#[tokio::test]
async fn checks_that_take_long() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.beside().await.application_token(&client).await;
    let before = Scrape::of(&app).await;
    let mut held = app.sql.begin().await.unwrap();
    held.execute("lock table client").await.unwrap();
    let began = Instant::now();
    let check = send(
        app.request(reqwest::Method::GET, "/auth/check")
            .bearer_auth(&token),
    );
    let check = tokio::spawn(check);
    let waiting = "select count(*) > 0 from pg_locks where not granted and database =
                   (select oid from pg_database where datname = current_database())";
    let is_waited_for = async || {
        let waits: bool = sqlx::query_scalar(waiting).fetch_one(&app.sql).await.unwrap();
        waits && began.elapsed() > Duration::from_millis(20)
    };
    test_support::eventually("the check waits", is_waited_for).await;
    held.rollback().await.unwrap();
    assert_eq!(check.await.unwrap().status, 204);
    let after = Scrape::of(&app).await;
    fires(&["GuardSlow"], &[Replica { before, after }]);
}

#[tokio::test]
async fn secrets_that_are_tried_and_assertions_that_fail() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let before = Scrape::of(&app).await;
    let wrong = TestClient {
        secret: OTHER_SECRET.to_owned(),
        ..client.clone()
    };
    // More than one a second, of those ten that pass between two scrapes.
    for _ in 0..11 {
        app.client_credentials(&wrong).await;
    }
    let signed = assertion::good(&app, &client).sign(OTHER_SECRET);
    for _ in 0..2 {
        app.jwt_bearer(&signed).await;
    }
    let after = Scrape::of(&app).await;
    fires(&["SecretsTried", "AssertionsFail"], &[Replica { before, after }]);
}

/// Behind a proxy that says who called it.
fn behind_a_proxy() -> Setup {
    let mut setup = Setup::default();
    setup.settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    setup
}

#[tokio::test]
async fn many_secrets_that_are_not_known_yet_at_once() {
    let app = TestApp::start().await;
    let mut clients = Vec::new();
    // Of one address only some are hashed at once, and the others wait before the queue.
    for number in 0..24_u8 {
        clients.push(app.add_marketplace_client(&format!("acme-{number}")).await);
    }
    let before = Scrape::of(&app).await;
    let (mut replica, mut after) = (app.beside().await, before.clone());
    let mut requests = JoinSet::new();
    test_support::eventually("hashes wait", async || {
        while requests.try_join_next().is_some() {}
        if requests.is_empty() {
            // One that has counted no attempts yet.
            replica = app.beside_as(behind_a_proxy()).await;
            for (number, client) in (1_u8..).zip(&clients) {
                let wrong = TestClient {
                    secret: OTHER_SECRET.to_owned(),
                    ..client.clone()
                };
                let request = replica.request(reqwest::Method::POST, "/token");
                let request = request.header("x-forwarded-for", format!("192.0.2.{number}"));
                requests.spawn(send(request.form(&wrong.credentials_form())));
            }
        }
        after = Scrape::of(&replica).await;
        after.value("partner_password_queue") > 8.0
    })
    .await;
    requests.join_all().await;
    fires(&["HashingSaturated"], &[Replica { before, after }]);
}

#[tokio::test]
async fn paths_that_nobody_knows() {
    let app = TestApp::start().await;
    let before = Scrape::of(&app).await;
    // More than ten a second.
    for _ in 0..101 {
        assert_eq!(app.get("/wp-login.php").await.status, 404);
    }
    let after = Scrape::of(&app).await;
    fires(&["PathsUnknown"], &[Replica { before, after }]);
}

#[tokio::test]
async fn two_libraries_where_there_is_room_for_one() {
    let mut setup = Setup::default();
    setup.settings.market.title_indexes = std::num::NonZeroUsize::MIN;
    let app = TestApp::start_with(setup).await;
    for name in ["Baker", "Butcher"] {
        app.publish_titles(None, SourceKind::Onet, &[title(name, "29-1141")])
            .await;
    }
    let client = app.add_titles_client("titles").await;
    let token = app.application_token(&client).await;
    let before = Scrape::of(&app).await;
    for version in ["1.1", "1.0"] {
        let path = format!("/titles/versions/{version}/normalize");
        let answer = app.post_json(&path, &token, &json!({ "term": "Baker" })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let after = Scrape::of(&app).await;
    fires(&["TitleIndexesRebuilt"], &[Replica { before, after }]);
}
