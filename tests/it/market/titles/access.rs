//! Who sees what: entitlements, scopes, and libraries of customers.

use reqwest::Method;
use serde_json::json;
use talentsoft_partner::clients::{ClientSettings, Entitlements, Grants, Scope};
use talentsoft_partner::market::sources::SourceKind;

use super::super::error;
use super::{Stage, names};
use test_support::market::title;
use test_support::{SECRET, eventually, send};

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
