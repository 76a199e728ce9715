//! Lists of titles (T6).

use reqwest::Method;
use reqwest::header::{ETAG, IF_NONE_MATCH};
use serde_json::json;
use talentsoft_partner::audit::Act;
use talentsoft_partner::market::publishing::{find_library, retire_version};
use talentsoft_partner::market::sources::SourceKind;

use super::{Stage, names};
use test_support::market::title;
use test_support::{TestApp, eventually, send};

#[tokio::test]
async fn titles_are_listed_by_name_with_the_fields_that_are_asked_for() {
    let stage = Stage::new().await;
    let list = stage.get("/versions/1.0/titles").await;
    assert_eq!(
        names(&list),
        ["Registered Nurse", "Sales Manager", "software developer"]
    );
    assert_eq!(list.json()["data"][0].as_object().unwrap().len(), 2);
    assert_eq!(list.header("cache-control"), "private, no-cache");
    let list = stage
        .get("/versions/latest/titles?fields=name,mapping&limit=2&page=2")
        .await;
    assert_eq!(
        list.json(),
        json!({ "data": [{ "name": "Software Developer", "mapping": {
            "name": "",
            "skills": [{ "id": list.json()["data"][0]["mapping"]["skills"][0]["id"], "name": "Python" }],
            "socs": [{ "id": "15-1252", "name": "Software Developers" }],
        } }] })
    );
    assert_eq!(
        names(&stage.get("/versions/latest/titles?limit=3&page=2").await),
        [""; 0]
    );
}

#[tokio::test]
async fn a_list_that_is_known_is_not_sent_again() {
    let stage = Stage::new().await;
    let path = "/titles/versions/latest/titles?fields=id";
    let list = stage.app.get_with(path, &stage.token).await;
    let tag = list.header(ETAG.as_str());
    let ask = async |tag: &str, method: Method, path: &str| {
        let request = stage.app.request(method, path).bearer_auth(&stage.token);
        send(request.header(IF_NONE_MATCH, tag)).await
    };
    let again = ask(tag, Method::GET, path).await;
    assert_eq!(
        (again.status.as_u16(), again.body.as_str(), again.header("etag")),
        (304, "", tag)
    );
    assert_eq!(ask("\"other\"", Method::GET, path).await.status, 200);
    let other_fields = ask(tag, Method::GET, "/titles/versions/latest/titles?fields=name").await;
    assert_eq!(other_fields.status, 200);
    let head = ask("\"other\"", Method::HEAD, path).await;
    assert_eq!(
        (head.status.as_u16(), head.body.as_str(), head.header("etag")),
        (200, "", tag)
    );
    // `latest` moves, and with it the tag.
    stage
        .app
        .publish_titles(None, SourceKind::Onet, &[title("Sales Manager", "11-2022")])
        .await;
    eventually("the next version is there", async || {
        ask(tag, Method::GET, path).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_retired_version_is_gone_although_a_younger_transaction_was_seen_first() {
    let stage = Stage::new().await;
    let latest = async || names(&stage.get("/versions/latest/titles").await);
    let mut older = stage.app.sql.begin().await.unwrap();
    sqlx::query("select pg_current_xact_id()")
        .execute(&mut *older)
        .await
        .unwrap();
    stage
        .app
        .publish_titles(None, SourceKind::Onet, &[title("Sales Manager", "11-2022")])
        .await;
    eventually("the younger one is seen", async || {
        latest().await == ["Sales Manager"]
    })
    .await;

    let act = Act::by_system(stage.app.now());
    let library_id = find_library(&mut older, None).await.unwrap();
    retire_version(&mut older, &act, library_id, "1.0".parse().unwrap())
        .await
        .unwrap();
    older.commit().await.unwrap();
    eventually("the version is gone", async || {
        !stage.get("/versions").await.body.contains("1.0")
    })
    .await;
}

#[tokio::test]
async fn more_titles_than_one_read_brings_are_listed_completely() {
    let app = TestApp::start().await;
    let many: Vec<_> = (0..2500)
        .map(|number| title(&format!("Title {number:04}"), "29-1141"))
        .collect();
    app.publish_titles(None, SourceKind::Onet, &many).await;
    let client = app.add_titles_client("titles").await;
    let token = app.application_token(&client).await;
    let list = app
        .get_with("/titles/versions/latest/titles?fields=name", &token)
        .await;
    let expected: Vec<String> = many.iter().map(|title| title.title.clone()).collect();
    assert_eq!(names(&list), expected);
    let page = app
        .get_with(
            "/titles/versions/latest/titles?fields=name&limit=1100&page=2",
            &token,
        )
        .await;
    assert_eq!(names(&page), &expected[1100..2200]);
    let page = app
        .get_with("/titles/versions/latest/titles?fields=name&page=3", &token)
        .await;
    assert_eq!(names(&page), &expected[200..300], "pages of 100");
}
