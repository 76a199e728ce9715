//! `audit list`: who changed what.

use serde_json::{Value, json};

use test_support::SECRET;
use test_support::command_line::CommandLine;

fn deeds(events: &Value) -> Vec<String> {
    let deed = |event: &Value| {
        format!(
            "{} {}",
            event["subject_kind"].as_str().unwrap(),
            event["action"].as_str().unwrap()
        )
    };
    events.as_array().unwrap().iter().map(deed).collect()
}

fn whoami() -> String {
    let uid = nix::unistd::getuid();
    nix::unistd::User::from_uid(uid)
        .unwrap()
        .map_or(format!("uid {uid}"), |user| user.name)
}

#[test]
fn every_change_is_recorded_with_who_made_it() {
    let registry = CommandLine::with_client();
    registry.json(&["client", "update", "client-1", "--clock-skew", "30"]);
    registry.json(&["client", "disable", "client-1"]);
    registry.json(&["client", "enable", "client-1"]);
    registry.json(&["client", "revoke-tokens", "client-1"]);
    let secret = registry.json(&["secret", "add", "client-1", "--generate-secret"]);
    registry.json(&[
        "secret",
        "retire",
        "client-1",
        secret["secret_id"].as_str().unwrap(),
    ]);
    registry.json(&["key", "rotate", "token"]);
    registry.file("new.key", &"fedcba9876543210".repeat(4));
    registry.json(&["key", "rewrap", "--new-master-key-file", "new.key"]);
    let campaign = registry.json(&[
        "campaign",
        "add",
        "--customer",
        "Acme",
        "--language",
        "fr",
        "Rust",
    ]);
    registry.json(&["campaign", "close", campaign["campaign_id"].as_str().unwrap()]);

    let events = registry.json(&["audit", "list"]);
    let expected = [
        "campaign closed",
        "campaign added",
        "sealing_key rewrapped",
        "sealing_key added",
        "client_secret retired",
        "client_secret added",
        "client revoked_tokens",
        "client enabled",
        "client disabled",
        "client updated",
        "client added",
        "sealing_key added",
        "sealing_key added",
        "sealing_key added",
        "customer added",
    ];
    assert_eq!(deeds(&events), expected);
    for event in events.as_array().unwrap() {
        let is_first_key = event["subject_kind"] == "sealing_key" && event["actor_kind"] == "system";
        assert!(
            is_first_key || (event["actor_kind"] == "os_user" && event["actor"] == whoami().as_str()),
            "{event}"
        );
    }
    assert_eq!(events[9]["detail"]["before"]["clock_skew_seconds"], 60);
    assert_eq!(events[9]["detail"]["after"]["clock_skew_seconds"], 30);
    let text = events.to_string();
    assert!(
        !text.contains(SECRET) && !text.contains(secret["client_secret"].as_str().unwrap()),
        "{text}"
    );

    let table = registry.text(&["audit", "list"]);
    assert!(table.contains("  clock_skew_seconds: 60 -> 30\n"), "{table}");
    assert!(table.starts_with("AT "), "{table}");
}

#[test]
fn the_trail_is_cut_to_a_length_or_to_a_subject() {
    let registry = CommandLine::with_client();
    registry.json(&["client", "disable", "client-1"]);
    registry.add_client("client-2", &[]);
    let secret = registry.json(&["secret", "add", "client-1", "--generate-secret"]);
    assert_eq!(
        deeds(&registry.json(&["audit", "list", "--limit", "2"])),
        ["client_secret added", "client added"]
    );
    let of =
        |subject: &Value| deeds(&registry.json(&["audit", "list", "--subject", subject.as_str().unwrap()]));
    assert_eq!(
        of(&json!("client-1")),
        ["client_secret added", "client disabled", "client added"]
    );
    assert_eq!(of(&secret["secret_id"]), ["client_secret added"]);
    let customer = &registry.json(&["customer", "list"])[0];
    assert_eq!(
        of(&customer["customer_id"]),
        [
            "client added",
            "client disabled",
            "client added",
            "customer added"
        ]
    );
    assert_eq!(of(&json!("nobody")), [""; 0]);
}

#[test]
fn what_is_refused_is_not_recorded() {
    let registry = CommandLine::with_client();
    let before = registry.json(&["audit", "list"]);
    registry.error(&["customer", "add", "Acme"]);
    registry.error(&["client", "disable", "nobody"]);
    registry.error(&["client", "update", "client-1", "--clock-skew", "301"]);
    assert_eq!(registry.json(&["audit", "list"]), before);
}
