//! What the command line changes takes effect on a running service, without a restart.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use test_support::command_line::{CommandLine, Service, claims_but, parse, sign};
use test_support::{SECRET, eventually};

#[tokio::test]
async fn a_client_registered_beside_a_running_service_gets_a_token() {
    let registry = CommandLine::with_customer();
    let service = registry.serve();
    // The service has looked for it before, and remembers that nobody has this id.
    assert_eq!(service.ask_as("client-1", SECRET).await.0, 401);
    registry.add_client(
        "client-1",
        &["--expires-in-format", "number", "--token-ttl", "10m"],
    );
    eventually("it gets a token", async || {
        service.ask_as("client-1", SECRET).await.0 == 200
    })
    .await;
    let (_, answer) = service.ask_as("client-1", SECRET).await;
    assert_eq!(answer["expires_in"], 600);
    assert_eq!(
        service
            .campaigns_status(answer["access_token"].as_str().unwrap())
            .await,
        200
    );
    service.interrupt();
}

#[test]
fn a_secret_that_others_may_read_is_warned_about_by_name() {
    let registry = CommandLine::new();
    let files = [
        registry.file("webhook", "whsec_Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8="),
        registry.dir.path().join("master.key"),
    ];
    let warnings = |mode| {
        for file in &files {
            fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        }
        let mut command = registry.command(&["serve"]);
        command
            .env("PARTNER_PLATFORM_WEBHOOK_URL", "https://platform.example/hooks")
            .env("PARTNER_PLATFORM_WEBHOOK_SECRET_FILE", "webhook");
        let service = Service::spawn(command);
        let log = service.log();
        service.interrupt();
        let warned = log.lines().filter(|line| line.contains("may read"));
        warned.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(warnings(0o600), Vec::<String>::new());
    let warned = warnings(0o644);
    assert_eq!(warned.len(), 2, "{warned:?}");
    for name in [
        "PARTNER_MASTER_KEY_FILE is master.key, which",
        "PARTNER_PLATFORM_WEBHOOK_SECRET_FILE is webhook, which",
    ] {
        let named = warned.iter().filter(|line| line.contains(name));
        assert_eq!(named.count(), 1, "{name} in {warned:?}");
    }
}

#[tokio::test]
async fn secrets_overlap_until_the_old_one_is_retired() {
    let registry = CommandLine::with_client();
    let service = registry.serve();
    assert_eq!(service.ask_as("client-1", SECRET).await.0, 200);
    let added = registry.json(&["secret", "add", "client-1", "--generate-secret"]);
    let new = added["client_secret"].as_str().unwrap();
    eventually("the new secret works", async || {
        service.ask_as("client-1", new).await.0 == 200
    })
    .await;
    assert_eq!(
        service.ask_as("client-1", SECRET).await.0,
        200,
        "the old one does as well"
    );

    let used = async || {
        let secrets = registry.json(&["secret", "list", "client-1"]);
        secrets
            .as_array()
            .unwrap()
            .iter()
            .all(|secret| secret["last_used_at"].is_string())
    };
    eventually("both are seen to be in use", used).await;

    let secrets = registry.json(&["secret", "list", "client-1"]);
    registry.json(&[
        "secret",
        "retire",
        "client-1",
        secrets[0]["secret_id"].as_str().unwrap(),
    ]);
    eventually("the old one is refused", async || {
        service.ask_as("client-1", SECRET).await.0 == 401
    })
    .await;
    assert_eq!(service.ask_as("client-1", new).await.0, 200);
}

#[tokio::test]
async fn a_disabled_client_is_refused_with_its_tokens() {
    let registry = CommandLine::with_client();
    let service = registry.serve();
    let (_, answer) = service.ask_as("client-1", SECRET).await;
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(service.campaigns_status(token).await, 200);
    registry.json(&["client", "disable", "client-1"]);
    eventually("its token is refused", async || {
        service.campaigns_status(token).await == 401
    })
    .await;
    assert_eq!(service.ask_as("client-1", SECRET).await.0, 401);
    registry.json(&["client", "enable", "client-1"]);
    eventually("it gets tokens again", async || {
        service.ask_as("client-1", SECRET).await.0 == 200
    })
    .await;
    assert_eq!(
        service.campaigns_status(token).await,
        401,
        "the token from before stays over"
    );
}

#[tokio::test]
async fn rotating_every_key_disturbs_nobody() {
    let registry = CommandLine::with_client();
    let service = registry.serve();
    let (_, answer) = service.ask_as("client-1", SECRET).await;
    let token = answer["access_token"].as_str().unwrap();
    registry.json(&["key", "rotate", "token"]);
    registry.json(&["key", "rotate", "secret"]);
    registry.file("new.key", &registry.text(&["key", "new-master"]));
    registry.json(&["key", "rewrap", "--new-master-key-file", "new.key"]);
    // A change of the client makes the service read it again, with what is sealed under the new key.
    registry.json(&[
        "client",
        "update",
        "client-1",
        "--token-ttl",
        "60",
        "--master-key-file",
        "new.key",
    ]);
    eventually("the change is there", async || {
        let (status, answer) = service.ask_as("client-1", SECRET).await;
        assert_eq!(status, 200, "{answer}");
        answer["expires_in"] == "60"
    })
    .await;
    assert_eq!(
        service.campaigns_status(token).await,
        200,
        "the old token is good"
    );
    let assertion = sign(&claims_but("client-1", "name", Value::Null), SECRET);
    assert_eq!(service.exchange(&assertion).await.0, 200);
}

#[tokio::test]
async fn an_assertion_that_was_used_up_is_explained() {
    let registry = CommandLine::with_client();
    let service = registry.serve();
    let assertion = sign(&claims_but("client-1", "jti", json!("once")), SECRET);
    let explain = ["assertion", "explain"];
    assert_eq!(
        registry.json_given(&explain, &assertion)["is_accepted"],
        true,
        "explaining does not use it up"
    );
    assert_eq!(service.exchange(&assertion).await.0, 200);
    assert_eq!(service.exchange(&assertion).await.0, 400);
    let error = registry.error_given(&explain, &assertion);
    assert_eq!(error, "the assertion would be refused; failed checks: replay");
    registry.file("assertion", &assertion);
    let output = registry
        .command(&["assertion", "explain", "--json", "--file", "assertion"])
        .output()
        .unwrap();
    let explained = parse(&String::from_utf8(output.stdout).unwrap());
    let seen = explained["checks"].as_array().unwrap().last().unwrap()["seen"]
        .as_str()
        .unwrap();
    assert!(seen.contains("used before"), "{seen}");
}
