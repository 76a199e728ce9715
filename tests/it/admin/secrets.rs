//! `/admin/v1/clients/{client_id}/secrets`.

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use talentsoft_partner::clients::Scope;

use super::stage::AdminStage;
use test_support::{OTHER_SECRET, eventually, log};

const PATH: &str = "/clients/platform/secrets";

#[tokio::test]
async fn a_secret_is_rotated_without_a_gap() {
    let stage = AdminStage::new().await;
    let mut client = stage.app.add_own_client("platform", &[Scope::Platform]).await;
    let old = client.secret_info.secret_id;
    stage.app.advance(1);
    let added = stage.post(PATH, &json!({})).await;
    assert_eq!(
        (added.status.as_u16(), added.header("cache-control")),
        (201, "no-store")
    );
    let secret = added.json()["client_secret"].as_str().unwrap().to_owned();
    log::never(&secret);
    assert_eq!(stage.app.client_credentials(&client).await.status, 200);
    client.secret = secret.clone();
    eventually("the new secret is accepted", async || {
        stage.app.client_credentials(&client).await.status == 200
    })
    .await;
    let retire = format!("{PATH}/{old}/retire");
    let retired = stage.post(&retire, &Value::Null).await;
    assert_eq!(
        (retired.status.as_u16(), &retired.json()["state"]),
        (200, &json!("retired"))
    );
    stage.app.advance(5);
    assert_eq!(stage.post(&retire, &Value::Null).await.body, retired.body);
    let listed = stage.get(PATH).await;
    let states: Vec<Value> = listed.json()["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|secret| secret["state"].clone())
        .collect();
    assert_eq!(states, ["retired", "live"]);
    assert!(!listed.body.contains(&secret));
    let done: Vec<String> = stage.trail().await.into_iter().map(|event| event.0).collect();
    assert_eq!(done, ["added", "retired"]);
}

#[tokio::test]
async fn a_secret_is_shown_once_and_no_key_keeps_it() {
    let stage = AdminStage::new().await;
    stage.app.add_own_client("platform", &[Scope::Platform]).await;
    let new_client = json!({ "settings": { "scopes": ["platform"] } });
    let nothing = json!({});
    for (path, body) in [(PATH, &nothing), ("/clients", &new_client)] {
        let first = stage.post_under(path, path, body).await;
        assert_eq!(first.status, 201, "{first:?}");
        let shown = first.json();
        let secret = shown["client_secret"]
            .as_str()
            .or(shown["secret"]["client_secret"].as_str());
        let secret = secret.unwrap();
        log::never(secret);
        let again = stage.post_under(path, path, body).await;
        assert_eq!(again.problem(), (409, "secret-already-shown".to_owned()));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert!(!again.body.contains(secret));
        for table in ["idempotency_key", "audit_event", "client", "client_secret"] {
            let sql = format!("select count(*) from {table} t where t::text like '%' || $1 || '%'");
            let kept: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(secret)
                .fetch_one(&stage.app.sql)
                .await
                .unwrap();
            assert_eq!(kept, 0, "{table}");
        }
    }
    // Whoever brings a secret knows it, so the answer is the same.
    log::never(OTHER_SECRET);
    let brought = json!({ "client_secret": OTHER_SECRET });
    let first = stage.post_under("brought", PATH, &brought).await;
    let again = stage.post_under("brought", PATH, &brought).await;
    assert_eq!(
        (first.status.as_u16(), &first.body),
        (again.status.as_u16(), &again.body)
    );
    assert!(first.status == 201 && !first.body.contains(OTHER_SECRET));
    let twice = stage.post(PATH, &brought).await;
    assert_eq!(twice.problem(), (409, "secret-exists".to_owned()));
}

#[tokio::test]
async fn what_is_wrong_with_a_secret_is_named() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_own_client("platform", &[Scope::Platform]).await;
    for (body, problem) in [
        (json!({ "client_secret": "short" }), "weak-secret"),
        (json!({ "client_secret": "a\u{7}" }), "invalid-secret"),
        (json!({ "expires_in_seconds": 315_360_001 }), "invalid-secret"),
        (json!({ "secret": "x" }), "invalid-json"),
    ] {
        let refused = stage.post(PATH, &body).await.problem();
        assert_eq!(refused, (400, problem.to_owned()), "{body}");
    }
    let own = client.secret_info.secret_id;
    for path in [
        format!("{PATH}/x/retire"),
        format!("{PATH}/0190a5d0-0000-7000-8000-000000000001/retire"),
        format!("/clients/admin/secrets/{own}/retire"),
        "/clients/nobody/secrets".to_owned(),
    ] {
        assert_eq!(stage.post(&path, &json!({})).await.status, 404, "{path}");
    }
    assert!(stage.trail().await.is_empty());
}
