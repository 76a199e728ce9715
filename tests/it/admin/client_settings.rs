//! The settings of a client in `POST` and `PATCH`: what is wrong with one is said with its path in the body.

use serde_json::{Value, json};
use talentsoft_partner::clients::Scope;

use super::stage::AdminStage;

/// What no setting may be, with the part of the path that is named.
fn wrong() -> Vec<(&'static str, Value)> {
    let many = vec!["a.example"; 21];
    vec![
        ("organisational_unit", json!("")),
        ("organisational_unit", json!(1)),
        ("grants", json!([])),
        ("grants", json!(["password"])),
        ("grants", json!("client_credentials")),
        ("scopes", json!([])),
        ("scopes", json!(["nope"])),
        ("scopes", json!(["videos"])),
        ("scopes", json!({})),
        ("audiences", json!([" "])),
        ("audiences", json!([1])),
        ("token_ttl_seconds", json!(59)),
        ("token_ttl_seconds", json!("60")),
        ("max_assertion_ttl_seconds", json!(0)),
        ("max_assertion_ttl_seconds", json!(1.5)),
        ("clock_skew_seconds", json!(-1)),
        ("clock_skew_seconds", json!(true)),
        ("replay_policy", json!("never")),
        ("replay_policy", json!([])),
        ("expires_in_format", json!("text")),
        ("expires_in_format", json!(3600)),
        ("requests_per_second", json!(0)),
        ("requests_per_second", json!(10_000_000_000_i64)),
        ("callback_hosts", json!(["https://a.example"])),
        ("callback_hosts", json!(many)),
        ("callback_hosts", json!("a.example")),
        ("entitlements", json!(["titles"])),
        ("entitlements", json!([null])),
        ("quota", json!("50")),
        ("quota", json!(50)),
        ("admin_networks", json!(["localhost"])),
        ("admin_networks", json!(7)),
    ]
}

/// The body of a client of the partner itself with this setting.
fn with(name: &str, value: &Value) -> Value {
    let mut settings = json!({ "scopes": ["platform"] });
    settings[name] = value.clone();
    json!({ "settings": settings })
}

#[tokio::test]
async fn what_is_wrong_with_a_setting_is_said_with_its_path() {
    let stage = AdminStage::new().await;
    stage.app.add_own_client("platform", &[Scope::Platform]).await;
    for (name, value) in wrong() {
        let body = with(name, &value);
        for answer in [
            stage.post("/clients", &body).await,
            stage.patch("/clients/platform", &body).await,
        ] {
            let (status, problem) = answer.problem();
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert_eq!(status, 400, "{body}: {detail}");
            let words = match problem.as_str() {
                "invalid-json" => detail.strip_prefix("the body is not valid: ").unwrap(),
                _ => detail.as_str(),
            };
            let after = words.strip_prefix(&format!("settings.{name}"));
            assert!(
                after.is_some_and(|after| after.starts_with([':', '['])),
                "{body}: {detail}"
            );
        }
    }
    assert!(stage.trail().await.is_empty());
}

#[tokio::test]
async fn settings_that_do_not_go_together_are_named_by_the_one_that_is_to_be_another() {
    let stage = AdminStage::new().await;
    stage.app.add_own_client("platform", &[Scope::Platform]).await;
    let body = json!({ "settings": {
        "scopes": ["platform"], "grants": ["client_credentials"], "callback_hosts": ["a.example"],
    }});
    for answer in [
        stage.post("/clients", &body).await,
        stage.patch("/clients/platform", &body).await,
    ] {
        assert_eq!(answer.problem(), (400, "invalid-setting".to_owned()));
        let detail = answer.json()["detail"].to_string();
        assert!(detail.starts_with("\"settings.callback_hosts: "), "{detail}");
    }
    let reserved = json!({ "client_id": "new", "settings": { "scopes": ["platform"] } });
    let detail = stage.post("/clients", &reserved).await.json()["detail"].to_string();
    assert!(detail.starts_with("\"client_id: "), "{detail}");
}

#[tokio::test]
async fn null_is_the_default_of_every_setting_of_a_new_client() {
    let stage = AdminStage::new().await;
    let customer_id = stage.app.add_customer("acme").await;
    let mut settings = json!({});
    for (name, _) in wrong() {
        settings[name] = Value::Null;
    }
    let added = async |body: Value| {
        let added = stage.post("/clients", &body).await;
        assert_eq!(added.status, 201, "{added:?}");
        added.json()["settings"].clone()
    };
    let by_default = added(json!({ "customer_id": customer_id })).await;
    assert_eq!(by_default["scopes"], json!(["videos", "assessments"]));
    let by_null = added(json!({ "customer_id": customer_id, "settings": settings })).await;
    assert_eq!(by_null, by_default);
    let refused = stage
        .post("/clients", &json!({ "settings": { "scopes": null } }))
        .await;
    assert!(refused.body.contains("settings.scopes"), "{refused:?}");
}

#[tokio::test]
async fn null_is_no_scope_that_a_registered_client_could_have() {
    let stage = AdminStage::new().await;
    stage.app.add_own_client("platform", &[Scope::Platform]).await;
    let refused = stage
        .patch("/clients/platform", &json!({ "settings": { "scopes": null } }))
        .await;
    assert_eq!(refused.problem(), (400, "invalid-setting".to_owned()));
    let detail = refused.json()["detail"].to_string();
    assert!(detail.starts_with("\"settings.scopes: "), "{detail}");
}

#[tokio::test]
async fn what_a_list_says_twice_is_kept_once() {
    let stage = AdminStage::new().await;
    stage.app.add_own_client("platform", &[Scope::Platform]).await;
    let body = json!({ "settings": {
        "callback_hosts": ["B.example", "a.example", "b.example"],
        "audiences": ["urn:a", "urn:a"],
        "admin_networks": ["203.0.113.9/24", "203.0.113.0/24"],
        "scopes": ["platform", "platform"],
        "grants": ["jwt_bearer", "jwt_bearer"],
        "entitlements": ["titles:mapping", "titles:mapping"],
    }});
    let expected = json!({
        "callback_hosts": ["b.example", "a.example"],
        "audiences": ["urn:a"],
        "admin_networks": ["203.0.113.0/24"],
        "scopes": ["platform"],
        "grants": ["jwt_bearer"],
        "entitlements": ["titles:mapping"],
    });
    for answer in [
        stage.post("/clients", &body).await,
        stage.patch("/clients/platform", &body).await,
    ] {
        let settings = answer.json()["settings"].clone();
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&settings[name], value, "{name}");
        }
    }
}
