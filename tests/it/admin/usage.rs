//! `/admin/v1/usage`, `/admin/v1/replicas` and the uses of secrets.

use serde_json::{Value, json};
use talentsoft_partner::clients::Scope;
use talentsoft_partner::clock::rfc3339;
use talentsoft_partner::hours::hour_of;
use talentsoft_partner::housekeeping;

use super::stage::AdminStage;
use test_support::{Setup, TestClient, application, eventually};

/// The last count of a series, and the number of hours that it has.
fn latest(series: &Value) -> (i64, usize) {
    let hours = series.as_array().unwrap();
    (hours.last().unwrap()["count"].as_i64().unwrap(), hours.len())
}

async fn token_from(stage: &AdminStage, client: &TestClient, address: &str) -> u16 {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client.client_id.as_str()),
        ("client_secret", client.secret.as_str()),
    ];
    let request = stage
        .app
        .request(reqwest::Method::POST, "/connect/token")
        .header("x-forwarded-for", address);
    test_support::send(request.form(&form)).await.status.as_u16()
}

#[tokio::test]
async fn tokens_and_refusals_are_counted_by_hour_of_all_and_of_a_client() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_own_client("platform", &[Scope::Platform]).await;
    assert_eq!(token_from(&stage, &client, "203.0.113.8").await, 200);
    assert_eq!(token_from(&stage, &client, "203.0.113.8").await, 200);
    let wrong = TestClient {
        secret: "wrong".repeat(10),
        ..client
    };
    assert_eq!(token_from(&stage, &wrong, "203.0.113.8").await, 401);
    // The admin's own token is one of all.
    eventually("everything was written down", async || {
        let all = stage.get("/usage").await.json();
        latest(&all["tokens_issued"]) == (3, 24) && latest(&all["refused"]) == (1, 24)
    })
    .await;
    let own = stage.get("/usage?client_id=platform&hours=2").await.json();
    assert_eq!(latest(&own["tokens_issued"]), (2, 2));
    assert_eq!(latest(&own["refused"]), (1, 2));
    assert_eq!(own["refused"][1]["hour"], rfc3339(hour_of(stage.app.now())));
    let other = stage.get("/usage?client_id=nobody").await.json();
    assert_eq!(latest(&other["tokens_issued"]), (0, 24));
    for bad in ["hours=0", "hours=193", "hours=x"] {
        let refused = stage.get(&format!("/usage?{bad}")).await;
        assert_eq!(refused.problem(), (400, "invalid-parameter".to_owned()), "{bad}");
    }
}

#[tokio::test]
async fn each_secret_has_its_uses_by_hour_and_by_address() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_own_client("platform", &[Scope::Platform]).await;
    for address in ["203.0.113.8", "203.0.113.9", "203.0.113.8"] {
        assert_eq!(token_from(&stage, &client, address).await, 200);
        stage.app.advance(1);
    }
    let path = "/clients/platform/secret-uses";
    eventually("the uses were written down", async || {
        latest(&stage.get(path).await.json()["secret_uses"][0]["hours"]) == (3, 24)
    })
    .await;
    let uses = stage.get(path).await.json()["secret_uses"][0].clone();
    assert_eq!(uses["secret_id"], json!(client.secret_info.secret_id));
    let addresses: Vec<_> = uses["addresses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|used| (used["address"].as_str().unwrap(), used["count"].as_i64().unwrap()))
        .collect();
    assert_eq!(addresses, [("203.0.113.8", 2), ("203.0.113.9", 1)]);
}

#[tokio::test]
async fn an_assertion_counts_for_the_secret_that_it_was_made_with() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_marketplace_client("acme").await;
    let signed = test_support::assertion::good(&stage.app, &client).sign(&client.secret);
    assert_eq!(stage.app.jwt_bearer(&signed).await.status, 200);
    let path = format!("/clients/{}/secret-uses", client.client_id);
    eventually("the use was written down", async || {
        latest(&stage.get(&path).await.json()["secret_uses"][0]["hours"]).0 == 1
    })
    .await;
    let own = format!("/usage?client_id={}", client.client_id);
    eventually("the token was written down", async || {
        latest(&stage.get(&own).await.json()["tokens_issued"]).0 == 1
    })
    .await;
}

#[tokio::test]
async fn counts_are_forgotten_after_a_week_and_a_day() {
    let stage = AdminStage::new().await;
    let sql = &stage.app.sql;
    let insert = "insert into secret_use select secret_id, $1::timestamptz - make_interval(hours => hours), '', 1, $1, $1
        from client_secret, unnest(array[190, 194]) hours";
    let now = hour_of(stage.app.now());
    sqlx::query(insert).bind(now).execute(sql).await.unwrap();
    let insert = "insert into token_count select '', $1::timestamptz - make_interval(hours => hours), 1
        from unnest(array[190, 194]) hours";
    sqlx::query(insert).bind(now).execute(sql).await.unwrap();
    let library = application(Setup::default().settings, &stage.app.clock, &stage.app.db)
        .await
        .unwrap();
    housekeeping::prune(&library).await;
    let kept = "select (select count(*) from secret_use where first_at = $1 and uses = 1 and hour < $1),
        (select count(*) from token_count where client_id = '' and hour < $1)";
    let kept: (i64, i64) = sqlx::query_as(kept).bind(now).fetch_one(sql).await.unwrap();
    assert_eq!(kept, (1, 1));
}

#[tokio::test]
async fn replicas_say_what_they_are() {
    let stage = AdminStage::new().await;
    let other = stage.app.beside().await;
    let replicas = stage.get("/replicas").await.json()["replicas"].clone();
    let replicas = replicas.as_array().unwrap();
    assert_eq!(replicas.len(), 2);
    for replica in replicas {
        assert_eq!(replica["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(replica["database_state"], "up");
        assert_eq!(replica["started_at"], rfc3339(stage.app.now()));
    }
    drop(other);
    // A version before this one says nothing of itself.
    sqlx::query("insert into replica (replica_id) values (gen_random_uuid())")
        .execute(&stage.app.sql)
        .await
        .unwrap();
    let oldest = stage.get("/replicas").await.json()["replicas"][0].clone();
    assert_eq!(
        (&oldest["version"], &oldest["feed_lag_ms"]),
        (&Value::Null, &Value::Null)
    );
}
