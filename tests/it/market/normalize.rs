//! `/titles/…/normalize`: one, with its candidates, many; quotas and bad input (T9 to T11).

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Entitlements, Grants, Scope};
use talentsoft_partner::market::sources::SourceKind;

use super::error;
use test_support::market::title;
use test_support::{Answer, SECRET, TestApp, send};

struct Stage {
    app: TestApp,
    token: String,
}

const NORMALIZE: &str = "/titles/versions/latest/normalize";

impl Stage {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let titles = [
            title("Registered Nurse", "29-1141"),
            title("Charge Nurse", "29-1141"),
            title("Sales Manager", "11-2022"),
            title("Software Developer", "15-1252"),
            title("Web Developer", "15-1252"),
            title("Software Engineer", "15-1252"),
        ];
        app.publish_titles(None, SourceKind::Onet, &titles).await;
        let client = app.add_titles_client("titles").await;
        let token = app.application_token(&client).await;
        Self { app, token }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        send(
            self.app
                .request(Method::POST, path)
                .bearer_auth(&self.token)
                .json(body),
        )
        .await
    }

    async fn post_text(&self, path: &str, media_type: &str, text: impl Into<reqwest::Body>) -> Answer {
        let request = self.app.request(Method::POST, path).bearer_auth(&self.token);
        send(request.header(CONTENT_TYPE, media_type).body(text)).await
    }

    /// A client with a quota of normalizations.
    async fn token_with_quota(&self, client_id: &str, quota: &str) -> String {
        let scopes = [Scope::EmsiOpen].into_iter().collect();
        let settings = ClientSettings {
            entitlements: Entitlements::all(),
            requests_per_second: None,
            quota: Some(quota.parse().unwrap()),
            ..ClientSettings::new(None, Grants::both(), scopes)
        };
        let client = self.app.add_client(client_id, SECRET, settings).await;
        self.app.application_token(&client).await
    }

    async fn ask(&self, token: &str, path: &str, body: &Value) -> Answer {
        send(self.app.request(Method::POST, path).bearer_auth(token).json(body)).await
    }

    async fn metric(&self, series: &str) -> String {
        let text = self.app.get_ops("/metrics").await.body;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(series))
            .unwrap_or(" 0");
        line.trim().to_owned()
    }
}

#[tokio::test]
async fn a_raw_title_becomes_one_of_the_library() {
    let stage = Stage::new().await;
    let body = json!({ "term": "Sr. Registered Nurse (Remote) – Req 1234", "fields": ["name"], "confidenceThreshold": 0 });
    let answer = stage.post(NORMALIZE, &body).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let data = answer.json()["data"].clone();
    assert_eq!(data["title"], json!({ "name": "Registered Nurse" }));
    assert_eq!(data["jobLevels"], json!(["senior"]));
    let confidence = data["confidence"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&confidence), "{confidence}");
    assert!(answer.json().get("warnings").is_none());
    // The same as plain text, with the options in the query.
    let path = format!("{NORMALIZE}?fields=name&confidenceThreshold=0");
    let text = stage
        .post_text(
            &path,
            "text/plain; charset=utf-8",
            "Sr. Registered Nurse (Remote) – Req 1234",
        )
        .await;
    assert_eq!(text.json()["data"], data);
}

#[tokio::test]
async fn what_is_not_likely_enough_is_null_with_its_confidence() {
    let stage = Stage::new().await;
    let body = json!({ "term": "Registered Nurse", "confidenceThreshold": 1 });
    let likely = stage
        .post(
            NORMALIZE,
            &json!({ "term": "Registered Nurse", "confidenceThreshold": 0 }),
        )
        .await;
    let data = stage.post(NORMALIZE, &body).await.json()["data"].clone();
    assert_eq!(data["title"], Value::Null);
    assert_eq!(data["confidence"], likely.json()["data"]["confidence"]);
    let rubbish = stage
        .post(NORMALIZE, &json!({ "term": "zzzz qqqq" }))
        .await
        .json()["data"]
        .clone();
    assert_eq!(rubbish["title"], Value::Null);
    assert!(rubbish["confidence"].as_f64().unwrap() < 0.5);
    let path = format!("{NORMALIZE}/inspect");
    assert_eq!(stage.post(&path, &body).await.json(), json!({ "data": [] }));
}

#[tokio::test]
async fn candidates_come_likeliest_first_and_no_more_than_asked() {
    let stage = Stage::new().await;
    let path = format!("{NORMALIZE}/inspect");
    let body = |limit: u32| json!({ "term": "Nurse Manager", "limit": limit, "fields": ["id"], "confidenceThreshold": 0 });
    let all = stage.post(&path, &body(100)).await.json();
    let confidences: Vec<f64> = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| candidate["confidence"].as_f64().unwrap())
        .collect();
    assert!(
        confidences.len() >= 2 && confidences.is_sorted_by(|one, other| one >= other),
        "{confidences:?}"
    );
    assert_eq!(
        stage.post(&path, &body(1)).await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(stage.post(&path, &body(0)).await.json(), json!({ "data": [] }));
}

#[tokio::test]
async fn many_are_answered_in_their_order_each_with_its_term() {
    let stage = Stage::new().await;
    let terms: Vec<String> = (0..500)
        .map(|number| {
            if number % 2 == 0 {
                format!("Nurse {number}")
            } else {
                "Sales Manager".to_owned()
            }
        })
        .collect();
    let path = format!("{NORMALIZE}/bulk");
    let answer = stage
        .post(
            &path,
            &json!({ "terms": terms, "confidenceThreshold": 0, "fields": ["name"] }),
        )
        .await;
    let data = answer.json()["data"].clone();
    let answered: Vec<&str> = data
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["term"].as_str().unwrap())
        .collect();
    assert_eq!(answered, terms);
    assert_eq!(data[1]["title"]["name"], "Sales Manager");
    let text = stage
        .post_text(
            &format!("{path}?confidenceThreshold=0&fields=name"),
            "text/plain",
            terms.join("\n"),
        )
        .await;
    assert_eq!(text.json()["data"], data);
}

#[tokio::test]
async fn options_in_the_query_are_ignored_beside_a_json_body_and_that_is_said() {
    let stage = Stage::new().await;
    let path = format!("{NORMALIZE}?fields=id&limit=nonsense");
    let answer = stage
        .post(
            &path,
            &json!({ "term": "Nurse", "fields": ["name"], "confidenceThreshold": 0 }),
        )
        .await
        .json();
    assert_eq!(answer["data"]["title"].as_object().unwrap().len(), 1);
    let warnings = answer["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].as_str().unwrap().contains("`fields`"));
}

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
    assert_eq!(
        stage
            .metric("partner_normalizations_total{confidence=\"high\"}")
            .await
            .parse::<u32>()
            .unwrap()
            + stage
                .metric("partner_normalizations_total{confidence=\"medium\"}")
                .await
                .parse::<u32>()
                .unwrap()
            + stage
                .metric("partner_normalizations_total{confidence=\"low\"}")
                .await
                .parse::<u32>()
                .unwrap(),
        1
    );
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

#[tokio::test]
async fn the_two_newest_versions_normalize_and_older_ones_say_which_do() {
    let stage = Stage::new().await;
    for name in ["Baker", "Butcher"] {
        stage
            .app
            .publish_titles(None, SourceKind::Onet, &[title(name, "29-1141")])
            .await;
    }
    let body = json!({ "term": "Baker", "confidenceThreshold": 0, "fields": ["name"] });
    test_support::eventually("the versions are there", async || {
        stage.post("/titles/versions/1.2/normalize", &body).await.status == 200
    })
    .await;
    let middle = stage.post("/titles/versions/1.1/normalize", &body).await.json();
    assert_eq!(middle["data"]["title"]["name"], "Baker");
    let old = error(&stage.post("/titles/versions/1.0/normalize", &body).await);
    assert_eq!(old.0, 400);
    assert!(old.2.contains("1.2 and 1.1"), "{}", old.2);
}

#[tokio::test]
async fn titles_are_searched_by_prefix_and_with_typing_errors() {
    let stage = Stage::new().await;
    let found = async |query: &str| -> Vec<String> {
        let path = format!("/titles/versions/latest/titles?fields=name&q={query}");
        let list = stage.app.get_with(&path, &stage.token).await.json();
        let titles = list["data"].as_array().unwrap();
        titles
            .iter()
            .map(|title| title["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(found("soft").await.len(), 2);
    assert_eq!(found("sofware%20develper").await, ["Software Developer"]);
    assert_eq!(found("nurse&limit=1").await.len(), 1);
    assert_eq!(found("xyzzy").await, [""; 0]);
    let long = "x".repeat(1025);
    let path = format!("/titles/versions/latest/titles?q={long}");
    assert_eq!(error(&stage.app.get_with(&path, &stage.token).await).0, 400);
}
