//! Indexes in memory: each is built once, whoever asks for it, and no more are kept than told.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use talentsoft_partner::market::sources::SourceKind;
use talentsoft_partner::market::{Market, MarketSettings};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::timeout;

use test_support::market::title;
use test_support::{Setup, TestApp, send};

async fn with_library() -> TestApp {
    let app = TestApp::start().await;
    let titles = [title("Registered Nurse", "29-1141")];
    app.publish_titles(None, SourceKind::Onet, &titles).await;
    app
}

/// The value of a metric, by its name and labels.
async fn metric(app: &TestApp, series: &str) -> String {
    let text = app.get_ops("/metrics").await.body;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    value.unwrap().to_owned()
}

#[tokio::test]
async fn many_first_normalizations_at_once_build_one_index() {
    let app = with_library().await;
    let client = app.add_titles_client("titles").await;
    let token = app.application_token(&client).await;
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let request = app.request(reqwest::Method::POST, "/titles/versions/latest/normalize");
        let body = json!({ "term": "Nurse" });
        calls.spawn(send(request.bearer_auth(&token).json(&body)));
    }
    for answer in calls.join_all().await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let lookups = "partner_title_index_lookups_total";
    assert_eq!(metric(&app, &format!("{lookups}{{result=\"miss\"}}")).await, "1");
    assert_eq!(metric(&app, &format!("{lookups}{{result=\"hit\"}}")).await, "19");
    assert_eq!(metric(&app, "partner_title_indexes").await, "1");
}

#[tokio::test]
async fn who_gives_up_while_an_index_is_built_leaves_it_to_whoever_asks_next() {
    let app = with_library().await;
    let market = Market::new(MarketSettings::default());
    let version = market.catalogue.version(&app.db, None, "latest").await.unwrap();
    let tasks = LocalSet::new();
    let built = tasks.run_until(async {
        // Long enough to begin only.
        let begun = timeout(Duration::ZERO, market.indexes.index(&app.db, &version)).await;
        assert!(begun.is_err());
        let next = market.indexes.index(&app.db, &version).await.unwrap();
        (next, market.indexes.index(&app.db, &version).await.unwrap())
    });
    let (next, third) = built.await;
    assert!(Arc::ptr_eq(&next, &third));
    assert_eq!(market.indexes.looked_up(), [("hit", 2), ("miss", 1)]);
}

#[tokio::test]
async fn no_more_indexes_are_in_memory_than_told() {
    let mut setup = Setup::default();
    setup.settings.market.title_indexes = std::num::NonZeroUsize::MIN;
    let app = TestApp::start_with(setup).await;
    for name in ["Baker", "Butcher"] {
        app.publish_titles(None, SourceKind::Onet, &[title(name, "29-1141")])
            .await;
    }
    let client = app.add_titles_client("titles").await;
    let token = app.application_token(&client).await;
    for (version, misses) in [("1.1", "1"), ("1.0", "2"), ("1.0", "2"), ("1.1", "3")] {
        let request = app.request(
            reqwest::Method::POST,
            &format!("/titles/versions/{version}/normalize"),
        );
        let body = json!({ "term": "Baker" });
        let answer = send(request.bearer_auth(&token).json(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let series = "partner_title_index_lookups_total{result=\"miss\"}";
        assert_eq!(metric(&app, series).await, misses, "{version}");
        assert_eq!(metric(&app, "partner_title_indexes").await, "1");
    }
}
