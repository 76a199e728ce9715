//! `/admin/v1/clients/{client_id}/secrets`.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use talentsoft_partner::clients::Scope;
use talentsoft_partner::ids::SecretId;
use talentsoft_partner::{clock, housekeeping};

use super::stage::AdminStage;
use test_support::{OTHER_SECRET, SECRET, Setup, application, assertion, eventually, log};

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
        format!("{PATH}/x/restore"),
        format!("{PATH}/0190a5d0-0000-7000-8000-000000000001/restore"),
        "/clients/nobody/secrets".to_owned(),
    ] {
        assert_eq!(stage.post(&path, &json!({})).await.status, 404, "{path}");
    }
    let odd = stage
        .post(&format!("{PATH}/{own}/retire?final=1"), &json!({}))
        .await;
    assert_eq!(odd.problem(), (400, "invalid-parameter".to_owned()));
    assert!(stage.trail().await.is_empty());
}

/// How many secrets have a sealed form.
async fn sealed(stage: &AdminStage) -> i64 {
    sqlx::query_scalar("select count(*) from client_secret where sealed_secret is not null")
        .fetch_one(&stage.app.sql)
        .await
        .unwrap()
}

async fn until_assertions_are(stage: &AdminStage, signed: &str, status: u16) {
    eventually("the retirement, or its end, is known", async || {
        stage.app.jwt_bearer(signed).await.status == status
    })
    .await;
}

#[tokio::test]
async fn a_retirement_is_taken_back_within_a_day_and_not_later() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_marketplace_client("acme").await;
    let path = format!(
        "/clients/{}/secrets/{}",
        client.client_id, client.secret_info.secret_id
    );
    let (retire, restore) = (format!("{path}/retire"), format!("{path}/restore"));
    let signed = assertion::good(&stage.app, &client).sign(SECRET);
    let prune = async || {
        let setup = Setup::default();
        let app = application(setup.settings, &stage.app.clock, &stage.app.db).await;
        housekeeping::prune(&app.unwrap()).await;
    };
    until_assertions_are(&stage, &signed, 200).await;
    let retired = stage.post(&retire, &Value::Null).await.json();
    let until = stage.app.now() + TimeDelta::hours(24);
    assert_eq!(retired["restorable_until"], clock::rfc3339(until));
    until_assertions_are(&stage, &signed, 400).await;
    assert_eq!(stage.app.client_credentials(&client).await.status, 401);

    // Its sealed form outlives the sweeper, and a new key.
    prune().await;
    let rotated = stage.post("/keys/rotate", &json!({ "purpose": "secret" })).await;
    assert_eq!((rotated.status.as_u16(), sealed(&stage).await), (200, 1));
    let restored = stage.post(&restore, &Value::Null).await;
    assert_eq!(restored.status, 200, "{restored:?}");
    let restored = restored.json();
    assert_eq!(
        (
            &restored["state"],
            &restored["retired_at"],
            &restored["restorable_until"]
        ),
        (&json!("live"), &Value::Null, &Value::Null)
    );
    until_assertions_are(&stage, &signed, 200).await;
    assert_eq!(stage.app.client_credentials(&client).await.status, 200);
    let again = stage.post(&restore, &Value::Null).await;
    assert_eq!(again.json(), restored, "one that is live stays so");
    let trail = stage.trail().await;
    let done: Vec<&str> = trail.iter().map(|(action, ..)| action.as_str()).collect();
    assert_eq!(done, ["retired", "added", "restored"]);

    assert_eq!(stage.post(&retire, &Value::Null).await.status, 200);
    stage.app.advance(24 * 3600 - 1);
    prune().await;
    assert_eq!(sealed(&stage).await, 1);
    stage.app.advance(1);
    let token = stage.app.application_token(&stage.admin).await;
    let stage = AdminStage { token, ..stage };
    let late = stage.post(&restore, &Value::Null).await;
    assert_eq!(late.problem(), (409, "secret-not-restorable".to_owned()));
    let app = application(Setup::default().settings, &stage.app.clock, &stage.app.db).await;
    housekeeping::prune(&app.unwrap()).await;
    assert_eq!(sealed(&stage).await, 0);
}

#[tokio::test]
async fn what_was_retired_for_good_or_is_there_again_is_not_restored() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_marketplace_client("acme").await;
    let secrets = format!("/clients/{}/secrets", client.client_id);
    let of = |secret_id: SecretId, what: &str| format!("{secrets}/{secret_id}/{what}");
    let first = client.secret_info.secret_id;
    assert_eq!(stage.post(&of(first, "retire"), &Value::Null).await.status, 200);
    let again = stage.app.add_secret(&client, SECRET, None).await.secret_id;
    let refused = stage.post(&of(first, "restore"), &Value::Null).await;
    assert_eq!(refused.problem(), (409, "secret-exists".to_owned()));
    // It leaked, as is known now: what is kept of it goes.
    let finally = stage.post(&of(first, "retire?final=true"), &Value::Null).await;
    assert_eq!(finally.json()["restorable_until"], Value::Null);
    let leaked = stage.post(&of(again, "retire?final=true"), &Value::Null).await;
    assert_eq!(leaked.json()["restorable_until"], Value::Null);
    assert_eq!(sealed(&stage).await, 0);
    for secret_id in [first, again] {
        let refused = stage.post(&of(secret_id, "restore"), &Value::Null).await;
        assert_eq!(refused.problem(), (409, "secret-not-restorable".to_owned()));
    }
    // What would expire is restored until then only.
    let hour = TimeDelta::hours(1);
    let short = stage.app.add_secret(&client, OTHER_SECRET, Some(hour)).await;
    let retired = stage.post(&of(short.secret_id, "retire"), &Value::Null).await;
    let until = retired.json()["restorable_until"].clone();
    assert_eq!(until, clock::rfc3339(stage.app.now() + hour));
}
