//! `/admin/v1/customers`.

use reqwest::Method;
use serde_json::json;
use talentsoft_partner::clock::rfc3339;

use super::stage::AdminStage;
use test_support::{ISSUER, send};

#[tokio::test]
async fn a_customer_is_added_shown_and_found_by_name() {
    let stage = AdminStage::new().await;
    let added = stage.post("/customers", &json!({ "name": " Acme SA " })).await;
    assert_eq!(added.status, 201, "{added:?}");
    let customer = added.json();
    let id = customer["customer_id"].as_str().unwrap();
    assert_eq!(
        customer,
        json!({ "customer_id": id, "name": "Acme SA", "created_at": rfc3339(stage.app.now()) })
    );
    assert_eq!(
        added.header("location"),
        format!("{ISSUER}/admin/v1/customers/{id}")
    );
    assert_eq!(stage.get(&format!("/customers/{id}")).await.json(), customer);
    stage.app.advance(1);
    stage.app.add_customer("Other").await;
    let found = stage.get("/customers?name=Acme+SA").await.json();
    assert_eq!(found, json!({ "customers": [customer], "next_cursor": null }));
    let none = stage.get("/customers?name=acme").await.json();
    assert_eq!(none["customers"], json!([]));
    let first = stage.get("/customers?limit=1").await.json();
    assert_eq!(first["next_cursor"], customer["customer_id"]);
    let second = stage.get(&format!("/customers?limit=1&cursor={id}")).await.json();
    assert_eq!(
        (&second["customers"][0]["name"], &second["next_cursor"]),
        (&json!("Other"), &json!(null))
    );
    let head = send(stage.request(Method::HEAD, "/customers")).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    let from = Some("203.0.113.7".to_owned());
    assert_eq!(
        stage.trail().await,
        [("added".to_owned(), "customer".to_owned(), from)]
    );
}

#[tokio::test]
async fn a_customer_is_renamed() {
    let stage = AdminStage::new().await;
    let customer_id = stage.app.add_customer("Acme").await;
    stage.app.add_customer("Other").await;
    let path = format!("/customers/{customer_id}");
    let mut customer = stage.get(&path).await.json();
    let renamed = stage.patch(&path, &json!({ "name": " Acme SA " })).await;
    customer["name"] = json!("Acme SA");
    assert_eq!((renamed.status.as_u16(), renamed.json()), (200, customer.clone()));
    assert_eq!(stage.get(&path).await.json(), customer);
    for same in [json!({ "name": "Acme SA" }), json!({})] {
        assert_eq!(stage.patch(&path, &same).await.json(), customer, "{same}");
    }
    for (body, problem) in [
        (json!({ "name": "Other" }), (409, "customer-exists")),
        (json!({ "name": " " }), (400, "invalid-name")),
        (json!({ "name": null }), (400, "invalid-json")),
        (json!({ "naem": "x" }), (400, "invalid-json")),
    ] {
        let refused = stage.patch(&path, &body).await.problem();
        assert_eq!(refused, (problem.0, problem.1.to_owned()), "{body}");
    }
    assert_eq!(stage.get(&path).await.json(), customer);
    let nobody = "/customers/0190a5d0-0000-7000-8000-000000000001";
    let unknown = stage.patch_of("*", nobody, &json!({ "name": "x" })).await;
    assert_eq!(unknown.problem(), (404, "unknown-customer".to_owned()));
    let merge_patch = stage
        .request(Method::PATCH, &path)
        .header("if-match", "*")
        .header("content-type", "application/merge-patch+json")
        .body(r#"{"name":"Acme"}"#);
    assert_eq!(send(merge_patch).await.json()["name"], "Acme");
    let events = stage.get("/audit-events?actor=admin").await.json();
    let details: Vec<_> = events["audit_events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["detail"].clone())
        .collect();
    let from_to =
        |before: &str, after: &str| json!({ "before": { "name": before }, "after": { "name": after } });
    assert_eq!(details, [from_to("Acme SA", "Acme"), from_to("Acme", "Acme SA")]);
}

#[tokio::test]
async fn what_is_wrong_with_a_customer_is_named() {
    let stage = AdminStage::new().await;
    stage.app.add_customer("Acme").await;
    for (body, problem) in [
        (json!({ "name": "Acme" }), (409, "customer-exists")),
        (json!({ "name": "" }), (400, "invalid-name")),
        (json!({ "naem": "x" }), (400, "invalid-json")),
    ] {
        let refused = stage.post("/customers", &body).await.problem();
        assert_eq!(refused, (problem.0, problem.1.to_owned()), "{body}");
    }
    for nobody in ["x", "0190a5d0-0000-7000-8000-000000000001"] {
        let refused = stage.get(&format!("/customers/{nobody}")).await.problem();
        assert_eq!(refused, (404, "unknown-customer".to_owned()));
    }
    assert!(stage.trail().await.is_empty());
}
