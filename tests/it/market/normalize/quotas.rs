//! Quotas of normalizations, entitlements, and what is counted.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Grants, Scope};

use super::super::error;
use super::{NORMALIZE, Stage};
use test_support::{SECRET, send};

#[tokio::test]
async fn a_quota_counts_what_is_answered_and_nothing_else() {
    let stage = Stage::new().await;
    let other = stage.app.beside().await;
    let token = stage.token_with_quota("metered", "10/year").await;
    let one = json!({ "term": "Nurse" });
    let first = stage.ask(&token, NORMALIZE, &one).await;
    assert_eq!(
        (first.status.as_u16(), first.header("ratelimit-remaining")),
        (200, "9")
    );
    // What is refused does not count.
    assert_eq!(
        stage.ask(&token, NORMALIZE, &json!({ "term": "" })).await.status,
        400
    );
    assert_eq!(
        stage
            .ask(&token, "/titles/versions/9.9/normalize", &one)
            .await
            .status,
        404
    );
    // One for each term, and all replicas count in one place.
    let bulk = format!("{NORMALIZE}/bulk");
    let five = json!({ "terms": ["a", "b", "c", "d", "e"] });
    let request = other.request(Method::POST, &bulk).bearer_auth(&token).json(&five);
    assert_eq!(send(request).await.header("ratelimit-remaining"), "4");
    let too_many = stage.ask(&token, &bulk, &five).await;
    assert_eq!(error(&too_many).0, 429);
    assert_eq!(too_many.header("ratelimit-remaining"), "4");
    assert_eq!(too_many.header("retry-after"), too_many.header("ratelimit-reset"));
    assert_eq!(
        stage.metric("partner_quota_refusals_total{api=\"titles\"}").await,
        "1"
    );
    for left in ["3", "2", "1", "0"] {
        assert_eq!(
            stage
                .ask(&token, NORMALIZE, &one)
                .await
                .header("ratelimit-remaining"),
            left
        );
    }
    assert_eq!(stage.ask(&token, NORMALIZE, &one).await.status, 429);
    // Another call does not need the quota.
    assert_eq!(stage.app.get_with("/titles/versions", &token).await.status, 200);
    // It begins anew with the year: the clock of these tests stands on 4 March 2018.
    let reset: i64 = too_many.header("ratelimit-reset").parse().unwrap();
    assert_eq!(
        (stage.app.now() + chrono::TimeDelta::seconds(reset)).to_rfc3339(),
        "2019-01-01T00:00:00+00:00"
    );
}

#[tokio::test]
async fn a_client_without_a_quota_costs_no_write() {
    let stage = Stage::new().await;
    let answer = stage.post(NORMALIZE, &json!({ "term": "Nurse" })).await;
    assert!(answer.headers.get("ratelimit-remaining").is_none());
    let rows: i64 = sqlx::query_scalar("select count(*) from quota_use")
        .fetch_one(&stage.app.sql)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn normalizations_are_counted_by_how_likely_their_titles_are() {
    let stage = Stage::new().await;
    let terms = [
        "Registered Nurse",
        "Web Developer",
        "Nurse Manager of Sales",
        "zzzz qqqq",
        "…",
    ];
    let body = json!({ "terms": terms, "confidenceThreshold": 0 });
    let many = stage.post(&format!("{NORMALIZE}/bulk"), &body).await.json();
    let mut expected = BTreeMap::from(["high", "medium", "low", "none"].map(|band| (band, 0)));
    for (term, answer) in terms.iter().zip(many["data"].as_array().unwrap()) {
        let confidence = answer["confidence"].as_f64().unwrap();
        let band = match answer["title"] {
            Value::Null => "none",
            _ if confidence >= 0.9 => "high",
            _ if confidence >= 0.5 => "medium",
            _ => "low",
        };
        // As many again by the other two calls, which count one each.
        let one = json!({ "term": term });
        stage.post(NORMALIZE, &one).await;
        stage.post(&format!("{NORMALIZE}/inspect"), &one).await;
        // What is refused counts nowhere.
        stage
            .post(NORMALIZE, &json!({ "term": term, "limit": 101 }))
            .await;
        *expected.get_mut(band).unwrap() += 3;
    }
    assert!(expected["high"] > 0 && expected["none"] > 0, "{expected:?}");
    for (band, count) in expected {
        let series = format!("partner_normalizations_total{{confidence=\"{band}\"}}");
        assert_eq!(stage.metric(&series).await, count.to_string(), "{band}");
    }
}

#[tokio::test]
async fn who_is_not_entitled_does_not_normalize() {
    let stage = Stage::new().await;
    let scopes = [Scope::EmsiOpen].into_iter().collect();
    let settings = ClientSettings::new(None, Grants::both(), scopes);
    let client = stage.app.add_client("plain", SECRET, settings).await;
    let token = stage.app.application_token(&client).await;
    for (path, entitlement) in [
        ("", "titles:normalize"),
        ("/inspect", "titles:normalize"),
        ("/bulk", "titles:normalize:bulk"),
    ] {
        let refused = stage.ask(&token, &format!("{NORMALIZE}{path}"), &json!({})).await;
        let (status, title, detail) = error(&refused);
        assert_eq!((status, title.as_str()), (401, "Unauthorized"), "{path}");
        assert!(
            detail.contains(&format!("entitlement {entitlement},")),
            "{detail}"
        );
    }
}
