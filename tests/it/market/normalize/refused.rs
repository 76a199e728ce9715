//! Requests and bodies that are wrong.

use reqwest::Method;
use serde_json::json;

use super::super::error;
use super::{NORMALIZE, Stage};
use test_support::send;

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

/// A request that is wrong: the path behind `normalize`, the media type, the body, and the status of the answer.
type Wrong = (&'static str, &'static str, &'static [u8], u16);

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

const WRONG: &[Wrong] = &[
    // What is no JSON, or none of the right form.
    ("", JSON, b"", 400),
    ("", JSON, b"\xef\xbb\xbf", 400),
    ("", JSON, b"null", 400),
    ("", JSON, b"[\"Nurse\"]", 400),
    ("", JSON, b"\"Nurse\"", 400),
    ("", JSON, b"{\"term\":\"Nurse\"", 400),
    ("", JSON, b"{\"term\":\"Nurse\"}{}", 400),
    ("", JSON, b"{\"term\":\"Nurse\",}", 400),
    ("", JSON, b"{'term':'Nurse'}", 400),
    ("", JSON, b"{\"term\":\"Nurse\",\"term\":\"Nurse\"}", 400),
    ("", JSON, b"{\"Term\":\"Nurse\"}", 400),
    ("", JSON, b"{\"terms\":[\"Nurse\"]}", 400),
    ("", JSON, b"{\"term\":null}", 400),
    ("", JSON, b"{\"term\":[\"Nurse\"]}", 400),
    ("", JSON, b"{\"term\":{\"x\":1}}", 400),
    ("", JSON, b"{\"term\":true}", 400),
    // No UTF-8, and no Unicode.
    ("", JSON, b"{\"term\":\"Infirmi\xe8re\"}", 400),
    ("", JSON, b"{\"term\":\"\\ud800\"}", 400),
    ("", JSON, b"\xff\xfe{\x00", 400),
    ("", TEXT, b"\xff\xfeN\x00", 400),
    ("", TEXT, b"\xc3", 400),
    // Options that are out of range, or of another type.
    (
        "",
        JSON,
        b"{\"term\":\"Nurse\",\"confidenceThreshold\":-0.1}",
        400,
    ),
    (
        "",
        JSON,
        b"{\"term\":\"Nurse\",\"confidenceThreshold\":-1e-300}",
        400,
    ),
    (
        "",
        JSON,
        b"{\"term\":\"Nurse\",\"confidenceThreshold\":1.00000001}",
        400,
    ),
    (
        "",
        JSON,
        b"{\"term\":\"Nurse\",\"confidenceThreshold\":1e999}",
        400,
    ),
    (
        "",
        JSON,
        b"{\"term\":\"Nurse\",\"confidenceThreshold\":\"0.5\"}",
        400,
    ),
    (
        "",
        JSON,
        b"{\"term\":\"Nurse\",\"confidenceThreshold\":null}",
        400,
    ),
    ("", JSON, b"{\"term\":\"Nurse\",\"fields\":\"id,name\"}", 400),
    ("", JSON, b"{\"term\":\"Nurse\",\"fields\":[\"id,name\"]}", 400),
    ("", JSON, b"{\"term\":\"Nurse\",\"fields\":[1]}", 400),
    ("/inspect", JSON, b"{\"term\":\"Nurse\",\"limit\":0.5}", 400),
    ("/inspect", JSON, b"{\"term\":\"Nurse\",\"limit\":100.5}", 400),
    ("/inspect", JSON, b"{\"term\":\"Nurse\",\"limit\":1e30}", 400),
    ("/inspect", JSON, b"{\"term\":\"Nurse\",\"limit\":\"5\"}", 400),
    ("/inspect?limit=101", TEXT, b"Nurse", 400),
    ("/inspect?limit=-1", TEXT, b"Nurse", 400),
    ("/inspect?limit=5.0", TEXT, b"Nurse", 400),
    ("?confidenceThreshold=1.00000001", TEXT, b"Nurse", 400),
    ("?confidenceThreshold=nan", TEXT, b"Nurse", 400),
    ("?confidenceThreshold=inf", TEXT, b"Nurse", 400),
    ("?confidenceThreshold=0,5", TEXT, b"Nurse", 400),
    ("?fields=id,,name", TEXT, b"Nurse", 400),
    ("?fields=id&fields=name", TEXT, b"Nurse", 400),
    ("?fields=%ff", TEXT, b"Nurse", 400),
    ("?term=Nurse", TEXT, b"Nurse", 400),
    ("?term=Nurse", JSON, b"{\"term\":\"Nurse\"}", 400),
    // Terms that are none.
    ("", TEXT, b"", 400),
    ("/bulk", TEXT, b"", 400),
    ("/bulk", TEXT, b"Nurse\n\nBaker", 400),
    ("/bulk", TEXT, b"Nurse\r\n\r\n", 400),
    ("/bulk", JSON, b"{\"terms\":[null]}", 400),
    ("/bulk", JSON, b"{\"terms\":\"Nurse\"}", 400),
    ("/bulk", JSON, b"{\"term\":\"Nurse\"}", 400),
    ("/bulk", JSON, b"{\"terms\":[\"Nurse\"],\"limit\":5}", 400),
    // Bodies of other kinds.
    ("", "application/x-www-form-urlencoded", b"term=Nurse", 415),
    ("", "text/html", b"Nurse", 415),
    ("", "text", b"Nurse", 415),
    ("", "text/plain; charset=iso-8859-1", b"Nurse", 415),
    ("", "text/plain; charset=utf-16", b"Nurse", 415),
    // Versions and paths that are not there.
    ("/../../1.1/normalize", JSON, b"{\"term\":\"Nurse\"}", 404),
    ("/nothing", JSON, b"{\"term\":\"Nurse\"}", 404),
];

#[tokio::test]
async fn nothing_that_is_refused_counts_against_a_quota() {
    let stage = Stage::new().await;
    let token = stage.token_with_quota("metered", "10/year").await;
    let post = async |path: &str, headers: &[(&str, &str)], body: Vec<u8>| {
        let mut request = stage.app.request(Method::POST, path).bearer_auth(&token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        error(&send(request.body(body)).await)
    };
    for (path, media_type, body, status) in WRONG {
        let shown = String::from_utf8_lossy(body);
        let path = format!("{NORMALIZE}{path}");
        let refused = post(&path, &[("content-type", media_type)], body.to_vec()).await;
        assert_eq!(refused.0, *status, "{path} {media_type} {shown}: {refused:?}");
        assert!(refused.2.len() < 300, "{refused:?}");
    }
    let good = || br#"{"term":"Nurse"}"#.to_vec();
    let term = |bytes: usize| json!({ "term": "x".repeat(bytes) }).to_string().into_bytes();
    let many = json!({ "terms": vec!["x"; 501] }).to_string().into_bytes();
    let lines = "x\n".repeat(501).into_bytes();
    let bulk = format!("{NORMALIZE}/bulk");
    for (path, headers, body, status) in [
        (NORMALIZE, &[][..], good(), 415),
        (
            NORMALIZE,
            &[("content-type", JSON), ("content-type", JSON)][..],
            good(),
            415,
        ),
        (
            NORMALIZE,
            &[("content-type", JSON), ("content-encoding", "gzip")],
            good(),
            415,
        ),
        (NORMALIZE, &[("content-type", JSON)], term(1025), 413),
        (NORMALIZE, &[("content-type", JSON)], term(20_000), 413),
        (NORMALIZE, &[("content-type", TEXT)], vec![b'x'; 1025], 413),
        (&bulk, &[("content-type", JSON)], many, 400),
        (&bulk, &[("content-type", TEXT)], lines, 400),
        (
            "/titles/versions/99.9/normalize",
            &[("content-type", JSON)],
            good(),
            404,
        ),
        (
            "/titles/versions/%00/normalize",
            &[("content-type", JSON)],
            good(),
            404,
        ),
    ] {
        let refused = post(path, headers, body).await;
        assert_eq!(refused.0, status, "{path} {headers:?}: {refused:?}");
    }
    let answer = stage.ask(&token, NORMALIZE, &json!({ "term": "Nurse" })).await;
    assert_eq!(answer.header("ratelimit-remaining"), "9");
}

#[tokio::test]
async fn what_is_right_at_the_bounds_is_answered() {
    let stage = Stage::new().await;
    let longest = "x".repeat(1024);
    // Each byte as six characters: no body is too long because of how it is written.
    let escaped = format!("{{\"term\":\"{}\"}}", "\\u0000".repeat(1024));
    for (path, media_type, body) in [
        (NORMALIZE.to_owned(), JSON, json!({ "term": longest }).to_string()),
        (NORMALIZE.to_owned(), JSON, escaped),
        (
            NORMALIZE.to_owned(),
            JSON,
            "\u{feff} {\"term\":\"Nurse\"} ".to_owned(),
        ),
        (
            format!("{NORMALIZE}/inspect"),
            JSON,
            r#"{"term":"Nurse","limit":100.0,"confidenceThreshold":1}"#.to_owned(),
        ),
        (
            format!("{NORMALIZE}/inspect?limit=0&confidenceThreshold=1"),
            TEXT,
            "Nurse\n".to_owned(),
        ),
        (format!("{NORMALIZE}/bulk"), TEXT, "Nurse\r\nBaker\r\n".to_owned()),
        (
            format!("{NORMALIZE}?fields=&confidenceThreshold="),
            TEXT,
            longest.clone(),
        ),
        (
            format!("{NORMALIZE}/bulk"),
            JSON,
            json!({ "terms": vec![&longest; 500] }).to_string(),
        ),
    ] {
        let answer = stage.post_text(&path, media_type, body).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
}
