//! A desired state is applied as infrastructure tools do: the second time nothing changes.

use serde_json::{Value, json};

use super::stage::AdminStage;
use test_support::log;

/// Brings customers and their clients to the state that is wanted.
async fn apply(stage: &AdminStage, desired: &[(&str, &str, Value)]) {
    for (customer, client_id, settings) in desired {
        let found = stage.get(&format!("/customers?name={customer}")).await.json();
        let customer_id = match found["customers"].as_array().unwrap().first() {
            Some(customer) => customer["customer_id"].clone(),
            None => stage
                .post("/customers", &json!({ "name": customer }))
                .await
                .json()["customer_id"]
                .clone(),
        };
        let path = format!("/clients/{client_id}");
        let present = stage.get(&path).await;
        if present.status == 404 {
            let body = json!({ "client_id": client_id, "customer_id": customer_id, "settings": settings });
            let added = stage.post_under(client_id, "/clients", &body).await;
            assert_eq!(added.status, 201, "{added:?}");
            log::never(added.json()["secret"]["client_secret"].as_str().unwrap());
            continue;
        }
        let body = json!({ "is_enabled": true, "settings": settings });
        let changed = stage.patch_of(present.header("etag"), &path, &body).await;
        assert_eq!(changed.status, 200, "{changed:?}");
    }
}

#[tokio::test]
async fn applying_the_same_state_twice_changes_nothing_the_second_time() {
    let stage = AdminStage::new().await;
    let mut desired = [
        (
            "acme",
            "of-acme",
            json!({ "scopes": ["assessments"], "clock_skew_seconds": 30 }),
        ),
        (
            "zeta",
            "of-zeta",
            json!({ "callback_hosts": ["ATS.example"], "quota": "50/year" }),
        ),
    ];
    apply(&stage, &desired).await;
    let trail = stage.trail().await;
    assert_eq!(trail.len(), 4, "{trail:?}");
    let states = async || {
        let of = async |id: &str| {
            let client = stage.get(&format!("/clients/{id}")).await;
            (client.header("etag").to_owned(), client.body)
        };
        [of("of-acme").await, of("of-zeta").await]
    };
    let first = states().await;
    stage.app.advance(60);
    apply(&stage, &desired).await;
    assert_eq!(states().await, first);
    assert_eq!(stage.trail().await, trail);

    desired[0].2["clock_skew_seconds"] = json!(10);
    apply(&stage, &desired).await;
    let changed = stage.trail().await;
    assert_eq!(changed.len(), trail.len() + 1);
    assert_eq!(changed.last().unwrap().0, "updated");
}
