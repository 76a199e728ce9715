//! `/titles`: what there is, lists, single titles, changes (T1 to T8, T12).

use reqwest::Method;
use reqwest::header::{ETAG, IF_NONE_MATCH};
use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Entitlements, Grants, Scope};
use talentsoft_partner::market::sources::SourceKind;

use super::error;
use test_support::market::title;
use test_support::{Answer, ISSUER, SECRET, TestApp, eventually, send};

/// A service with two versions of a small library, and a token for all of it.
struct Stage {
    app: TestApp,
    token: String,
}

impl Stage {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let first = [
            title("Registered Nurse", "29-1141"),
            title("Sales Manager", "11-2022"),
            title("software developer", "15-1252"),
        ];
        app.publish_titles(None, SourceKind::Onet, &first).await;
        let second = [
            title("Registered Nurse", "29-1141"),
            title("Software Developer", "15-1252"),
            title("Charge Nurse", "29-1141"),
        ];
        app.publish_titles(None, SourceKind::Onet, &second).await;
        let client = app.add_titles_client("titles").await;
        let token = app.application_token(&client).await;
        Self { app, token }
    }

    async fn get(&self, path: &str) -> Answer {
        self.app.get_with(&format!("/titles{path}"), &self.token).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.app.request(Method::POST, &format!("/titles{path}"));
        send(request.bearer_auth(&self.token).json(body)).await
    }

    /// The identifier of a title of a version, by its name.
    async fn id(&self, version: &str, name: &str) -> String {
        let list = self.get(&format!("/versions/{version}/titles")).await.json();
        let titles = list["data"].as_array().unwrap();
        let found = titles.iter().find(|title| title["name"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }
}

fn names(list: &Answer) -> Vec<String> {
    let body = list.json();
    let titles = body["data"].as_array().unwrap();
    titles
        .iter()
        .map(|title| title["name"].as_str().unwrap().to_owned())
        .collect()
}

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

#[tokio::test]
async fn who_is_not_entitled_is_told_what_is_missing() {
    let stage = Stage::new().await;
    let scopes = [Scope::LightcastOpenFree, Scope::Platform].into_iter().collect();
    let settings = ClientSettings {
        entitlements: Entitlements::all(),
        ..ClientSettings::new(None, Grants::both(), scopes)
    };
    let client = stage.app.add_client("free", SECRET, settings).await;
    let token = stage.app.application_token(&client).await;
    let version = stage.app.get_with("/titles/versions/latest", &token).await.json();
    assert!(version["data"].get("mappingVersions").is_none());
    assert!(
        !version["data"]["fields"]
            .as_array()
            .unwrap()
            .contains(&json!("mapping"))
    );
    let refused = stage
        .app
        .get_with("/titles/versions/latest/titles?fields=mapping", &token)
        .await;
    let (status, title, detail) = error(&refused);
    assert_eq!((status, title.as_str()), (401, "Unauthorized"));
    assert!(detail.contains("titles:mapping"), "{detail}");
    assert_eq!(refused.challenge().1["error"], "insufficient_scope");
    let request = stage
        .app
        .request(Method::POST, "/titles/versions/latest/normalize");
    let refused = send(request.bearer_auth(&token).json(&json!({ "term": "x" }))).await;
    assert_eq!(refused.challenge().1["scope"], "emsi_open");
    assert!(
        error(&refused).2.ends_with("opens this API: emsi_open."),
        "{refused:?}"
    );
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "free"),
        ("client_secret", SECRET),
        ("scope", "platform"),
    ];
    let narrowed = stage.app.post_form("/token", &form).await.json();
    let refused = stage
        .app
        .get_with("/titles/status", narrowed["access_token"].as_str().unwrap())
        .await;
    assert_eq!(
        error(&refused),
        (
            401,
            "Unauthorized".to_owned(),
            "The access token does not have a scope that opens this API: emsi_open or lightcast_open_free."
                .to_owned()
        )
    );
    assert_eq!(refused.challenge().1["scope"], "emsi_open");
    let missing = stage.app.get("/titles/status").await;
    assert_eq!(error(&missing).0, 401);
}

#[tokio::test]
async fn a_customer_with_a_library_of_its_own_sees_that_one() {
    let stage = Stage::new().await;
    let customer_id = stage.app.add_customer("Acme").await;
    let scopes = [Scope::EmsiOpen].into_iter().collect();
    let settings = ClientSettings::new(Some(customer_id), Grants::both(), scopes);
    let client = stage.app.add_client("of-acme", SECRET, settings).await;
    let token = stage.app.application_token(&client).await;
    let versions = async || stage.app.get_with("/titles/versions", &token).await.json();
    assert_eq!(versions().await, json!({ "data": ["1.1", "1.0"] }));
    stage
        .app
        .publish_titles(Some(customer_id), SourceKind::Titles, &[title("Ours", "29-1141")])
        .await;
    eventually("its own library is there", async || {
        versions().await == json!({ "data": ["1.0"] })
    })
    .await;
    let list = stage.app.get_with("/titles/versions/latest/titles", &token).await;
    assert_eq!(names(&list), ["Ours"]);
    assert_eq!(
        stage.get("/versions").await.json(),
        json!({ "data": ["1.1", "1.0"] })
    );
}
