//! `GET /admin/v1/clients`, searched.

use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Grants, Scope};
use talentsoft_partner::clock::rfc3339;

use super::stage::AdminStage;
use test_support::{SECRET, eventually};

/// Clients of the customers "Acme" and "Acme West", and one of the partner with a unit.
async fn stage() -> AdminStage {
    let stage = AdminStage::new().await;
    for (customer, client_id) in [("Acme West", "b-one"), ("Acme", "c-two"), ("Other", "a-acme")] {
        let customer_id = stage.app.add_customer(customer).await;
        let scopes = [Scope::Videos].into_iter().collect();
        let settings = ClientSettings::new(Some(customer_id), Grants::both(), scopes);
        stage.app.add_client(client_id, SECRET, settings).await;
    }
    let settings = ClientSettings {
        organisational_unit: Some("Pacme Société".to_owned().try_into().unwrap()),
        ..ClientSettings::new(None, Grants::both(), [Scope::Platform].into_iter().collect())
    };
    stage.app.add_client("d-unit", SECRET, settings).await;
    stage
}

fn ids(page: &Value) -> Vec<&str> {
    let clients = page["clients"].as_array().unwrap().iter();
    clients
        .map(|client| client["client_id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_text_finds_what_it_is_the_whole_of_first_then_the_beginning_then_the_rest() {
    let stage = stage().await;
    for (query, expected) in [
        ("text=ACME", vec!["c-two", "b-one", "a-acme", "d-unit"]),
        ("text=SOCI%C3%A9t%C3%A9", vec!["d-unit"]),
        ("text=b-ONE", vec!["b-one"]),
        ("text=acme&scope=platform", vec!["d-unit"]),
        ("text=acme&is_enabled=false", vec![]),
        ("text=%25", vec![]),
        ("text=", vec!["a-acme", "admin", "b-one", "c-two", "d-unit"]),
    ] {
        let page = stage.get(&format!("/clients?{query}")).await.json();
        assert_eq!(ids(&page), expected, "{query}");
    }
}

#[tokio::test]
async fn what_a_text_finds_is_read_page_by_page_in_the_same_order() {
    let stage = stage().await;
    let mut found = Vec::new();
    let mut path = "/clients?text=acme&limit=1".to_owned();
    loop {
        let page = stage.get(&path).await.json();
        found.push(ids(&page)[0].to_owned());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/clients?text=acme&limit=1&cursor={cursor}");
    }
    assert_eq!(found, ["c-two", "b-one", "a-acme", "d-unit"]);
    let refused = stage.get("/clients?cursor=c-two").await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn a_list_says_how_each_client_is_used() {
    let stage = stage().await;
    let form = |secret| {
        [
            ("grant_type", "client_credentials"),
            ("client_id", "c-two"),
            ("client_secret", secret),
        ]
    };
    let registered = stage.app.now();
    stage.app.advance(5);
    assert_eq!(stage.app.post_form("/token", &form(SECRET)).await.status, 200);
    assert_eq!(stage.app.post_form("/token", &form("wrong")).await.status, 401);
    let expected = json!({
        "customer_name": "Acme", "newest_secret_at": rfc3339(registered), "last_used_at": rfc3339(stage.app.now()), "refused": 1,
    });
    eventually("it was written down", async || {
        let page = stage.get("/clients?text=c-two").await.json();
        page["clients"][0]["activity"] == expected
    })
    .await;
    let unused = stage.get("/clients?text=b-one").await.json();
    assert_eq!(unused["clients"][0]["activity"]["last_used_at"], Value::Null);
}
