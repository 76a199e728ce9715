//! `/admin/v1/clients`.

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::Scope;
use talentsoft_partner::clock::rfc3339;

use super::stage::AdminStage;
use test_support::{ISSUER, OTHER_SECRET, eventually, log, send};

#[tokio::test]
async fn a_client_is_registered_with_a_generated_secret_and_gets_a_token() {
    let stage = AdminStage::new().await;
    let customer_id = stage.app.add_customer("Acme").await;
    let added = stage
        .post("/clients", &json!({ "customer_id": customer_id }))
        .await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(added.header("cache-control"), "no-store");
    let mut client = added.json();
    let (id, secret) = (
        client["client_id"].clone(),
        client["secret"]["client_secret"].clone(),
    );
    let (id, secret) = (id.as_str().unwrap(), secret.as_str().unwrap());
    log::never(secret);
    assert_eq!(secret.len(), 64);
    assert_eq!(
        added.header("location"),
        format!("{ISSUER}/admin/v1/clients/{id}")
    );
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
    ];
    assert_eq!(stage.app.post_form("/token", &form).await.status, 200);

    client.as_object_mut().unwrap().remove("secret");
    let shown = stage.get(&format!("/clients/{id}")).await;
    assert_eq!(shown.json(), client);
    assert_eq!(shown.header("etag"), added.header("etag"));
    assert_eq!(
        client,
        json!({
            "client_id": id, "customer_id": customer_id, "is_enabled": true, "created_at": rfc3339(stage.app.now()),
            "token_generation": 0,
            "settings": {
                "organisational_unit": null, "grants": ["client_credentials", "jwt_bearer"],
                "scopes": ["videos", "assessments"], "audiences": [], "token_ttl_seconds": null,
                "max_assertion_ttl_seconds": 3600, "clock_skew_seconds": 60, "replay_policy": "if_jti",
                "expires_in_format": "string", "requests_per_second": null, "callback_hosts": [], "entitlements": [],
                "quota": null, "admin_networks": [],
            },
        })
    );
}

#[tokio::test]
async fn a_pair_that_talentsoft_gave_is_registered_and_never_shown() {
    let stage = AdminStage::new().await;
    log::never(OTHER_SECRET);
    let body = json!({
        "client_id": "a b/c+d", "secret": { "client_secret": OTHER_SECRET, "expires_in_seconds": 60 },
        "settings": { "scopes": ["platform"], "grants": ["client_credentials"], "token_ttl_seconds": 120 },
    });
    let added = stage.post("/clients", &body).await;
    assert_eq!(added.status, 201, "{added:?}");
    assert!(!added.body.contains(OTHER_SECRET));
    let location = added
        .header("location")
        .strip_prefix(&format!("{ISSUER}/admin/v1"))
        .unwrap();
    assert_eq!(location, "/clients/a%20b%2Fc%2Bd");
    assert_eq!(stage.get(location).await.json()["client_id"], "a b/c+d");
    let secrets = stage.get(&format!("{location}/secrets")).await;
    assert!(!secrets.body.contains(OTHER_SECRET) && !secrets.body.contains("argon2"));
    let secret = &secrets.json()["secrets"][0];
    assert_eq!(
        (&secret["state"], &secret["last_used_at"]),
        (&json!("live"), &json!(null))
    );
    assert_eq!(secret["checks_assertions"], false);
    let again = stage.post("/clients", &body).await;
    assert_eq!(again.problem(), (409, "client-exists".to_owned()));
}

#[tokio::test]
async fn clients_are_listed_page_by_page_and_by_what_they_are() {
    let stage = AdminStage::new().await;
    let acme = stage.app.add_marketplace_client("acme").await;
    stage.app.add_marketplace_client("other").await;
    stage.app.add_own_client("platform", &[Scope::Platform]).await;
    stage
        .patch("/clients/platform", &json!({ "is_enabled": false }))
        .await;
    let acme_id = acme.client_id.to_string();
    let all = stage.get("/clients").await.json();
    let ids = |page: &Value| -> Vec<String> {
        let clients = page["clients"].as_array().unwrap().iter();
        clients
            .map(|client| client["client_id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&all).len(), 4);
    let mut paged = Vec::new();
    let mut path = "/clients?limit=3".to_owned();
    loop {
        let page = stage.get(&path).await.json();
        paged.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/clients?limit=3&cursor={cursor}");
    }
    assert_eq!(paged, ids(&all));
    let customer = format!("customer_id={}", acme.customer_id.unwrap());
    for (query, expected) in [
        (customer.as_str(), vec![acme_id.as_str()]),
        ("is_enabled=false", vec!["platform"]),
        ("scope=admin", vec!["admin"]),
        ("scope=platform&is_enabled=true", vec![]),
    ] {
        let page = stage.get(&format!("/clients?{query}")).await.json();
        assert_eq!(ids(&page), expected, "{query}");
    }
    for (query, problem) in [
        ("scope=nope", "invalid-parameter"),
        ("is_enabled=1", "invalid-parameter"),
        ("customer_id=acme", "invalid-id"),
        ("state=x", "unknown-parameter"),
    ] {
        let refused = stage.get(&format!("/clients?{query}")).await.problem();
        assert_eq!(refused, (400, problem.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_change_is_of_the_state_that_it_names_and_null_is_the_default() {
    let stage = AdminStage::new().await;
    stage.app.add_own_client("platform", &[Scope::Platform]).await;
    let path = "/clients/platform";
    let change =
        json!({ "settings": { "token_ttl_seconds": 120, "clock_skew_seconds": 5, "audiences": ["a"] } });
    let unconditional = send(stage.request(Method::PATCH, path).json(&change)).await;
    assert_eq!(unconditional.problem(), (428, "precondition-required".to_owned()));
    let first = stage.get(path).await.header("etag").to_owned();
    let changed = stage.patch_of(&first, path, &change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let settings = &changed.json()["settings"];
    assert_eq!(
        (&settings["token_ttl_seconds"], &settings["audiences"]),
        (&json!(120), &json!(["a"]))
    );
    assert_eq!(settings["scopes"], json!(["platform"]));
    let second = changed.header("etag").to_owned();
    assert_eq!(stage.get(path).await.header("etag"), second);
    let weak = format!("W/{second}");
    for stale in [first.as_str(), "\"x\"", weak.as_str()] {
        let refused = stage.patch_of(stale, path, &json!({ "is_enabled": false })).await;
        assert_eq!(
            refused.problem(),
            (412, "precondition-failed".to_owned()),
            "{stale}"
        );
    }
    let reset =
        json!({ "settings": { "token_ttl_seconds": null, "clock_skew_seconds": null, "audiences": null } });
    let reset = stage.patch_of("*", path, &reset).await.json();
    let settings = &reset["settings"];
    assert_eq!(
        (&settings["token_ttl_seconds"], &settings["clock_skew_seconds"]),
        (&json!(null), &json!(60))
    );
    assert_eq!(settings["audiences"], json!([]));

    let sql = "select jsonb_build_array(detail->'before'->'token_ttl_seconds', detail->'after'->'token_ttl_seconds', address)
        from audit_event where action = 'updated' order by audit_event_id limit 1";
    let event: Value = sqlx::query_scalar(sql).fetch_one(&stage.app.sql).await.unwrap();
    assert_eq!(event, json!([null, 120, "203.0.113.7"]));
    assert_eq!(stage.trail().await.len(), 2);
}

#[tokio::test]
async fn what_is_wrong_with_a_client_is_named_and_changes_nothing() {
    let stage = AdminStage::new().await;
    stage.app.add_own_client("platform", &[Scope::Platform]).await;
    let nobody = "0190a5d0-0000-7000-8000-000000000001";
    for (body, status, problem) in [
        (json!({}), 400, "invalid-setting"),
        (json!({ "customer_id": nobody }), 404, "unknown-customer"),
        (
            json!({ "settings": { "scopes": ["nope"] } }),
            400,
            "invalid-setting",
        ),
        (
            json!({ "settings": { "scopes": ["videos"] } }),
            400,
            "invalid-setting",
        ),
        (
            json!({ "settings": { "scopes": ["platform"], "quota": "x" } }),
            400,
            "invalid-setting",
        ),
        (
            json!({ "settings": { "scopes": ["platform"], "token_ttl": 1 } }),
            400,
            "invalid-json",
        ),
        (
            json!({ "client_id": "é", "settings": { "scopes": ["platform"] } }),
            400,
            "invalid-client-id",
        ),
        (
            json!({ "client_id": "a ", "settings": { "scopes": ["platform"] } }),
            400,
            "invalid-setting",
        ),
        (
            json!({ "client_id": "..", "settings": { "scopes": ["platform"] } }),
            400,
            "invalid-setting",
        ),
        (
            json!({ "client_id": "platform", "settings": { "scopes": ["platform"] } }),
            409,
            "client-exists",
        ),
        (
            json!({ "secret": { "client_secret": "short" }, "settings": { "scopes": ["platform"] } }),
            400,
            "weak-secret",
        ),
        (
            json!({ "secret": { "expires_in_seconds": 0 }, "settings": { "scopes": ["platform"] } }),
            400,
            "invalid-secret",
        ),
    ] {
        let refused = stage.post("/clients", &body).await.problem();
        assert_eq!(refused, (status, problem.to_owned()), "{body}");
    }
    let refused = stage
        .patch("/clients/platform", &json!({ "settings": { "scopes": [] } }))
        .await;
    assert_eq!(refused.problem(), (400, "invalid-setting".to_owned()));
    assert_eq!(
        stage.get("/clients/nobody").await.problem(),
        (404, "unknown-client".to_owned())
    );
    assert!(stage.trail().await.is_empty());
}

#[tokio::test]
async fn all_tokens_of_a_client_are_revoked() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_own_client("platform", &[Scope::Platform]).await;
    let token = stage.app.application_token(&client).await;
    let revoked = stage.post("/clients/platform/revoke-tokens", &Value::Null).await;
    assert_eq!(
        (revoked.status.as_u16(), &revoked.json()["token_generation"]),
        (200, &json!(1))
    );
    eventually("the token is over", async || {
        stage.app.get_with("/auth/check", &token).await.status == 401
    })
    .await;
}
