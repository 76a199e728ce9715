//! What raw titles become.

use serde_json::{Value, json};
use talentsoft_partner::market::sources::SourceKind;

use super::super::error;
use super::{NORMALIZE, Stage};
use test_support::market::title;
use test_support::{eventually, log};

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
async fn a_raw_title_that_comes_again_is_answered_by_the_options_and_the_version_of_each_call() {
    let stage = Stage::new().await;
    let ask = async |options: Value| {
        let mut body = json!({ "term": "Sr. Registered Nurse", "confidenceThreshold": 0 });
        for (name, value) in options.as_object().unwrap() {
            body[name] = value.clone();
        }
        stage.post(NORMALIZE, &body).await.json()["data"].clone()
    };
    let first = ask(json!({})).await;
    assert_eq!(ask(json!({})).await, first);
    assert_eq!(
        ask(json!({ "confidenceThreshold": 1 })).await["title"],
        Value::Null
    );
    assert_eq!(
        ask(json!({ "fields": ["name"] })).await["title"],
        json!({ "name": "Registered Nurse" })
    );
    let bulk = json!({ "terms": ["Sr. Registered Nurse"], "confidenceThreshold": 0 });
    let bulk = stage.post(&format!("{NORMALIZE}/bulk"), &bulk).await.json()["data"][0].clone();
    assert_eq!(bulk["title"], first["title"]);
    // The next version has another title for it.
    let titles = [title("Sr. Registered Nurse", "29-1141")];
    stage.app.publish_titles(None, SourceKind::Onet, &titles).await;
    eventually("the next version answers", async || {
        let of_next = ask(json!({ "fields": ["name"] })).await;
        of_next["title"]["name"] == "Sr. Registered Nurse"
    })
    .await;
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
    // What an answer had reaches itself as a threshold.
    let reached = json!({ "term": "Registered Nurse", "confidenceThreshold": data["confidence"] });
    let reached = stage.post(NORMALIZE, &reached).await.json()["data"].clone();
    assert_eq!(reached, likely.json()["data"]);
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
async fn the_two_newest_versions_normalize_and_older_ones_say_which_do() {
    let stage = Stage::new().await;
    for name in ["Baker", "Butcher"] {
        stage
            .app
            .publish_titles(None, SourceKind::Onet, &[title(name, "29-1141")])
            .await;
    }
    let body = json!({ "term": "Baker", "confidenceThreshold": 0, "fields": ["name"] });
    eventually("the versions are there", async || {
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

/// A raw title may hold the name of a person.
#[tokio::test]
async fn raw_titles_are_not_logged() {
    let stage = Stage::new().await;
    let raw = "Nurse (replacement of Zebulon Quackenbush)";
    log::never("Quackenbush");
    let too_long = format!("{raw}{}", "x".repeat(1024));
    for (path, body, status) in [
        ("", json!({ "term": raw }), 200),
        ("/inspect", json!({ "term": raw }), 200),
        ("/bulk", json!({ "terms": [raw] }), 200),
        ("", json!({ "term": too_long }), 413),
        ("", json!({ "term": raw, "fields": [raw] }), 400),
        ("", json!({ "term": [raw] }), 400),
        ("", json!({ raw: raw }), 400),
        ("/bulk", json!({ "terms": raw }), 400),
    ] {
        let answer = stage.post(&format!("{NORMALIZE}{path}"), &body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
    }
    stage.post_text(NORMALIZE, "text/plain", raw).await;
    let path = format!("/titles/versions/latest/titles?q={}", raw.replace(' ', "%20"));
    assert_eq!(stage.app.get_with(&path, &stage.token).await.status, 200);
    assert!(log::lines_with("Quackenbush").is_empty());
}

#[tokio::test]
async fn candidates_are_explained_to_who_asks_and_to_nobody_else() {
    let stage = Stage::new().await;
    let path = format!("{NORMALIZE}/inspect");
    let raw = "Sr. Registered Nurse (Remote)";
    let body =
        |fields: &[&str]| json!({ "term": raw, "limit": 1, "fields": fields, "confidenceThreshold": 0 });
    let explained = stage.post(&path, &body(&["name", "evidence"])).await.json();
    let candidate = explained["data"][0].clone();
    assert_eq!(candidate["title"], json!({ "name": "Registered Nurse" }));
    let evidence = &candidate["evidence"];
    assert_eq!(evidence["words"], json!(["registered", "nurse"]));
    assert_eq!(evidence["exactKeys"], json!(["registered nurse"]));
    let titles = evidence["titles"].as_array().unwrap();
    assert_eq!(titles[0]["name"], "Registered Nurse");
    assert!(titles[0]["id"].as_str().unwrap().starts_with("ET"), "{titles:?}");
    assert!(
        titles.len() <= 5
            && titles
                .iter()
                .all(|title| title["similarity"].as_f64().unwrap() <= 1.0)
    );
    assert_eq!(evidence["codedTitles"], json!([]));
    // As plain text the same, and alone the field changes nothing of the title.
    let text = format!("{path}?fields=evidence,name&confidenceThreshold=0&limit=1");
    let text = stage.post_text(&text, "text/plain", raw).await.json();
    assert_eq!(text, explained);
    let alone = stage.post(&path, &body(&["evidence"])).await.json()["data"][0]["title"].clone();
    assert_eq!(alone["pluralName"], "Registered Nurses");
    // Unless it is asked for, nothing is said of it, and nowhere else is it a field.
    let plain = stage.post(&path, &body(&["name"])).await.json();
    assert!(plain["data"][0].get("evidence").is_none(), "{plain}");
    assert_eq!(plain["data"][0]["confidence"], candidate["confidence"]);
    for (path, body) in [
        (
            NORMALIZE.to_owned(),
            json!({ "term": raw, "fields": ["evidence"] }),
        ),
        (
            format!("{NORMALIZE}/bulk"),
            json!({ "terms": [raw], "fields": ["evidence"] }),
        ),
    ] {
        assert_eq!(stage.post(&path, &body).await.status, 400, "{path}");
    }
}
