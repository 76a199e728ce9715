//! `/admin/v1/tokens`.

use serde_json::json;

use super::stage::AdminStage;

#[tokio::test]
async fn a_token_is_inspected_and_revoked_whoever_it_was_issued_to() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_marketplace_client("acme").await;
    let token = stage.app.user_token(&client).await;
    let body = json!({ "token": token });
    let inspected = stage.post("/tokens/inspect", &body).await;
    assert_eq!(inspected.header("cache-control"), "no-store");
    let inspected = inspected.json();
    assert_eq!(
        (&inspected["is_active"], &inspected["reason"]),
        (&json!(true), &json!(null))
    );
    let content = &inspected["token"];
    assert_eq!(
        (&content["kind"], &content["client_id"]),
        (&json!("user"), &json!(client.client_id))
    );
    assert_eq!(content["customer_id"], json!(client.customer_id));

    for _ in 0..2 {
        let revoked = stage.post("/tokens/revoke", &body).await;
        assert_eq!(
            (revoked.status.as_u16(), &revoked.json()["is_revoked"]),
            (200, &json!(true))
        );
    }
    assert_eq!(stage.app.get_with("/auth/check", &token).await.status, 401);
    let inspected = stage.post("/tokens/inspect", &body).await.json();
    assert_eq!(
        (&inspected["is_active"], &inspected["reason"]),
        (&json!(false), &json!("revoked"))
    );
    let from = Some("203.0.113.7".to_owned());
    assert_eq!(
        stage.trail().await,
        [("revoked".to_owned(), "token".to_owned(), from)]
    );

    let other = json!({ "token": "tsp_x" });
    let inspected = stage.post("/tokens/inspect", &other).await.json();
    assert_eq!(
        (&inspected["reason"], &inspected["token"]),
        (&json!("does_not_open"), &json!(null))
    );
    let refused = stage.post("/tokens/revoke", &other).await.problem();
    assert_eq!(refused, (400, "malformed-token".to_owned()));
}
