//! A flood fills neither memory nor disk, and nothing is kept for longer than it should be.

use reqwest::Method;
use talentsoft_partner::housekeeping;
use talentsoft_partner::refusals::{GroupFilter, RefusalFilter};
use test_support::{OTHER_SECRET, SECRET, TestApp, TestClient, application, eventually, send};

use super::{found_by, groups_by, keeping, keeping_setup, refused, until_counted};

async fn kept(app: &TestApp, reason: &str) -> usize {
    let filter = RefusalFilter {
        reason: Some(reason.to_owned()),
        ..RefusalFilter::default()
    };
    found_by(app, &app.act(), &filter).await.len()
}

fn guesser(client: &TestClient) -> TestClient {
    TestClient {
        secret: OTHER_SECRET.to_owned(),
        ..client.clone()
    }
}

#[tokio::test]
async fn a_client_has_so_many_calls_an_hour_and_the_rest_is_counted() {
    let app = keeping(4).await;
    let acme = app.add_marketplace_client("acme").await;
    let token = app.application_token(&acme).await;
    // Anybody can send wrong secrets in its name, which takes half of what it has.
    for _ in 0..7 {
        assert_eq!(app.client_credentials(&guesser(&acme)).await.status, 401);
    }
    for _ in 0..5 {
        assert_eq!(app.get_with("/platform/v1/customers", &token).await.status, 403);
    }
    for _ in 0..6 {
        assert_eq!(app.get("/videos/campaigns").await.status, 401);
    }
    until_counted(&app, 18).await;
    let reasons = ["client_wrong_secret", "insufficient_scope", "token_missing"];
    for (reason, expected) in reasons.into_iter().zip([2, 2, 4]) {
        assert_eq!(kept(&app, reason).await, expected, "{reason}");
    }
    let groups = groups_by(&app, &GroupFilter::default()).await;
    let counted = |reason: &str| {
        let group = groups.iter().find(|group| group.reason == reason).unwrap();
        (group.refused, group.not_kept, group.network.as_deref())
    };
    assert_eq!(counted(reasons[0]), (7, 5, None));
    assert_eq!(counted(reasons[1]), (5, 3, None));
    assert_eq!(counted(reasons[2]), (6, 2, Some("127.0.0.1")));
    let filter = RefusalFilter {
        reason: Some(reasons[0].to_owned()),
        ..RefusalFilter::default()
    };
    let calls = found_by(&app, &app.act(), &filter).await;
    assert!(
        calls.iter().all(|call| call.not_kept == 5),
        "each says how many more there were"
    );
    // The next hour has room again.
    app.advance(3600);
    app.get("/videos/campaigns").await;
    until_counted(&app, 19).await;
    assert_eq!(kept(&app, "token_missing").await, 5);
    let metrics = app.get_ops("/metrics").await.body;
    for expected in [
        "{record=\"kept\"} 9",
        "{record=\"counted\"} 10",
        "{record=\"lost\"} 0",
    ] {
        let line = format!("partner_refusals_recorded_total{expected}");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn what_one_replica_keeps_the_others_and_its_next_start_do_not_keep_again() {
    let app = keeping(4).await;
    let other = TestApp::start_on(app.database_url.clone(), {
        let mut setup = keeping_setup(4);
        setup.clock = app.clock.clone();
        setup
    })
    .await;
    for instance in [&app, &other] {
        for _ in 0..4 {
            assert_eq!(instance.get("/videos/campaigns").await.status, 401);
        }
    }
    until_counted(&app, 8).await;
    assert_eq!(kept(&app, "token_missing").await, 4);
    drop(other);
    let mut setup = keeping_setup(4);
    setup.clock = app.clock.clone();
    let again = TestApp::start_on(app.database_url.clone(), setup).await;
    again.get("/videos/campaigns").await;
    until_counted(&app, 9).await;
    assert_eq!(kept(&app, "token_missing").await, 4);
}

#[tokio::test]
async fn nothing_is_kept_for_longer_than_it_should_be() {
    const DAY: i64 = 86400;
    let app = keeping(4).await;
    app.get("/videos/campaigns").await;
    until_counted(&app, 1).await;
    let chores = application(keeping_setup(4).settings, &app.clock, &app.db)
        .await
        .unwrap();
    app.advance(14 * DAY - 3600);
    app.get("/videos/campaigns").await;
    until_counted(&app, 2).await;
    housekeeping::prune(&chores).await;
    assert_eq!((kept(&app, "token_missing").await, refused(&app).await), (2, 2));
    app.advance(2 * 3600);
    housekeeping::prune(&chores).await;
    assert_eq!((kept(&app, "token_missing").await, refused(&app).await), (1, 1));
}

#[tokio::test]
async fn more_than_a_batch_is_forgotten_at_once() {
    let app = TestApp::start().await;
    sqlx::raw_sql(
        "insert into refusal (refusal_id, at, request_id, network, address, method, route, status, reason)
         select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'epoch', 'x', '', 'x', 'GET', 'x', 401, 'x'
         from generate_series(1, 10001) n;
         insert into refusal_count select 'epoch', '', n::text, 'x', 1, 0, 0, 'epoch', 'epoch' from generate_series(1, 10001) n",
    )
    .execute(&app.sql)
    .await
    .unwrap();
    let chores = application(keeping_setup(4).settings, &app.clock, &app.db)
        .await
        .unwrap();
    housekeeping::prune(&chores).await;
    let left: i64 =
        sqlx::query_scalar("select (select count(*) from refusal) + (select count(*) from refusal_count)")
            .fetch_one(&app.sql)
            .await
            .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn where_none_are_to_be_kept_all_are_counted() {
    let app = keeping(0).await;
    for _ in 0..3 {
        app.get("/videos/campaigns").await;
    }
    until_counted(&app, 3).await;
    assert_eq!(kept(&app, "token_missing").await, 0);
}

#[tokio::test]
async fn what_a_caller_chooses_is_short_and_plain() {
    let app = TestApp::start().await;
    let odd = Method::from_bytes(&[b'X'; 300]).unwrap();
    let long_path = format!("/auth/check/{}", "x".repeat(5000));
    let requests = [
        app.request(odd, &long_path),
        app.request(Method::GET, "/auth/check/%0a%1b%5b2J"),
        app.request(Method::GET, "/videos/campaigns")
            .header("x-request-id", "a\tb; drop"),
        app.request(Method::GET, "/videos/campaigns")
            .header("x-request-id", "x".repeat(500)),
        app.request(Method::POST, "/token").form(&[
            ("grant_type", "client_credentials"),
            ("client_id", "a\n\u{1b}[2Jb"),
            ("client_secret", SECRET),
        ]),
        app.request(Method::POST, "/token").form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &"y".repeat(255)),
            ("client_secret", SECRET),
        ]),
        app.request(Method::POST, "/token").form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &"y".repeat(30_000)),
            ("client_secret", SECRET),
        ]),
    ];
    let count = requests.len();
    for request in requests {
        assert!(send(request).await.status.is_client_error());
    }
    eventually("all are written", async || {
        found_by(&app, &app.act(), &RefusalFilter::default()).await.len() == count
    })
    .await;
    let rows: Vec<String> = sqlx::query_scalar("select call::text from refusal call")
        .fetch_all(&app.sql)
        .await
        .unwrap();
    for row in &rows {
        assert!(row.len() < 300 && !row.chars().any(char::is_control), "{row}");
        assert!(
            !row.contains("yyyyyyyyy") && !row.contains("XXXX") && !row.contains("xxxx"),
            "{row}"
        );
    }
    assert!(rows.iter().any(|row| row.contains(",other,")), "{rows:?}");
}
