//! What is shown once: nothing is done whose secret nobody was told.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::json;

use test_support::command_line::CommandLine;

/// Runs a command with each standard output that nobody reads; what it says each time.
fn untold(registry: &CommandLine, args: &[&str]) -> Vec<String> {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    // A pipe whose reader has gone.
    let broken = std::io::pipe().unwrap().1;
    let outputs = [Stdio::from(full), Stdio::from(broken), Stdio::null()];
    let mut said: Vec<String> = outputs
        .into_iter()
        .map(|stdout| error_of(&registry.command(args).stdout(stdout).output().unwrap()))
        .collect();
    let command = registry.command(args);
    let mut closed = Command::new("sh");
    closed
        .args(["-c", r#"exec "$0" "$@" >&-"#])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(registry.dir.path())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null());
    said.push(error_of(&closed.output().unwrap()));
    said
}

fn error_of(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

#[test]
fn no_client_is_registered_whose_generated_secret_nobody_was_told() {
    let registry = CommandLine::with_customer();
    let add = [
        "client",
        "add",
        "--customer",
        "Acme",
        "--client-id",
        "a",
        "--generate-secret",
    ];
    for args in [&add[..], &[&add[..], &["--json"]].concat()] {
        for error in untold(&registry, args) {
            assert!(error.contains("cannot write to standard output"), "{error}");
        }
    }
    assert_eq!(registry.json(&["client", "list"]), json!([]));
    assert_eq!(
        registry.json(&add)["client_id"],
        "a",
        "the identifier is still free"
    );
}

#[test]
fn no_secret_is_added_that_nobody_was_told() {
    let registry = CommandLine::with_client();
    let add = ["secret", "add", "client-1", "--generate-secret"];
    let before = registry.json(&["secret", "list", "client-1"]);
    for error in untold(&registry, &add) {
        assert!(error.contains("cannot write to standard output"), "{error}");
    }
    assert_eq!(registry.json(&["secret", "list", "client-1"]), before);
}

#[test]
fn a_master_key_that_nobody_was_told_is_an_error() {
    let registry = CommandLine::empty();
    for error in untold(&registry, &["key", "new-master"]) {
        assert!(error.contains("cannot write to standard output"), "{error}");
    }
}

/// Who has the secret need not be told, so a reader that goes away is no error.
#[test]
fn a_client_with_a_secret_of_a_file_is_registered_whoever_reads() {
    let registry = CommandLine::with_customer();
    let secret = registry.file("secret", test_support::SECRET);
    let secret = secret.to_str().unwrap();
    for (client_id, stdout) in [
        ("a", Stdio::null()),
        ("b", Stdio::from(std::io::pipe().unwrap().1)),
    ] {
        let add = [
            "client",
            "add",
            "--customer",
            "Acme",
            "--client-id",
            client_id,
            "--secret-file",
            secret,
        ];
        assert!(registry.command(&add).stdout(stdout).status().unwrap().success());
    }
    assert_eq!(registry.json(&["client", "list"]).as_array().unwrap().len(), 2);
}
