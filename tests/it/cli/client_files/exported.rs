//! Files that are written.

use std::fs;

use serde_json::json;

use super::{error_of, path, run};
use test_support::SECRET;
use test_support::command_line::CommandLine;

#[test]
fn what_is_exported_can_be_imported_elsewhere() {
    let registry = CommandLine::with_customer();
    registry.json(&["customer", "add", "=cmd|' /C calc'!A0"]);
    registry.add_client(
        "all",
        &[
            "--organisational-unit",
            "Rennes; \"Sud\", none",
            "--grant",
            "jwt_bearer",
            "--scope",
            "videos,profiles",
            "--audience",
            "https://a.example/a,b",
            "--audience",
            "urn:with space",
            "--token-ttl",
            "15m",
            "--max-assertion-ttl",
            "30m",
            "--clock-skew",
            "0",
            "--replay-policy",
            "always",
            "--expires-in-format",
            "number",
            "--requests-per-second",
            "unlimited",
            "--callback-host",
            "ats.example",
            "--entitlement",
            "all",
            "--quota",
            "50/year",
        ],
    );
    registry.add_client("=1+1", &["--organisational-unit", "'none"]);
    registry.json(&[
        "client",
        "add",
        "--generate-secret",
        "--client-id",
        "admin",
        "--scope",
        "admin",
        "--admin-network",
        "203.0.113.0/24",
    ]);
    registry.text(&["client", "disable", "all"]);
    let comparable = |registry: &CommandLine| {
        let mut list = registry.json(&["client", "list"]);
        for client in list.as_array_mut().unwrap() {
            for name in ["created_at", "customer_id", "token_generation"] {
                client.as_object_mut().unwrap().remove(name);
            }
        }
        list
    };
    let expected = comparable(&registry);
    for name in ["clients.csv", "clients.json"] {
        let done = registry.json(&["client", "export", name]);
        assert_eq!(done, json!({ "file": name, "clients": 3, "has_secrets": false }));
        let exported = fs::read_to_string(registry.dir.path().join(name)).unwrap();
        assert!(!exported.contains(SECRET));
        assert!(
            name != "clients.csv" || exported.contains("\r\n'=1+1,"),
            "{exported}"
        );

        let other = CommandLine::new();
        let file = path(&other, name, &exported);
        let (report, error) = run(&other, &["client", "import", &file, "--add-customers"]);
        assert_eq!(report["refused"], 3, "no row has its secret");
        assert!(error.contains("3 rows are refused"), "{error}");
        let report = other.json(&["client", "import", &file, "--add-customers", "--generate-secrets"]);
        assert_eq!(report["created"], 3);
        assert_eq!(comparable(&other), expected, "{name}");
        let (report, error) = run(&registry, &["client", "import", name]);
        assert_eq!((error.as_str(), &report["unchanged"]), ("", &json!(3)), "{name}");
    }
    let error = registry.error(&["client", "export", "clients.csv"]);
    assert!(error.contains("cannot write clients.csv"), "{error}");
    let output = registry.command(&["client", "export"]).output().unwrap();
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && note.starts_with("The secrets are not among it"),
        "{note}"
    );
}

/// It would stand in the way of the next one under its name.
#[test]
fn nothing_is_left_of_a_file_that_cannot_be_written_to_its_end() {
    let registry = CommandLine::with_client();
    for name in ["clients.csv", "clients.json"] {
        let mut export = registry.command_on_full_disk(0, &["client", "export", name]);
        let error = error_of(&export.output().unwrap());
        assert!(
            error.contains(&format!("cannot write {name}: File too large")),
            "{error}"
        );
        assert!(!registry.dir.path().join(name).exists());
        registry.json(&["client", "export", name]);
    }
    let file = path(&registry, "more.csv", "client_id,customer\na,Acme\n");
    let args = [
        "client",
        "import",
        &file,
        "--generate-secrets",
        "--secrets-file",
        "secrets.csv",
    ];
    let error = error_of(&registry.command_on_full_disk(0, &args).output().unwrap());
    assert!(
        error.contains("the secrets cannot be written to secrets.csv: File too large"),
        "{error}"
    );
    registry.json(&args);
}
