//! `token inspect` and `token revoke`.

use serde_json::{Value, json};

use test_support::command_line::{CommandLine, Service, claims, sign};
use test_support::{SECRET, eventually};

/// A token of the client itself.
async fn application_token(service: &Service) -> String {
    let (status, answer) = service.ask_as("client-1", SECRET).await;
    assert_eq!(status, 200, "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

/// A token of a user.
async fn user_token(service: &Service) -> String {
    let (status, answer) = service.exchange(&sign(&claims("client-1"), SECRET)).await;
    assert_eq!(status, 200, "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

fn inspect(registry: &CommandLine, token: &str) -> Value {
    registry.json_given(&["token", "inspect"], token)
}

#[tokio::test]
async fn everything_sealed_inside_a_token_is_shown() {
    let registry = CommandLine::with_client();
    let service = registry.serve();
    let token = user_token(&service).await;
    let inspected = inspect(&registry, &token);
    assert_eq!(
        (&inspected["is_active"], &inspected["reason"]),
        (&json!(true), &Value::Null)
    );
    let content = &inspected["token"];
    let customer = &registry.json(&["customer", "list"])[0];
    for (name, value) in [
        ("kind", json!("user")),
        ("client_id", json!("client-1")),
        ("customer_id", customer["customer_id"].clone()),
        ("email", json!("jean.dupont@site")),
        ("name", json!("Jean Dupont")),
        ("scopes", json!(["videos", "assessments"])),
        ("token_generation", json!(0)),
    ] {
        assert_eq!(content[name], value, "{name}");
    }
    let application = inspect(&registry, &application_token(&service).await);
    assert_eq!(
        (&application["token"]["kind"], &application["token"]["email"]),
        (&json!("application"), &Value::Null)
    );

    registry.file("token", &format!("{token}\n"));
    let text = registry.text(&["token", "inspect", "--file", "token"]);
    assert!(
        text.starts_with("active            yes\n") && text.contains("jean.dupont@site"),
        "{text}"
    );
    assert!(
        !service.log().contains("dupont"),
        "what an admin sees is not logged"
    );
}

#[tokio::test]
async fn a_token_that_is_over_says_why() {
    let registry = CommandLine::with_client();
    let service = registry.serve();
    let token = application_token(&service).await;
    let revoked = registry.json_given(&["token", "revoke"], &token);
    assert_eq!(
        (&revoked["is_revoked"], &revoked["is_expired"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(inspect(&registry, &token)["reason"], "revoked");
    eventually("the running service refuses it", async || {
        service.campaigns_status(&token).await == 401
    })
    .await;

    let token = application_token(&service).await;
    registry.json(&["client", "revoke-tokens", "client-1"]);
    assert_eq!(inspect(&registry, &token)["reason"], "client_tokens_revoked");
    eventually("the running service refuses it", async || {
        service.campaigns_status(&token).await == 401
    })
    .await;

    registry.json(&["client", "disable", "client-1"]);
    assert_eq!(inspect(&registry, &token)["reason"], "client_disabled");
    registry.file("token", &token);
    let text = registry.text(&["token", "inspect", "--file", "token"]);
    assert!(
        text.starts_with("active            no: its client is disabled"),
        "{text}"
    );
}

#[tokio::test]
async fn a_token_opens_only_for_its_issuer() {
    let registry = CommandLine::with_client();
    let service = registry.serve();
    let token = application_token(&service).await;
    let elsewhere = ["--public-url", "https://elsewhere.example"];
    let inspected = registry.json_given(&[&["token", "inspect"][..], &elsewhere].concat(), &token);
    assert_eq!(
        (&inspected["is_active"], &inspected["reason"]),
        (&json!(false), &json!("does_not_open"))
    );
    assert_eq!(inspected["token"], Value::Null);
    assert!(
        inspected["explanation"]
            .as_str()
            .unwrap()
            .contains("https://elsewhere.example"),
        "{inspected}"
    );
    assert_eq!(inspect(&registry, "tsp_nonsense")["reason"], "does_not_open");

    let error = registry.error_given(&[&["token", "revoke"][..], &elsewhere].concat(), &token);
    assert!(
        error.starts_with("the token cannot be read (the issuer here is"),
        "{error}"
    );
    assert_eq!(service.campaigns_status(&token).await, 200, "it was not revoked");
}
