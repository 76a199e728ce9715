//! Customers and clients: registering, showing, changing.

use serde_json::{Value, json};

use test_support::SECRET;
use test_support::command_line::CommandLine;

#[test]
fn a_client_is_registered_with_the_pair_that_talentsoft_gave() {
    let registry = CommandLine::with_customer();
    let added = registry.add_client("428a51ae-0387-43ab-8c64-cf026f77656f", &[]);
    assert_eq!(
        added["client_secret"],
        Value::Null,
        "only a generated secret is shown"
    );
    for (name, value) in [
        ("client_id", json!("428a51ae-0387-43ab-8c64-cf026f77656f")),
        ("customer_name", json!("Acme")),
        ("organisational_unit", Value::Null),
        ("grants", json!(["client_credentials", "jwt_bearer"])),
        ("scopes", json!(["videos", "assessments"])),
        ("audiences", json!([])),
        ("token_ttl_seconds", Value::Null),
        ("max_assertion_ttl_seconds", json!(3600)),
        ("clock_skew_seconds", json!(60)),
        ("replay_policy", json!("if_jti")),
        ("expires_in_format", json!("string")),
        ("requests_per_second", Value::Null),
        ("is_enabled", json!(true)),
    ] {
        assert_eq!(added[name], value, "{name}");
    }
    let shown = registry.json(&["client", "show", "428a51ae-0387-43ab-8c64-cf026f77656f"]);
    assert_eq!(registry.json(&["client", "list"]), json!([shown]));
    for (name, value) in shown.as_object().unwrap() {
        assert_eq!(*value, added[name], "{name}");
    }
    let table = registry.text(&["client", "list"]);
    assert!(
        table.contains("Acme") && table.contains("videos,assessments") && table.contains("enabled"),
        "{table}"
    );
    let properties = registry.text(&["client", "show", "428a51ae-0387-43ab-8c64-cf026f77656f"]);
    assert!(
        properties.contains("longest assertion lifetime  3600 s\n"),
        "{properties}"
    );
    assert!(!format!("{table}{properties}{shown}").contains(SECRET));
}

#[test]
fn a_generated_pair_is_shown_once() {
    let registry = CommandLine::with_customer();
    let added = registry.json(&["client", "add", "--customer", "Acme", "--generate-secret"]);
    let client_id = added["client_id"].as_str().unwrap();
    let secret = added["client_secret"].as_str().unwrap();
    assert_eq!(
        client_id.split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
    assert_eq!(secret.len(), 64);
    assert!(secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{secret}");
    let later = [
        registry.text(&["client", "show", client_id]),
        registry.text(&["client", "list", "--json"]),
        registry.text(&["secret", "list", client_id, "--json"]),
        registry.text(&["audit", "list", "--json"]),
    ];
    assert!(!later.concat().contains(secret));

    let text = registry.text(&["client", "add", "--customer", "Acme", "--generate-secret"]);
    assert!(text.contains("will not be shown again"), "{text}");
    assert!(
        text.lines().any(|line| line.starts_with("client_secret  ")),
        "{text}"
    );
}

#[test]
fn a_client_of_the_partner_itself_says_what_it_is_for() {
    let registry = CommandLine::new();
    let error = registry.error(&["client", "add", "--generate-secret"]);
    assert!(error.contains("--customer, or --scope"), "{error}");
    let error = registry.error(&["client", "add", "--generate-secret", "--scope", "videos"]);
    assert!(error.contains("the customer should be given"), "{error}");
    let client = registry.json(&[
        "client",
        "add",
        "--generate-secret",
        "--scope",
        "platform",
        "--grant",
        "client_credentials",
    ]);
    assert_eq!(client["customer_id"], Value::Null);
    assert_eq!(client["grants"], json!(["client_credentials"]));
}

#[test]
fn a_secret_comes_from_a_file_or_standard_input_or_nowhere() {
    let registry = CommandLine::with_customer();
    let args = ["client", "add", "--customer", "Acme", "--client-id"];
    let piped = registry.json_given(&[&args[..], &["piped", "--secret-file", "-"]].concat(), SECRET);
    assert_eq!(piped["client_id"], "piped");
    let error = registry.error(&[&args[..], &["none"]].concat());
    assert!(
        error.starts_with("there is no secret: pass --secret-file FILE"),
        "{error}"
    );
    let error = registry.error(&[&args[..], &["absent", "--secret-file", "absent"]].concat());
    assert_eq!(
        error,
        "absent cannot be read: No such file or directory (os error 2)"
    );
    let two_lines = format!("{SECRET}\nsecond\n");
    let error = registry.error_given(&[&args[..], &["two", "--secret-file", "-"]].concat(), &two_lines);
    assert!(
        error.starts_with("standard input does not hold one secret"),
        "{error}"
    );
    assert!(!error.contains(SECRET), "{error}");
    assert_eq!(
        registry.json(&["client", "list"]).as_array().unwrap().len(),
        1,
        "refused is not added"
    );
}

#[test]
fn a_weak_secret_is_refused_unless_allowed() {
    let registry = CommandLine::with_customer();
    let args = [
        "client",
        "add",
        "--customer",
        "Acme",
        "--client-id",
        "weak",
        "--secret-file",
        "-",
    ];
    let error = registry.error_given(&args, &"x".repeat(31));
    assert!(
        error.contains("fewer than 32 bytes") && error.contains("--allow-weak-secret"),
        "{error}"
    );
    assert_eq!(registry.json(&["client", "list"]), json!([]));
    registry.json_given(&[&args[..], &["--allow-weak-secret"]].concat(), "secret");
    let strong = [
        "client",
        "add",
        "--customer",
        "Acme",
        "--client-id",
        "strong",
        "--secret-file",
        "-",
    ];
    registry.json_given(&strong, &"x".repeat(32));
    assert_eq!(registry.json(&["client", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn a_client_id_that_no_page_could_have_is_refused() {
    let registry = CommandLine::with_customer();
    for client_id in [" a", "a ", "new", ".", ".."] {
        let error = registry.error(&[
            "client",
            "add",
            "--customer",
            "Acme",
            "--client-id",
            client_id,
            "--generate-secret",
        ]);
        assert!(
            error.starts_with("the client_id should be without a space"),
            "{client_id:?}: {error}"
        );
    }
    assert_eq!(registry.json(&["client", "list"]), serde_json::json!([]));
}

#[test]
fn a_client_id_is_taken_once() {
    let registry = CommandLine::with_client();
    let error = registry.error_given(
        &[
            "client",
            "add",
            "--customer",
            "Acme",
            "--client-id",
            "client-1",
            "--secret-file",
            "-",
        ],
        &SECRET.replace('9', "8"),
    );
    assert_eq!(error, "a client `client-1` exists already");
}

#[test]
fn every_setting_can_be_set_changed_and_unset() {
    let registry = CommandLine::with_customer();
    let set = [
        "--organisational-unit",
        "Rennes",
        "--grant",
        "jwt_bearer",
        "--scope",
        "videos",
        "--audience",
        "https://a.example",
        "--audience",
        "https://b.example",
        "--token-ttl",
        "15m",
        "--max-assertion-ttl",
        "30m",
        "--clock-skew",
        "30",
        "--replay-policy",
        "always",
        "--expires-in-format",
        "number",
        "--requests-per-second",
        "7",
    ];
    let added = registry.add_client("all", &set);
    let expected = json!({
        "organisational_unit": "Rennes", "grants": ["jwt_bearer"], "scopes": ["videos"],
        "audiences": ["https://a.example", "https://b.example"], "token_ttl_seconds": 900,
        "max_assertion_ttl_seconds": 1800, "clock_skew_seconds": 30, "replay_policy": "always",
        "expires_in_format": "number", "requests_per_second": 7,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(added[name], *value, "{name}");
    }
    registry.add_client("plain", &[]);
    let updated = registry.json(&[&["client", "update", "plain"], &set[..]].concat());
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(updated[name], *value, "{name}");
    }
    let unset = registry.json(&[
        "client",
        "update",
        "plain",
        "--organisational-unit",
        "none",
        "--audience",
        "default",
        "--token-ttl",
        "default",
        "--requests-per-second",
        "unlimited",
    ]);
    assert_eq!(unset["organisational_unit"], Value::Null);
    assert_eq!(unset["audiences"], json!([]));
    assert_eq!(unset["token_ttl_seconds"], Value::Null);
    assert_eq!(unset["requests_per_second"], Value::Null);
    assert_eq!(unset["clock_skew_seconds"], 30, "what is not named stays");
    assert_eq!(registry.json(&["client", "show", "plain"]), unset);
}

#[test]
fn a_change_must_be_one_and_within_bounds() {
    let registry = CommandLine::with_client();
    let before = registry.json(&["client", "show", "client-1"]);
    for (args, expected) in [
        (&[][..], "there is nothing to change"),
        (
            &["--token-ttl", "59"],
            "the token lifetime should be 60 to 3600 seconds",
        ),
        (
            &["--max-assertion-ttl", "25h"],
            "the longest assertion lifetime should be 60 to 86400 seconds",
        ),
        (
            &["--clock-skew", "301"],
            "the clock skew should be 0 to 300 seconds",
        ),
        (
            &["--requests-per-second", "0"],
            "the request rate should be 1 to 1000000 a second",
        ),
        (
            &["--audience", "default", "--audience", "https://a.example"],
            "--audience default cannot be combined",
        ),
    ] {
        let error = registry.error(&[&["client", "update", "client-1"], args].concat());
        assert!(error.starts_with(expected), "{args:?}: {error}");
    }
    assert_eq!(registry.json(&["client", "show", "client-1"]), before);
}

#[test]
fn a_client_is_told_when_its_secrets_cannot_check_assertions() {
    let registry = CommandLine::with_customer();
    registry.add_client("hash-only", &["--grant", "client_credentials"]);
    let args = [
        "client",
        "update",
        "hash-only",
        "--grant",
        "client_credentials,jwt_bearer",
    ];
    let text = registry.text(&args);
    assert!(
        text.contains("Of its live secrets, 1 cannot check assertions"),
        "{text}"
    );
    registry.json(&["secret", "add", "hash-only", "--generate-secret"]);
    let secrets = registry.json(&["secret", "list", "hash-only"]);
    let checks: Vec<&Value> = secrets
        .as_array()
        .unwrap()
        .iter()
        .map(|secret| &secret["checks_assertions"])
        .collect();
    assert_eq!(checks, [false, true]);
}

#[test]
fn disabling_enabling_and_revoking_each_begin_a_new_generation_of_tokens() {
    let registry = CommandLine::with_client();
    let disabled = registry.json(&["client", "disable", "client-1"]);
    assert_eq!(
        (&disabled["is_enabled"], &disabled["token_generation"]),
        (&json!(false), &json!(1))
    );
    let table = registry.text(&["client", "list"]);
    assert!(table.contains("disabled"), "{table}");
    let enabled = registry.json(&["client", "enable", "client-1"]);
    assert_eq!(
        (&enabled["is_enabled"], &enabled["token_generation"]),
        (&json!(true), &json!(2))
    );
    let revoked = registry.json(&["client", "revoke-tokens", "client-1"]);
    assert_eq!(
        (&revoked["is_enabled"], &revoked["token_generation"]),
        (&json!(true), &json!(3))
    );
}

#[test]
fn what_is_unknown_is_named() {
    let registry = CommandLine::with_client();
    let id = "01900000-0000-7000-8000-000000000000";
    for args in [
        &["client", "show", "nobody"][..],
        &["client", "update", "nobody", "--clock-skew", "1"],
        &["client", "enable", "nobody"],
        &["client", "disable", "nobody"],
        &["client", "revoke-tokens", "nobody"],
        &["secret", "list", "nobody"],
        &["secret", "add", "nobody", "--generate-secret"],
        &["secret", "retire", "nobody", id],
    ] {
        let error = registry.error(args);
        assert_eq!(
            error, "there is no client `nobody`; `client list` shows them",
            "{args:?}"
        );
    }
    let error = registry.error(&["client", "add", "--customer", "Nobody", "--generate-secret"]);
    assert_eq!(error, "there is no customer `Nobody`; `customer list` shows them");
    let error = registry.error(&["secret", "retire", "client-1", id]);
    assert_eq!(
        error,
        format!("client `client-1` has no unretired secret `{id}`; `secret list` shows them")
    );
}
