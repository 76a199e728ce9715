//! Who may call, from where and for how long; and that no admin is made here.

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::{self, ClientSettings, Enabled, Grants, Scope};

use super::stage::AdminStage;
use test_support::{SECRET, assertion, eventually, send};

#[tokio::test]
async fn tokens_of_admins_live_ten_minutes_at_most() {
    let stage = AdminStage::new().await;
    let issued = stage.app.client_credentials(&stage.admin).await.json();
    assert_eq!(issued["expires_in"], "600");
    stage.app.advance(599);
    assert_eq!(stage.get("/customers").await.status, 200);
    stage.app.advance(1);
    assert_eq!(stage.get("/customers").await.status, 401);
    let both = [Scope::Platform, Scope::Admin];
    let client = stage.app.add_own_client("both", &both).await;
    for (scope, expected) in [("platform", "3600"), ("admin", "600"), ("platform admin", "600")] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client.client_id.as_str()),
            ("client_secret", SECRET),
            ("scope", scope),
        ];
        let issued = stage.app.post_form("/token", &form).await.json();
        assert_eq!(issued["expires_in"], expected, "{scope}");
    }
}

#[tokio::test]
async fn an_admin_with_networks_calls_from_there_only() {
    let stage = AdminStage::within(&["203.0.113.0/24", "2001:db8::/32"]).await;
    let from = async |address: &str| {
        let request = stage.app.request(Method::GET, "/admin/v1/customers");
        let request = request.bearer_auth(&stage.token);
        send(request.header("x-forwarded-for", address)).await
    };
    for within in ["203.0.113.7", "2001:db8::7"] {
        assert_eq!(from(within).await.status, 200, "{within}");
    }
    for outside in ["203.0.114.7", "2001:db9::7", "unreadable"] {
        let refused = from(outside).await;
        assert_eq!(refused.problem(), (403, "network-other".to_owned()), "{outside}");
    }
}

#[tokio::test]
async fn no_client_of_a_customer_is_an_admin() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_marketplace_client("acme").await;
    let act = stage.app.act();
    let changed = stage.app.db.transaction(async |db| {
        let admin = |settings: &mut ClientSettings| {
            settings.scopes = [Scope::Admin].into_iter().collect();
            Ok::<_, clients::Error>(())
        };
        clients::update_client(db, &act, &client.client_id, admin).await
    });
    let error = changed.await.unwrap_err().to_string();
    assert!(error.contains("scope admin"), "{error}");
    let sql = "update client set scopes = '{admin}' where client_id = $1";
    let updated = sqlx::query(sql).bind(client.client_id.as_str());
    let error = updated.execute(&stage.app.sql).await.unwrap_err().to_string();
    assert!(error.contains("client_admin_customer_check"), "{error}");
}

#[tokio::test]
async fn an_admin_neither_makes_nor_strengthens_an_admin() {
    let stage = AdminStage::new().await;
    let other = stage.app.add_own_client("other-admin", &[Scope::Admin]).await;
    let plain = stage.app.add_own_client("plain", &[Scope::Platform]).await;
    let refused = (403, "admin-client".to_owned());
    let scopes = json!({ "settings": { "scopes": ["platform", "admin"] } });
    assert_eq!(stage.post("/clients", &scopes).await.problem(), refused);
    let (path, of_plain) = (
        format!("/clients/{}", other.client_id),
        format!("/clients/{}", plain.client_id),
    );
    assert_eq!(stage.patch(&of_plain, &scopes).await.problem(), refused);
    for change in [
        json!({ "settings": { "admin_networks": [] } }),
        json!({ "settings": { "scopes": ["platform"] } }),
        json!({ "is_enabled": true }),
    ] {
        assert_eq!(stage.patch(&path, &change).await.problem(), refused, "{change}");
    }
    let secrets = format!("{path}/secrets");
    assert_eq!(stage.post(&secrets, &json!({})).await.problem(), refused);
    assert!(stage.trail().await.is_empty());

    // What takes access away is done.
    let disabled = stage.patch(&path, &json!({ "is_enabled": false })).await;
    assert_eq!(disabled.json()["is_enabled"], false);
    stage.app.set_enabled(&other, Enabled::Yes).await;
    let revoked = stage.post(&format!("{path}/revoke-tokens"), &Value::Null).await;
    assert_eq!(revoked.status, 200);
    let secret_id = other.secret_info.secret_id;
    let retired = stage
        .post(&format!("{secrets}/{secret_id}/retire"), &Value::Null)
        .await;
    assert_eq!(retired.json()["state"], "retired");
    eventually("the secret is refused", async || {
        stage.app.client_credentials(&other).await.status == 401
    })
    .await;
    let restored = stage
        .post(&format!("{secrets}/{secret_id}/restore"), &Value::Null)
        .await;
    assert_eq!(restored.problem(), refused);
}

#[tokio::test]
async fn an_admin_acts_for_no_user_whatever_grants_it_was_given_before() {
    let stage = AdminStage::new().await;
    let refused = stage.app.db.transaction(async |db| {
        let with_assertions = |settings: &mut ClientSettings| {
            settings.grants = Grants::both();
            Ok::<_, clients::Error>(())
        };
        clients::update_client(db, &stage.app.act(), &stage.admin.client_id, with_assertions).await
    });
    let error = refused.await.unwrap_err().to_string();
    assert!(error.contains("client_credentials alone"), "{error}");

    // One whose secret was sealed while it had another scope, and whose settings an earlier version wrote.
    let client = stage.app.add_own_client("former", &[Scope::Platform]).await;
    let signed = assertion::good(&stage.app, &client).sign(SECRET);
    assert_eq!(stage.app.jwt_bearer(&signed).await.status, 200);
    sqlx::query("update client set scopes = '{platform,admin}' where client_id = 'former'")
        .execute(&stage.app.sql)
        .await
        .unwrap();
    eventually("it is an admin", async || {
        stage.app.client_credentials(&client).await.json()["expires_in"] == "600"
    })
    .await;
    let of_former = stage.app.jwt_bearer(&signed).await;
    assert_eq!(of_former.oauth_error(), (400, "invalid_grant".to_owned()));
    let of_admin = assertion::good(&stage.app, &stage.admin).sign(SECRET);
    let of_admin = stage.app.jwt_bearer(&of_admin).await;
    assert_eq!(of_admin.oauth_error(), (400, "invalid_grant".to_owned()));
    // Who has proved to be the client is told more.
    let form = [
        ("grant_type", assertion::GRANT_TYPE),
        ("assertion", signed.as_str()),
        ("client_id", "former"),
        ("client_secret", SECRET),
        ("scope", "platform"),
    ];
    let proved = stage.app.post_form("/connect/token", &form).await;
    assert_eq!(proved.oauth_error(), (400, "unauthorized_client".to_owned()));
    for answer in [&of_former, &of_admin, &proved] {
        let id = answer.header("x-request-id").to_owned();
        eventually("it is recorded why", async || {
            let found = stage.get(&format!("/refusals?request_id={id}")).await.json();
            let call = &found["refusals"][0];
            call["reason"] == "assertion_admin"
                && call["meaning"].as_str().unwrap().contains("for no user")
                && call["remedy"].as_str().unwrap().contains("client_credentials")
        })
        .await;
    }
}
