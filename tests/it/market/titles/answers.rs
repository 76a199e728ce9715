//! What there is, single titles, and changes (T1 to T5, T7, T8, T12).

use reqwest::Method;
use serde_json::{Value, json};

use super::super::error;
use super::Stage;
use test_support::{ISSUER, TestApp, send};

#[tokio::test]
async fn status_meta_and_versions_say_what_there_is() {
    let stage = Stage::new().await;
    assert_eq!(
        stage.get("/status").await.json(),
        json!({ "data": { "message": "Service is healthy", "healthy": true } })
    );
    let meta = stage.get("/meta").await.json();
    assert_eq!(meta["data"]["latestVersion"], "1.1");
    assert!(
        meta["data"]["attribution"]["body"]
            .as_str()
            .unwrap()
            .contains("CC BY 4.0")
    );
    assert_eq!(
        stage.get("/versions").await.json(),
        json!({ "data": ["1.1", "1.0"] })
    );
    let version = stage.get("/versions/latest").await.json();
    assert_eq!(
        version,
        json!({ "data": {
            "version": "1.1",
            "fields": ["id", "name", "pluralName", "isSupervisor", "levelBand", "infoUrl", "addedVersion", "removedVersion", "mapping"],
            "titleCount": 3,
            "removedTitleCount": 1,
            "mappingVersions": { "soc": ["2018"], "skill": ["test"] },
        } })
    );
    assert_eq!(
        stage.get("/versions/1.0").await.json()["data"]["removedTitleCount"],
        0
    );
    let docs = stage.get("/docs").await;
    assert!(docs.header("content-type").starts_with("text/markdown"));
    assert!(docs.body.contains(ISSUER));
}

#[tokio::test]
async fn the_built_in_library_answers_out_of_the_box() {
    let app = TestApp::start().await;
    let other = app.beside().await;
    let client = app.add_titles_client("titles").await;
    let token = app.application_token(&client).await;
    let counted = async || -> i64 {
        let count = sqlx::query_scalar("select count(*) from market_version");
        count.fetch_one(&app.sql).await.unwrap()
    };
    assert_eq!(counted().await, 0);
    // Both replicas come at once, and one library is published.
    let (one, two) = tokio::join!(
        app.get_with("/titles/meta", &token),
        other.get_with("/titles/versions", &token)
    );
    assert_eq!(two.json(), json!({ "data": ["1.0"] }));
    let body = one.json()["data"]["attribution"]["body"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        body.contains("O*NET 29.2") && body.contains("Bureau of Labor Statistics"),
        "{body}"
    );
    assert_eq!(counted().await, 1);
    let body = json!({ "term": "Sr. Dental Hygienist (Remote)", "fields": ["name", "mapping"] });
    let request = app
        .request(Method::POST, "/titles/versions/latest/normalize")
        .bearer_auth(&token);
    let normalized = send(request.json(&body)).await.json();
    assert_eq!(
        normalized["data"]["title"]["mapping"]["socs"][0]["id"], "29-1292",
        "{normalized}"
    );
    assert!(
        normalized["data"]["title"]["mapping"]["skills"]
            .as_array()
            .unwrap()
            .len()
            > 3
    );
}

#[tokio::test]
async fn one_title_is_found_also_when_it_was_removed() {
    let stage = Stage::new().await;
    let id = stage.id("1.0", "Sales Manager").await;
    let title = stage.get(&format!("/versions/1.0/titles/{id}")).await.json();
    let mapping =
        json!({ "name": "", "skills": [], "socs": [{ "id": "11-2022", "name": "Sales Managers" }] });
    let expected = |removed: Value| {
        json!({ "data": {
            "id": id, "name": "Sales Manager", "pluralName": "Sales Managers", "isSupervisor": true, "levelBand": title["data"]["levelBand"],
            "infoUrl": format!("{ISSUER}/titles/versions/latest/titles/{id}"), "addedVersion": "1.0", "removedVersion": removed,
            "mapping": mapping,
        } })
    };
    assert_eq!(title, expected(Value::Null));
    let removed = stage.get(&format!("/versions/latest/titles/{id}")).await.json();
    assert_eq!(removed, expected(json!("1.1")));
    let later = stage.id("1.1", "Charge Nurse").await;
    let unknown = stage.get(&format!("/versions/1.0/titles/{later}")).await;
    assert_eq!(
        error(&unknown),
        (
            404,
            "URL not found".to_owned(),
            format!("Unrecognized title: {later}")
        )
    );
    let malformed = stage.get("/versions/1.0/titles/ETx").await;
    assert_eq!(error(&malformed).2, "Unrecognized title: ETx");
}

#[tokio::test]
async fn titles_are_found_in_the_order_asked_and_unknown_ones_left_out() {
    let stage = Stage::new().await;
    let (nurse, developer) = (
        stage.id("1.1", "Registered Nurse").await,
        stage.id("1.1", "Software Developer").await,
    );
    let body = json!({ "ids": [developer, "ET0000000000000000", nurse, "nonsense"], "fields": ["name"] });
    let found = stage.post("/versions/latest/titles", &body).await;
    assert_eq!(
        found.json(),
        json!({ "data": [{ "name": "Software Developer" }, { "name": "Registered Nurse" }] })
    );
    for (body, detail) in [
        (
            json!({ "ids": [] }),
            "Invalid request body: `ids` must have 1 to 1000 identifiers",
        ),
        (
            json!({ "ids": [nurse], "fields": ["nme"] }),
            "`nme` is not a field",
        ),
        (json!({ "ids": [nurse], "more": 1 }), "Invalid request body: "),
        (json!([nurse]), "Invalid request body: it must be a JSON object"),
    ] {
        let refused = error(&stage.post("/versions/latest/titles", &body).await);
        assert_eq!((refused.0, refused.1.as_str()), (400, "Invalid request"));
        assert!(refused.2.starts_with(detail), "{refused:?}");
    }
}

#[tokio::test]
async fn changes_are_against_the_version_before() {
    let stage = Stage::new().await;
    let changes = stage.get("/versions/1.1/changes").await.json();
    let list = |kind: &str| -> Vec<String> {
        let titles = changes["data"][kind].as_array().unwrap();
        titles
            .iter()
            .map(|title| title["title"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(list("additions"), ["Charge Nurse"]);
    assert_eq!(list("removals"), ["Sales Manager"]);
    assert_eq!(list("alterations"), ["Software Developer"]);
    let first = stage.get("/versions/1.0/changes").await.json();
    assert_eq!(first["data"]["additions"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_is_wrong_is_said_in_lightcasts_words() {
    let stage = Stage::new().await;
    for (path, status, detail) in [
        ("/versions/9.9", 404, "Unrecognized version: 9.9"),
        ("/versions/newest/titles", 404, "Unrecognized version: newest"),
        (
            "/versions/latest/titles?limit=0",
            400,
            "`limit` must be a whole number from 1 to 100000",
        ),
        (
            "/versions/latest/titles?limit=x",
            400,
            "`limit` must be a whole number from 1 to 100000",
        ),
        (
            "/versions/latest/titles?fields=id,x",
            400,
            "`x` is not a field; the fields are id, name",
        ),
        ("/nowhere", 404, "There is nothing at this path"),
    ] {
        let answer = stage.get(path).await;
        let refused = error(&answer);
        assert_eq!(refused.0, status, "{path}");
        assert!(refused.2.starts_with(detail), "{refused:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let wrong_method = send(
        stage
            .app
            .request(Method::DELETE, "/titles/status")
            .bearer_auth(&stage.token),
    )
    .await;
    assert_eq!(error(&wrong_method).1, "Method Not Allowed");
}
