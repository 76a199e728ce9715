//! `assertion explain`: every check, with pass or fail and what was seen.

use std::process::Output;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use test_support::SECRET;
use test_support::command_line::{CommandLine, claims, claims_but, error_line, parse, sign};

/// The contract's own example (s2.2), signed with `secret`.
const GOLDEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJjbGllbnRfaWQiLCJhdWQiOiJodHRwczovL2FwaS5zaXRlLmNvbSIsInN1YiI6IlRhbGVudFNvZnRNYXJrZXRQbGFjZSIsImV4cCI6MTUyMDE4MjEzMCwiaWF0IjoxNTIwMTgwOTMwLCJlbWFpbCI6ImplYW4uZHVwb250QHNpdGUiLCJuYW1lIjoiSmVhbiBEdXBvbnQifQ.PlwMiXNBMqi_GKfa-kN8BLm2zQ6mqMeqGaDRsShZOjA";

fn explain(registry: &CommandLine, assertion: &str, more: &[&str]) -> Output {
    registry.file("assertion", assertion);
    let args = [&["assertion", "explain", "--file", "assertion"], more].concat();
    registry.command(&args).output().unwrap()
}

/// The checks with this verdict.
fn with_verdict(explained: &Value, verdict: &str) -> Vec<String> {
    let checks = explained["checks"].as_array().unwrap();
    let checks = checks.iter().filter(|check| check["verdict"] == verdict);
    checks
        .map(|check| check["check"].as_str().unwrap().to_owned())
        .collect()
}

/// The checks that fail, of an assertion that is refused.
fn failures(registry: &CommandLine, assertion: &str) -> Vec<String> {
    let output = explain(registry, assertion, &["--json"]);
    let explained = parse(&String::from_utf8(output.stdout.clone()).unwrap());
    assert_eq!(explained["is_accepted"], false);
    let failures = with_verdict(&explained, "fail");
    let error = error_line(&output);
    assert_eq!(
        error,
        format!(
            "the assertion would be refused; failed checks: {}",
            failures.join(", ")
        )
    );
    failures
}

#[test]
fn a_good_assertion_passes_every_check() {
    let registry = CommandLine::with_client();
    let output = explain(&registry, &sign(&claims("client-1"), SECRET), &[]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{table}");
    let checks: Vec<&str> = table
        .lines()
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    let expected = [
        "CHECK", "form", "iss", "typ", "alg", "crit", "mac", "sub", "aud", "exp", "nbf", "iat", "jti",
        "email", "name", "replay",
    ];
    assert_eq!(checks, expected);
    assert_eq!(table.matches("  pass  ").count(), expected.len() - 1, "{table}");
    assert!(
        table.contains("jean.dupont@site"),
        "what was seen is shown: {table}"
    );
}

#[test]
fn the_assertion_of_the_contract_is_good_but_for_its_age() {
    let registry = CommandLine::with_customer();
    let args = [
        "client",
        "add",
        "--customer",
        "Acme",
        "--client-id",
        "client_id",
        "--audience",
        "https://api.site.com",
        "--secret-file",
        "-",
        "--allow-weak-secret",
    ];
    registry.json_given(&args, "secret");
    let output = explain(&registry, GOLDEN, &["--json"]);
    let explained = parse(&String::from_utf8(output.stdout.clone()).unwrap());
    assert_eq!(with_verdict(&explained, "fail"), ["exp", "iat"]);
    assert_eq!(with_verdict(&explained, "not_reached"), ["replay"]);
    assert_eq!(with_verdict(&explained, "pass").len(), 12, "{explained}");
    let exp = explained["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["check"] == "exp")
        .unwrap();
    let seen = exp["seen"].as_str().unwrap();
    assert!(
        seen.starts_with("expired: exp 1520182130, ") && seen.contains(" s ago"),
        "{seen}"
    );
    error_line(&output);
    let table = String::from_utf8(explain(&registry, GOLDEN, &[]).stdout).unwrap();
    assert!(
        table.contains("exp     FAIL"),
        "the table is printed all the same: {table}"
    );
}

#[test]
fn each_mistake_is_found_by_its_check() {
    let registry = CommandLine::with_client();
    let but = |name: &str, value: Value| sign(&claims_but("client-1", name, value), SECRET);
    let now = jsonwebtoken::get_current_timestamp();
    for (assertion, failing) in [
        (sign(&claims("client-1"), &SECRET.replace('9', "8")), "mac"),
        (but("aud", json!("https://elsewhere.example")), "aud"),
        (but("sub", Value::Null), "sub"),
        (but("exp", json!("soon")), "exp"),
        (but("exp", json!(now - 120)), "exp"),
        (but("exp", json!(now + 7200)), "exp"),
        (but("nbf", json!(now + 600)), "nbf"),
        (but("iat", json!(now + 600)), "iat"),
        (but("jti", json!(7)), "jti"),
        (but("email", json!("nobody")), "email"),
        (but("name", json!(["Jean"])), "name"),
        (but("iss", json!("nobody")), "iss"),
        (but("iss", Value::Null), "iss"),
        ("a.b".to_owned(), "form"),
        ("not an assertion".to_owned(), "form"),
    ] {
        assert_eq!(failures(&registry, &assertion), [failing], "{assertion}");
    }
}

#[test]
fn several_mistakes_are_all_found() {
    let registry = CommandLine::with_client();
    let mut claims = claims_but("client-1", "aud", json!("https://elsewhere.example"));
    claims["email"] = json!("nobody");
    let unsigned = {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()))
    };
    assert_eq!(failures(&registry, &unsigned), ["alg", "mac", "aud", "email"]);
}

#[test]
fn the_client_decides_what_is_accepted() {
    let registry = CommandLine::with_client();
    let good = sign(&claims("client-1"), SECRET);
    let short = sign(
        &claims_but(
            "client-1",
            "exp",
            json!(jsonwebtoken::get_current_timestamp() + 30),
        ),
        SECRET,
    );
    assert!(explain(&registry, &good, &[]).status.success());
    registry.json(&["client", "update", "client-1", "--max-assertion-ttl", "60"]);
    assert_eq!(failures(&registry, &good), ["exp"]);
    assert!(explain(&registry, &short, &[]).status.success());
    registry.json(&[
        "client",
        "update",
        "client-1",
        "--audience",
        "https://api.site.com",
    ]);
    assert_eq!(failures(&registry, &short), ["aud"]);
    registry.json(&[
        "client",
        "update",
        "client-1",
        "--audience",
        "default",
        "--grant",
        "client_credentials",
    ]);
    assert_eq!(failures(&registry, &short)[0], "iss", "it may not use the grant");
    registry.json(&["client", "disable", "client-1"]);
    let output = explain(&registry, &short, &[]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("disabled"));
}

#[test]
fn the_public_url_of_the_service_is_the_audience() {
    let registry = CommandLine::with_client();
    let assertion = sign(
        &claims_but("client-1", "aud", json!("https://api.site.com")),
        SECRET,
    );
    assert_eq!(failures(&registry, &assertion), ["aud"]);
    let output = explain(&registry, &assertion, &["--public-url", "https://api.site.com"]);
    assert!(output.status.success());
}

#[test]
fn there_must_be_something_to_explain() {
    let registry = CommandLine::new();
    assert_eq!(
        registry.error_given(&["assertion", "explain"], " \n"),
        "the input is empty"
    );
    let error = registry.error(&["assertion", "explain", "--file", "absent"]);
    assert!(error.starts_with("absent cannot be read"), "{error}");
    let error = registry.error_given(&["assertion", "explain", "--file", "-"], &"x".repeat(100_000));
    assert_eq!(error, "standard input is longer than 65536 bytes");
}
