//! Campaigns, creation links, subdomains, libraries of titles and quotas below `/admin/v1`.

use serde_json::{Value, json};
use talentsoft_partner::clients::Scope;
use talentsoft_partner::clock;
use talentsoft_partner::ids::ImportId;
use talentsoft_partner::market::imports::{self, Import, Progress};
use talentsoft_partner::market::sources::SourceKind;

use super::stage::AdminStage;
use test_support::market::title;

#[tokio::test]
async fn a_campaign_is_added_changed_and_closed() {
    let stage = AdminStage::new().await;
    let customer_id = stage.app.add_customer("Acme").await;
    let new = json!({ "customer_id": customer_id, "kind": "video", "name": "Sales", "language": "fr" });
    let added = stage.post("/campaigns", &new).await;
    assert_eq!(added.status, 201, "{added:?}");
    let path = format!("/campaigns/{}", added.json()["campaign_id"].as_str().unwrap());
    assert!(added.header("location").ends_with(&format!("/admin/v1{path}")));
    let changed = stage.patch(&path, &json!({ "name": "Support" })).await;
    assert_eq!(
        (&changed.json()["name"], &changed.json()["language"]),
        (&json!("Support"), &json!("fr"))
    );
    assert_eq!(stage.get(&path).await.json(), changed.json());
    let closed = stage.post(&format!("{path}/close"), &Value::Null).await;
    assert!(closed.json()["closed_at"].is_string(), "{closed:?}");
    let listed = stage
        .get(&format!("/campaigns?customer_id={customer_id}"))
        .await
        .json();
    assert_eq!(listed["campaigns"], json!([closed.json()]));
    let done: Vec<String> = stage.trail().await.into_iter().map(|event| event.0).collect();
    assert_eq!(done, ["added", "changed", "closed"]);
    let changed: Value = sqlx::query_scalar("select detail from audit_event where action = 'changed'")
        .fetch_one(&stage.app.sql)
        .await
        .unwrap();
    assert_ne!(changed["before"], changed["after"]);
    assert!(changed["before"]["name"].is_string() && changed["after"]["language"].is_string());
}

#[tokio::test]
async fn a_creation_link_is_set_shown_and_taken_away() {
    let stage = AdminStage::new().await;
    let customer_id = stage.app.add_customer("Acme").await;
    let links = format!("/customers/{customer_id}/creation-links");
    let template = "https://partner.example/new?customer={customer_id}";
    let video = format!("{links}/video");
    let unset = json!({ "kind": "video", "url_template": null });
    assert_eq!(stage.get(&video).await.json(), unset);
    let set = stage.put(&video, &json!({ "url_template": template })).await;
    let expected = json!({ "kind": "video", "url_template": template });
    assert_eq!(set.json(), expected);
    assert_eq!(stage.get(&video).await.json(), expected);
    assert_eq!(
        stage.get(&links).await.json(),
        json!({ "creation_links": [expected] })
    );
    let refused = stage.put(&video, &json!({ "url_template": "ftp://x" })).await;
    assert_eq!(refused.problem(), (400, "invalid-template".to_owned()));
    assert_eq!(stage.delete(&video).await.json(), unset);
    assert_eq!(stage.get(&video).await.json(), unset);
    assert_eq!(stage.get(&links).await.json(), json!({ "creation_links": [] }));
    for other in [
        format!("{links}/other"),
        "/customers/x/creation-links/video".to_owned(),
        "/customers/0190a5d0-0000-7000-8000-000000000001/creation-links/video".to_owned(),
    ] {
        assert_eq!(stage.get(&other).await.status, 404, "{other}");
        assert_eq!(stage.delete(&other).await.status, 404, "{other}");
    }
}

#[tokio::test]
async fn a_subdomain_is_added_once_and_removed() {
    let stage = AdminStage::new().await;
    let customer_id = stage.app.add_customer("Acme").await;
    let new = json!({ "name": "careers", "customer_id": customer_id });
    assert_eq!(stage.post("/subdomains", &new).await.status, 201);
    let again = stage.post("/subdomains", &new).await;
    assert_eq!(again.problem(), (409, "subdomain-exists".to_owned()));
    let listed = stage.get("/subdomains").await.json();
    assert_eq!(
        (
            &listed["subdomains"][0]["name"],
            &listed["subdomains"][0]["profiles"]
        ),
        (&json!("careers"), &json!(0))
    );
    assert_eq!(
        stage.get("/subdomains/careers").await.json(),
        listed["subdomains"][0]
    );
    assert_eq!(stage.delete("/subdomains/careers").await.status, 200);
    let removed: Value = sqlx::query_scalar("select detail from audit_event where action = 'removed'")
        .fetch_one(&stage.app.sql)
        .await
        .unwrap();
    assert_eq!(removed["before"], json!({ "customer_id": customer_id }));
    let gone = stage.delete("/subdomains/careers").await;
    assert_eq!(gone.problem(), (404, "unknown-subdomain".to_owned()));
    let bad = stage
        .post(
            "/subdomains",
            &json!({ "name": "A b", "customer_id": customer_id }),
        )
        .await;
    assert_eq!(bad.problem(), (400, "invalid-name".to_owned()));
}

#[tokio::test]
async fn versions_of_a_library_are_listed_compared_and_retired() {
    let stage = AdminStage::new().await;
    let customer_id = stage.app.add_customer("Acme").await;
    let publish = async |names: &[&str]| {
        let titles: Vec<_> = names.iter().map(|name| title(name, "15-1252")).collect();
        let kind = SourceKind::Titles;
        stage
            .app
            .publish_titles(Some(customer_id), kind, &titles)
            .await
            .to_string()
    };
    let first = publish(&["Coder"]).await;
    let second = publish(&["Coder", "Tester"]).await;
    let versions = stage.get("/market/versions").await.json();
    let own = versions["versions"].as_array().unwrap().iter();
    let own: Vec<_> = own
        .filter(|version| version["customer_id"] == json!(customer_id))
        .map(|version| version["status"].clone())
        .collect();
    assert_eq!(own, ["published", "published"]);
    let diff = format!("/market/diff?from={first}&to={second}&customer_id={customer_id}");
    assert_eq!(stage.get(&diff).await.json()["additions"], json!(["Tester"]));
    let retire = async |version: &str| {
        let body = json!({ "customer_id": customer_id, "version": version });
        stage.post("/market/retire", &body).await
    };
    assert_eq!(retire(&first).await.json(), json!({ "version": first }));
    assert_eq!(retire(&first).await.problem(), (409, "version-state".to_owned()));
    assert_eq!(retire(&second).await.problem(), (409, "version-state".to_owned()));
    let nothing = stage
        .post("/market/publish", &json!({ "customer_id": customer_id }))
        .await;
    assert_eq!(nothing.problem(), (409, "version-state".to_owned()));
    let other = stage.app.add_customer("Other").await;
    let unknown = stage
        .post("/market/publish", &json!({ "customer_id": other }))
        .await;
    assert_eq!(unknown.problem(), (404, "unknown-library".to_owned()));
    assert_eq!(
        stage.get("/market/diff?from=x&to=1.0").await.problem().1,
        "invalid-version"
    );
}

#[tokio::test]
async fn imports_that_go_on_are_listed_as_far_as_they_are() {
    let stage = AdminStage::new().await;
    assert_eq!(
        stage.get("/market/imports").await.json(),
        json!({ "imports": [] })
    );
    let customer_id = stage.app.add_customer("Acme").await;
    let import = Import {
        import_id: ImportId::generate(stage.app.now()),
        customer_id: Some(customer_id),
        kind: SourceKind::CodedTitles,
        started_at: stage.app.now(),
    };
    let progress = Progress {
        done_bytes: 12_400,
        total_bytes: 60_000,
        ..Progress::default()
    };
    let told = stage
        .app
        .db
        .change(async |db| imports::tell(db, &import, progress).await);
    told.await.unwrap();
    let mut listed = stage.get("/market/imports").await.json()["imports"][0].take();
    assert!(listed["heard_at"].take().is_string());
    assert_eq!(
        listed,
        json!({
            "import_id": import.import_id, "customer_id": customer_id, "kind": "coded-titles", "phase": "reading",
            "file": 1, "files": 1, "done_bytes": 12_400, "total_bytes": 60_000,
            "started_at": clock::rfc3339(stage.app.now()), "heard_at": null,
        })
    );
    let ended = stage
        .app
        .db
        .change(async |db| imports::end(db, import.import_id).await);
    ended.await.unwrap();
    assert_eq!(
        stage.get("/market/imports").await.json(),
        json!({ "imports": [] })
    );
}

#[tokio::test]
async fn a_quota_says_what_is_left_of_it() {
    let stage = AdminStage::new().await;
    stage.app.add_own_client("data", &[Scope::EmsiOpen]).await;
    let none = stage.get("/clients/data/quota").await.json();
    assert_eq!(
        none,
        json!({ "quota": null, "remaining": null, "reset_seconds": null })
    );
    let changed = stage
        .patch("/clients/data", &json!({ "settings": { "quota": "50/month" } }))
        .await;
    assert_eq!(changed.status, 200, "{changed:?}");
    sqlx::query("insert into quota_use (client_id, period_start, used) select 'data', date_trunc('month', $1::timestamptz at time zone 'UTC')::date, 20")
        .bind(stage.app.now())
        .execute(&stage.app.sql)
        .await
        .unwrap();
    let left = stage.get("/clients/data/quota").await.json();
    assert_eq!(
        (&left["quota"], &left["remaining"]),
        (&json!("50/month"), &json!(30))
    );
    assert!(left["reset_seconds"].as_i64().unwrap() > 0);
}
