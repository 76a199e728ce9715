//! `/admin/v1/keys`.

use serde_json::{Value, json};

use super::stage::AdminStage;
use test_support::eventually;

impl AdminStage {
    /// The numbers and states of the token keys.
    async fn token_keys(&self) -> Vec<(i64, String)> {
        let listed = self.get("/keys").await.json();
        let keys = listed["keys"].as_array().unwrap().iter();
        let of_tokens = keys.filter(|key| key["purpose"] == "token");
        let state = |key: &Value| key["state"].as_str().unwrap().to_owned();
        of_tokens
            .map(|key| (key["id"].as_i64().unwrap(), state(key)))
            .collect()
    }

    async fn retire(&self, id: i64) -> test_support::Answer {
        self.post(&format!("/keys/{id}/retire"), &Value::Null).await
    }
}

#[tokio::test]
async fn a_token_key_is_rotated_once_under_a_key_and_the_former_one_is_retired_with_its_tokens() {
    let stage = AdminStage::new().await;
    let (first, state) = stage.token_keys().await.remove(0);
    assert_eq!(state, "active");
    let body = json!({ "purpose": "token" });
    let rotated = stage.post_under("k", "/keys/rotate", &body).await.json();
    assert_eq!(
        (&rotated["purpose"], &rotated["state"]),
        (&json!("token"), &json!("pending"))
    );
    let again = stage.post_under("k", "/keys/rotate", &body).await;
    assert_eq!(again.json(), rotated);
    let second = rotated["id"].as_i64().unwrap();
    let states = [(first, "active".to_owned()), (second, "pending".to_owned())];
    assert_eq!(stage.token_keys().await, states);

    assert_eq!(stage.retire(first).await.problem(), (409, "key-seals".to_owned()));
    assert_eq!(stage.token_keys().await, states);
    stage.app.advance(90);
    let retired = stage.retire(first).await;
    assert_eq!((retired.status.as_u16(), retired.body.len()), (204, 0));
    eventually("the tokens of the key are refused", async || {
        stage.get("/keys").await.status == 401
    })
    .await;
    let token = stage.app.application_token(&stage.admin).await;
    let stage = AdminStage { token, ..stage };
    assert_eq!(stage.token_keys().await, [(second, "active".to_owned())]);
    let refused = stage.retire(first).await.problem();
    assert_eq!(refused, (404, "unknown-key".to_owned()));
    let from = Some("203.0.113.7".to_owned());
    let deed = |action: &str| (action.to_owned(), "sealing_key".to_owned(), from.clone());
    let trail = stage.trail().await;
    assert_eq!((trail.len(), trail.last()), (2, Some(&deed("retired"))));
}

#[tokio::test]
async fn secret_and_link_keys_are_rotated_and_what_is_wrong_changes_nothing() {
    let stage = AdminStage::new().await;
    let count = async || {
        let listed = stage.get("/keys").await.json();
        listed["keys"].as_array().unwrap().len()
    };
    for (purpose, keys) in [("secret", 3), ("link", 4)] {
        let rotated = stage
            .post("/keys/rotate", &json!({ "purpose": purpose }))
            .await
            .json();
        assert_eq!(
            (&rotated["purpose"], &rotated["state"]),
            (&json!(purpose), &json!("active"))
        );
        assert_eq!(count().await, keys, "{purpose}");
    }
    // Secrets are sealed anew, and are as good as before.
    stage.app.application_token(&stage.admin).await;
    let refused = stage.post("/keys/rotate", &json!({ "purpose": "master" })).await;
    assert_eq!(refused.problem(), (400, "invalid-purpose".to_owned()));
    let refused = stage.post("/keys/x/retire", &Value::Null).await;
    assert_eq!(refused.problem(), (404, "not-found".to_owned()));
    assert_eq!(count().await, 4);
}
