//! `refusal list` and `refusal show`.

use std::collections::BTreeMap;

use serde_json::Value;
use test_support::instance::command;
use test_support::{OTHER_SECRET, TestApp, assertion};

use super::{record_of, until_counted};

async fn run(app: &TestApp, arguments: &[&str]) -> String {
    command(&app.database_url, arguments, &[]).await
}

async fn json(app: &TestApp, arguments: &[&str]) -> Vec<Value> {
    let output = run(app, &[arguments, &["--json"]].concat()).await;
    serde_json::from_str(&output).unwrap()
}

#[tokio::test]
async fn the_command_line_shows_what_was_refused_and_why() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let wrong = assertion::good(&app, &client).sign(OTHER_SECRET);
    let answer = app.jwt_bearer(&wrong).await;
    let id = answer.header("x-request-id").to_owned();
    record_of(&app, &answer).await;
    app.get("/videos/campaigns").await;
    until_counted(&app, 2).await;

    let shown = run(&app, &["refusal", "show", &id]).await;
    for expected in [
        &id,
        "client-of-acme",
        "POST /token",
        "assertion_mac",
        "No live secret of the client made the MAC.",
        "neither hex- nor base64-decoded",
        "mac     FAIL",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let [call] = &json(&app, &["refusal", "show", &id]).await[..] else {
        panic!("one call has this id");
    };
    assert_eq!(call["reason"], "assertion_mac");
    assert_eq!(call["checks"].as_array().unwrap().len(), 15);
    assert!(call["remedy"].as_str().unwrap().contains("secret"), "{call}");

    let listed = json(&app, &["refusal", "list"]).await;
    assert_eq!(listed.len(), 2);
    let by_client = json(&app, &["refusal", "list", "--client", "client-of-acme"]).await;
    assert_eq!(by_client.len(), 1);
    let by_reason = json(&app, &["refusal", "list", "--reason", "token_missing"]).await;
    assert_eq!(by_reason[0]["route"], "/videos/campaigns");
    // The clock of the service stands in 2018, that of the command does not.
    assert_eq!(json(&app, &["refusal", "list", "--since", "1d"]).await.len(), 0);
    let since = [
        "refusal",
        "list",
        "--since",
        "2018-03-04T00:00:00Z",
        "--limit",
        "1",
    ];
    assert_eq!(json(&app, &since).await.len(), 1);
    let table = run(&app, &["refusal", "list"]).await;
    assert!(
        table.contains("NOT_KEPT") && table.contains("GET /videos/campaigns"),
        "{table}"
    );

    let groups = json(&app, &["refusal", "list", "--grouped"]).await;
    let refused: BTreeMap<&str, i64> = groups
        .iter()
        .map(|group| {
            (
                group["reason"].as_str().unwrap(),
                group["refused"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(refused, [("assertion_mac", 1), ("token_missing", 1)].into());
    let table = run(&app, &["refusal", "list", "--grouped"]).await;
    assert!(
        table.contains("127.0.0.1") && table.contains("client-of-acme"),
        "{table}"
    );
}
