//! `backup` and `restore`: what is brought back, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use test_support::SECRET;
use test_support::command_line::CommandLine;

/// A registry with something of several kinds, and its backup.
fn backed_up() -> (CommandLine, String) {
    let registry = CommandLine::with_client();
    registry.add_client(
        "other",
        &["--organisational-unit", "tab\\slash 'é'", "--audience", "urn:a"],
    );
    registry.text(&["client", "disable", "other"]);
    registry.json(&[
        "campaign",
        "add",
        "--customer",
        "Acme",
        "--language",
        "fr-FR",
        "Entretien",
    ]);
    let folder = registry.dir.path().join("backup").to_str().unwrap().to_owned();
    registry.text(&["backup", &folder]);
    (registry, folder)
}

fn manifest(folder: &str) -> Value {
    serde_json::from_slice(&fs::read(Path::new(folder).join("manifest.json")).unwrap()).unwrap()
}

/// What clients, customers, campaigns and secrets are, without what a restore changes.
fn content(registry: &CommandLine) -> Value {
    let mut clients = registry.json(&["client", "list"]);
    for client in clients.as_array_mut().unwrap() {
        client.as_object_mut().unwrap().remove("token_generation");
    }
    json!([
        clients,
        registry.json(&["customer", "list"]),
        registry.json(&["campaign", "list", "--customer", "Acme"]),
        registry.json(&["secret", "list", "client-1"]),
        registry.json(&["key", "list"]),
    ])
}

/// It would stand in the way of the next one under its name.
#[test]
fn nothing_is_left_of_a_backup_that_cannot_be_written_to_its_end() {
    let registry = CommandLine::with_client();
    let folder = registry.dir.path().join("backup");
    let args = ["backup", folder.to_str().unwrap()];
    for blocks in [0, 1] {
        let output = registry.command_on_full_disk(blocks, &args).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert_eq!(error.matches("File too large").count(), 1, "{error}");
        assert!(!folder.exists(), "{error}");
    }
    registry.text(&args);
    assert!(folder.join("manifest.json").exists());
}

#[tokio::test]
async fn what_was_backed_up_is_restored_into_an_empty_database() {
    let checking = tokio::task::spawn_blocking(|| {
        let (registry, folder) = backed_up();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(Path::new(&folder)), 0o700);
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
        let manifest = manifest(&folder);
        let text = manifest.to_string();
        assert!(!text.contains(SECRET) && !text.contains("0123456789abcdef0123456789abcdef"));
        let names: Vec<&str> = manifest["tables"]
            .as_array()
            .unwrap()
            .iter()
            .map(|table| table["name"].as_str().unwrap())
            .collect();
        assert!(
            names.contains(&"client") && names.contains(&"revoked_token"),
            "{names:?}"
        );
        for left_out in [
            "market_import",
            "replica",
            "staff_kept_form",
            "staff_sent_form",
            "staff_session",
            "staff_provider_visit",
            "_sqlx_migrations",
        ] {
            assert!(!names.contains(&left_out), "{left_out}");
        }
        let checked = registry.json(&["restore", "--check", &folder]);
        assert_eq!(checked["is_consistent"], true);
        assert_eq!(checked["is_master_key_checked"], true);

        let other = CommandLine::empty();
        let restored = other.json(&["restore", &folder]);
        assert_eq!(restored["left_out"], json!([]));
        assert_eq!(restored["are_tokens_ended"], true);
        assert_eq!(content(&other), content(&registry));
        let checked = other.json(&["restore", "--check"]);
        assert_eq!(checked["is_consistent"], true, "{checked}");
        let audit = other.json(&["audit", "list", "--limit", "1"]);
        assert_eq!(
            (&audit[0]["action"], &audit[0]["subject_kind"]),
            (&json!("restored"), &json!("database"))
        );
        // Numbers go on where they were, and what is sealed opens.
        other.json(&["key", "rotate", "secret"]);
        other.json(&["client", "add", "--customer", "Acme", "--generate-secret"]);
        let again = other.error(&["restore", &folder]);
        assert!(again.contains("the database is not empty"), "{again}");
        other
    });
    let other = checking.await.unwrap();
    let service = tokio::task::spawn_blocking(move || (other.serve(), other));
    let (service, other) = service.await.unwrap();
    assert_eq!(service.ask_as("client-1", SECRET).await.0, 200);
    let assertion = test_support::command_line::sign(&test_support::command_line::claims("client-1"), SECRET);
    assert_eq!(
        service.exchange(&assertion).await.0,
        200,
        "its sealed secret is there"
    );
    assert_eq!(service.ask_as("other", SECRET).await.0, 401, "it is disabled");
    drop((service, other));
}

#[test]
fn a_backup_that_is_not_whole_or_not_ours_is_not_restored() {
    let (registry, folder) = backed_up();
    let other = CommandLine::empty();
    let path = |name: &str| Path::new(&folder).join(name);
    let refused = |words: &str| {
        for args in [&["restore", "--check", &folder][..], &["restore", &folder]] {
            let error = other.error(args);
            assert!(error.contains(words), "{words}: {error}");
        }
    };
    // One file after the other is damaged, and mended again.
    for (name, change, words) in [
        (
            "client.copy.gz",
            "cut",
            "client.copy.gz is not what the manifest says: its length",
        ),
        (
            "client.copy.gz",
            "flip",
            "client.copy.gz is not what the manifest says: its SHA-256",
        ),
        ("client.copy.gz", "remove", "client.copy.gz: No such file"),
        ("manifest.json", "remove", "there is no manifest.json"),
        ("manifest.json", "cut", "manifest.json cannot be read"),
        ("manifest.seal", "flip", "was not sealed under the master key"),
    ] {
        let whole = fs::read(path(name)).unwrap();
        let mut changed = whole.clone();
        match change {
            "cut" => changed.truncate(whole.len() / 2),
            "flip" => {
                let middle = whole.len() / 2;
                changed[middle] = if changed[middle] == b'0' { b'1' } else { b'0' };
            }
            _ => {}
        }
        if change == "remove" {
            fs::remove_file(path(name)).unwrap();
        } else {
            fs::write(path(name), &changed).unwrap();
        }
        refused(words);
        fs::write(path(name), whole).unwrap();
    }
    // A manifest that says something else is not the one that was sealed.
    let whole = fs::read_to_string(path("manifest.json")).unwrap();
    fs::write(
        path("manifest.json"),
        whole.replace("\"program\": \"", "\"program\": \"9"),
    )
    .unwrap();
    refused("was not sealed under the master key");
    let mut later = manifest(&folder);
    later["migrations"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "version": 9999, "checksum": "00" }));
    fs::write(path("manifest.json"), later.to_string()).unwrap();
    refused("migration 9999 was applied");
    fs::write(
        path("manifest.json"),
        whole.replacen("\"form\": 1", "\"form\": 2", 1),
    )
    .unwrap();
    refused("the backup has form 2, and this program reads form 1");
    fs::write(path("manifest.json"), whole).unwrap();

    other.file("master.key", &"1e".repeat(32));
    refused("the backup needs master key");
    other.file("master.key", &"0123456789abcdef".repeat(4));
    let error = registry.error(&["backup", &folder]);
    assert!(error.contains("File exists"), "{error}");
    registry.file("master.key", &"1e".repeat(32));
    let error = registry.error(&["backup", "second"]);
    assert!(error.contains("is not the one that sealed the keys"), "{error}");
    assert!(!registry.dir.path().join("second").exists());
    // After all that it is restored.
    other.text(&["restore", &folder]);
}

#[test]
fn a_database_that_is_not_consistent_is_named() {
    let (registry, _) = backed_up();
    assert_eq!(registry.json(&["restore", "--check"])["is_consistent"], true);
    for (sql, check, words) in [
        (
            "select setval(pg_get_serial_sequence('sealing_key', 'sealing_key_id'), 1)",
            "numbers",
            "sealing_key.sealing_key_id",
        ),
        (
            "update client_secret set sealed_secret = set_byte(sealed_secret, 0, get_byte(sealed_secret, 0) # 1)
                 where client_id = 'client-1'",
            "sealed",
            "1 secrets do not open",
        ),
    ] {
        registry.execute(sql);
        let output = registry.command(&["restore", "--check", "--json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["check"] == check).unwrap();
        assert_eq!(finding["is_ok"], false, "{check}");
        assert!(finding["detail"].as_str().unwrap().contains(words), "{finding}");
    }
    registry.file("master.key", &"1e".repeat(32));
    let output = registry
        .command(&["restore", "--check", "--json"])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let sealed = &report["findings"][0];
    assert!(
        sealed["detail"]
            .as_str()
            .unwrap()
            .contains("is not the one that sealed"),
        "{report}"
    );
}
