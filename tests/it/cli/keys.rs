//! Rotating the keys that seal tokens and secrets, and the master key.

use serde_json::{Value, json};

use test_support::SECRET;
use test_support::command_line::{CommandLine, claims, fail, program, sign, succeed};

fn keys(registry: &CommandLine) -> Vec<(String, String)> {
    let keys = registry.json(&["key", "list"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let keys = keys.as_array().unwrap().iter();
    keys.map(|key| (text(&key["purpose"]), text(&key["state"])))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(one, other): &(&str, &str)| ((*one).to_owned(), (*other).to_owned());
    expected.iter().map(pair).collect()
}

#[test]
fn a_rotated_key_is_added_and_nothing_is_invalidated() {
    let registry = CommandLine::with_client();
    let assertion = sign(&claims("client-1"), SECRET);
    assert_eq!(
        keys(&registry),
        pairs(&[("token", "active"), ("secret", "active"), ("link", "active")])
    );
    let token_key = registry.json(&["key", "rotate", "token"]);
    assert_eq!(token_key["state"], "pending");
    let secret_key = registry.json(&["key", "rotate", "secret"]);
    assert_eq!(secret_key["state"], "active");
    let link_key = registry.json(&["key", "rotate", "link"]);
    assert_eq!(link_key["state"], "active");
    let expected = [
        ("token", "active"),
        ("link", "opens_only"),
        ("token", "pending"),
        ("secret", "active"),
        ("link", "active"),
    ];
    assert_eq!(
        keys(&registry),
        pairs(&expected),
        "the secrets are sealed anew, and their old key is gone"
    );
    let explained = registry.json_given(&["assertion", "explain"], &assertion);
    assert_eq!(explained["is_accepted"], true, "{explained}");
    let table = registry.text(&["key", "list"]);
    assert!(table.starts_with("ID  PURPOSE  STATE"), "{table}");
}

#[test]
fn a_token_key_is_retired_when_another_seals() {
    let registry = CommandLine::with_client();
    let error = registry.error(&["key", "retire", "1"]);
    assert!(
        error.contains("token key 1 seals new tokens") && error.contains("`key rotate token`"),
        "{error}"
    );
    let pending = registry.json(&["key", "rotate", "token"])["id"].to_string();
    let error = registry.error(&["key", "retire", "1"]);
    assert!(error.contains("token key 1 seals new tokens"), "{error}");
    for unknown in ["2", "99"] {
        let error = registry.error(&["key", "retire", unknown]);
        assert!(
            error.contains(&format!("there is no token key {unknown}")),
            "{error}"
        );
    }
    let retired = registry.json(&["key", "retire", &pending]);
    assert_eq!(retired, json!({ "retired_key": pending.parse::<i32>().unwrap() }));
    assert_eq!(
        keys(&registry),
        pairs(&[("token", "active"), ("secret", "active"), ("link", "active")])
    );
    let trail = registry.json(&["audit", "list"]);
    let is_retirement = |event: &&Value| event["action"] == "retired" && event["subject"] == *pending;
    assert!(
        trail
            .as_array()
            .unwrap()
            .iter()
            .any(|event| is_retirement(&event)),
        "{trail}"
    );
}

#[test]
fn a_fresh_master_key_needs_no_database() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = program(dir.path(), &["key", "new-master"]);
    command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    let (one, other) = (succeed(&mut command), succeed(&mut command));
    assert_ne!(one, other);
    assert_eq!(one.trim_end().len(), 44, "32 bytes as base64: {one}");
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        0,
        "nothing is made"
    );
}

#[test]
fn after_a_rewrap_the_new_master_key_is_needed() {
    let registry = CommandLine::with_client();
    let assertion = sign(&claims("client-1"), SECRET);
    registry.file("new.key", &registry.text(&["key", "new-master"]));
    let rewrapped = registry.json(&["key", "rewrap", "--new-master-key-file", "new.key"]);
    assert_eq!(rewrapped["rewrapped_keys"], 3);

    let error = registry.error_given(&["assertion", "explain"], &assertion);
    let expected = format!(
        "is not the one that sealed the keys in this database ({})",
        rewrapped["master_key_id"].as_str().unwrap()
    );
    assert!(
        error.contains(&expected) && error.contains("PARTNER_MASTER_KEY_FILE"),
        "{error}"
    );
    let error = registry.error(&["key", "rewrap", "--new-master-key-file", "new.key"]);
    assert!(error.contains(&expected), "{error}");

    let explain = ["assertion", "explain", "--master-key-file", "new.key"];
    let explained = registry.json_given(&explain, &assertion);
    assert_eq!(explained["is_accepted"], true, "{explained}");
    let keys = registry.json(&["key", "list"]);
    assert!(
        keys.as_array()
            .unwrap()
            .iter()
            .all(|key| key["master_key_id"] == rewrapped["master_key_id"])
    );
}

#[test]
fn a_file_that_holds_no_master_key_is_refused() {
    let registry = CommandLine::with_client();
    registry.file("bad.key", "not a key");
    let error = registry.error(&["key", "rewrap", "--new-master-key-file", "bad.key"]);
    assert!(
        error.starts_with("--new-master-key-file is bad.key, whose content is invalid"),
        "{error}"
    );
    let mut command = registry.command(&["secret", "add", "client-1", "--generate-secret"]);
    let error = fail(command.env_remove("PARTNER_MASTER_KEY_FILE"));
    assert!(
        error.contains("PARTNER_MASTER_KEY_FILE or PARTNER_MASTER_KEY should be set too"),
        "{error}"
    );
    let migrated = succeed(
        registry
            .command(&["migrate", "--json"])
            .env_remove("PARTNER_MASTER_KEY_FILE"),
    );
    assert_eq!(
        test_support::command_line::parse(&migrated),
        json!({ "is_up_to_date": true }),
        "it needs no key"
    );
}
