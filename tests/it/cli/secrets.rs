//! Rotating the secret of a client without a gap.

use serde_json::{Value, json};

use test_support::command_line::CommandLine;
use test_support::{SECRET, eventually};

fn states(registry: &CommandLine) -> Vec<String> {
    let secrets = registry.json(&["secret", "list", "client-1"]);
    let state = |secret: &Value| secret["state"].as_str().unwrap().to_owned();
    secrets.as_array().unwrap().iter().map(state).collect()
}

#[test]
fn a_secret_is_added_beside_the_old_one_which_is_then_retired() {
    let registry = CommandLine::with_client();
    let added = registry.json(&["secret", "add", "client-1", "--generate-secret"]);
    assert_eq!(added["client_secret"].as_str().unwrap().len(), 64);
    assert_eq!(states(&registry), ["live", "live"]);
    let secrets = registry.json(&["secret", "list", "client-1"]);
    assert_eq!(secrets[0]["last_used_at"], Value::Null);
    assert_eq!(secrets[0]["checks_assertions"], true);
    let old = secrets[0]["secret_id"].as_str().unwrap();
    assert_eq!(secrets[1]["secret_id"], added["secret_id"]);

    let retired = registry.json(&["secret", "retire", "client-1", old]);
    assert_eq!(
        (&retired["secret_id"], &retired["state"]),
        (&json!(old), &json!("retired"))
    );
    assert_eq!(states(&registry), ["retired", "live"]);
    let table = registry.text(&["secret", "list", "client-1"]);
    assert!(
        table
            .lines()
            .nth(1)
            .unwrap()
            .starts_with(&format!("{old}  retired")),
        "{table}"
    );
    assert!(table.lines().nth(2).unwrap().ends_with("never"), "{table}");
}

#[test]
fn retiring_the_last_secret_says_so() {
    let registry = CommandLine::with_client();
    let secrets = registry.json(&["secret", "list", "client-1"]);
    let text = registry.text(&[
        "secret",
        "retire",
        "client-1",
        secrets[0]["secret_id"].as_str().unwrap(),
    ]);
    assert!(text.contains("It was the last"), "{text}");
}

#[tokio::test]
async fn a_secret_with_an_end_retires_by_itself() {
    let registry = CommandLine::with_client();
    let long = registry.json(&[
        "secret",
        "add",
        "client-1",
        "--generate-secret",
        "--expires-in",
        "30d",
    ]);
    let instant = |value: &Value| {
        value
            .as_str()
            .unwrap()
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap()
    };
    assert_eq!(
        (instant(&long["expires_at"]) - instant(&long["created_at"])).num_days(),
        30
    );
    registry.json(&[
        "secret",
        "add",
        "client-1",
        "--generate-secret",
        "--expires-in",
        "1s",
    ]);
    eventually("it expires", async || {
        states(&registry) == ["live", "live", "expired"]
    })
    .await;
}

#[test]
fn a_secret_that_the_client_has_or_that_is_weak_is_not_added() {
    let registry = CommandLine::with_client();
    let args = ["secret", "add", "client-1", "--secret-file", "-"];
    // Its newline is not part of it.
    let error = registry.error_given(&args, &format!("{SECRET}\n"));
    assert_eq!(error, "client `client-1` has this secret already");
    let error = registry.error_given(&args, "secret");
    assert!(error.contains("fewer than 32 bytes"), "{error}");
    assert_eq!(states(&registry), ["live"]);
    let added = registry.json_given(&[&args[..], &["--allow-weak-secret"]].concat(), "secret");
    assert_eq!(
        added["client_secret"],
        Value::Null,
        "only a generated secret is shown"
    );
}

#[test]
fn a_retirement_is_taken_back_unless_it_was_for_good() {
    let registry = CommandLine::with_client();
    let id = |secret: &Value| secret["secret_id"].as_str().unwrap().to_owned();
    let old = id(&registry.json(&["secret", "list", "client-1"])[0]);
    let new = id(&registry.json(&["secret", "add", "client-1", "--generate-secret"]));
    let text = registry.text(&["secret", "retire", "client-1", &old]);
    assert!(text.contains("`secret restore` takes this back"), "{text}");
    let text = registry.text(&["secret", "restore", "client-1", &old]);
    assert!(text.contains("it is accepted again"), "{text}");
    assert_eq!(states(&registry), ["live", "live"]);
    let text = registry.text(&["secret", "retire", "client-1", &new, "--final"]);
    assert!(text.contains("This cannot be taken back"), "{text}");
    let error = registry.error(&["secret", "restore", "client-1", &new]);
    assert!(error.contains("cannot be restored"), "{error}");
    assert_eq!(states(&registry), ["live", "retired"]);
}

/// The secret of the tests as earlier versions hashed it: `argon2 0123456789abcdef -id -t 2 -k 19456 -p 1 -l 32 -e`.
const EARLIER_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$OspOu4U6062r4A8n2uIS60KtzyjqMi4vgbc3Pk4rTaM";

#[tokio::test]
async fn secrets_of_a_client_of_an_earlier_version_are_hashed_as_they_were() {
    let registry = CommandLine::with_client();
    registry.execute(
        "update client set secret_salt = '0123456789abcdef', hash_memory_kib = default, hash_passes = default",
    );
    registry.execute(&format!(
        "update client_secret set secret_hash = '{EARLIER_HASH}', sealed_secret = null, sealing_key_id = null"
    ));
    let args = ["secret", "add", "client-1", "--secret-file", "-"];
    let error = registry.error_given(&args, SECRET);
    assert_eq!(error, "client `client-1` has this secret already");
    let added = registry.json(&["secret", "add", "client-1", "--generate-secret"]);
    let service = registry.serve();
    for secret in [SECRET, added["client_secret"].as_str().unwrap()] {
        assert_eq!(service.ask_as("client-1", secret).await.0, 200);
    }
    registry.add_client("client-2", &["--grant", "client_credentials"]);
    registry.execute(
        "do $$ begin assert (select array_agg(split_part(secret_hash, '$', 4) order by created_at) from client_secret)
             = array['m=19456,t=2,p=1', 'm=19456,t=2,p=1', 'm=7168,t=5,p=1']; end $$",
    );
}
