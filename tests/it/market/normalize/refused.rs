//! Requests and bodies that are wrong.

use serde_json::json;

use super::super::error;
use super::{NORMALIZE, Stage};

#[tokio::test]
async fn requests_that_are_wrong_are_refused_in_words() {
    let stage = Stage::new().await;
    let long = "x".repeat(1025);
    let bulk = format!("{NORMALIZE}/bulk");
    for (path, body, status, detail) in [
        (
            NORMALIZE,
            json!({ "term": "" }),
            400,
            "Invalid request body: `term` must have 1 to 1024 bytes",
        ),
        (
            NORMALIZE,
            json!({ "term": long }),
            413,
            "`term` has 1025 bytes; the most are 1024",
        ),
        (NORMALIZE, json!({ "term": 5 }), 400, "Invalid request body: "),
        (NORMALIZE, json!({}), 400, "Invalid request body: "),
        (
            NORMALIZE,
            json!({ "term": "x", "more": 1 }),
            400,
            "Invalid request body: ",
        ),
        (
            NORMALIZE,
            json!({ "term": "x", "fields": [] }),
            400,
            "Invalid request body: `fields` must have at least one",
        ),
        (
            NORMALIZE,
            json!({ "term": "x", "fields": ["x"] }),
            400,
            "`x` is not a field",
        ),
        (
            NORMALIZE,
            json!({ "term": "x", "confidenceThreshold": 1.1 }),
            400,
            "Invalid request body: `confidenceThreshold`",
        ),
        (
            NORMALIZE,
            json!({ "term": "x", "limit": 101 }),
            400,
            "Invalid request body: `limit` must be",
        ),
        (
            NORMALIZE,
            json!({ "term": "x", "limit": -1 }),
            400,
            "Invalid request body: ",
        ),
        (
            &bulk,
            json!({ "terms": [] }),
            400,
            "Invalid request body: `terms` must have 1 to 500 titles",
        ),
        (
            &bulk,
            json!({ "terms": vec!["x"; 501] }),
            400,
            "Invalid request body: `terms` must have 1 to 500 titles",
        ),
        (
            &bulk,
            json!({ "terms": ["x", ""] }),
            400,
            "Invalid request body: `terms[1]` must have",
        ),
        (
            &bulk,
            json!({ "terms": ["x", long] }),
            413,
            "`terms[1]` has 1025 bytes",
        ),
    ] {
        let refused = error(&stage.post(path, &body).await);
        assert_eq!(refused.0, status, "{path} {body}");
        assert!(refused.2.starts_with(detail), "{refused:?}");
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused_in_words() {
    let stage = Stage::new().await;
    let latin = stage
        .post_text(NORMALIZE, "text/plain", b"Infirmi\xe8re".to_vec())
        .await;
    assert_eq!(error(&latin).2, "Invalid request body: it is not UTF-8 at byte 7");
    let xml = stage.post_text(NORMALIZE, "application/xml", "<x/>").await;
    assert_eq!(error(&xml).0, 415);
    let huge = stage.post_text(NORMALIZE, "text/plain", "x".repeat(20_000)).await;
    assert_eq!(error(&huge).0, 413);
    let threshold = stage
        .post_text(&format!("{NORMALIZE}?confidenceThreshold=2"), "text/plain", "x")
        .await;
    assert_eq!(error(&threshold).0, 400);
}
