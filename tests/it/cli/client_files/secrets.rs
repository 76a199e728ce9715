//! Secrets that an import generates: told once, or nothing is registered.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::json;

use super::{error_of, path, rows, run};
use test_support::command_line::CommandLine;

#[test]
fn generated_secrets_are_written_once_for_their_owner_alone() {
    let registry = CommandLine::new();
    let file = path(&registry, "clients.csv", "client_id,customer\na,Acme\nb,Acme\n");
    let import = |more: &[&str]| {
        let args = ["client", "import", &file, "--add-customers", "--generate-secrets"];
        run(&registry, &[&args[..], more].concat())
    };
    let (report, error) = import(&["--secrets-file", "secrets.csv"]);
    assert_eq!((error.as_str(), &report["created"]), ("", &json!(2)));
    assert!(report["rows"][0].get("client_secret").is_none());
    let secrets = registry.dir.path().join("secrets.csv");
    assert_eq!(
        fs::metadata(&secrets).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = fs::read_to_string(&secrets).unwrap();
    let pairs: Vec<&str> = text.lines().skip(1).collect();
    assert!(
        pairs.len() == 2 && pairs[0].len() == "a,".len() + 64,
        "{} lines",
        pairs.len()
    );

    // What it wrote is what the clients have, and nothing else is made when it is repeated.
    let report = registry.json(&["client", "import", secrets.to_str().unwrap()]);
    assert_eq!(rows(&report), ["2 a unchanged -", "3 b unchanged -"]);
    let (_, error) = import(&["--secrets-file", "secrets.csv"]);
    assert!(error.contains("is there already"), "{error}");
    let (report, _) = import(&[]);
    assert_eq!(rows(&report), ["2 a unchanged -", "3 b unchanged -"]);
    assert_eq!(fs::read_to_string(&secrets).unwrap(), text);

    let file = path(&registry, "more.csv", "client_id,customer\nc,Acme\n");
    let shown = registry.text(&["client", "import", &file, "--generate-secrets"]);
    assert!(shown.contains("will not be shown again"), "no secret was shown");
}

/// Nobody would ever have the secrets of clients that are registered then.
#[test]
fn nothing_is_registered_where_the_secrets_cannot_be_told() {
    let registry = CommandLine::with_customer();
    let file = path(&registry, "clients.csv", "client_id,customer\na,Acme\n");
    let import = ["client", "import", &file, "--generate-secrets"];
    let to_file = [&import[..], &["--secrets-file", "secrets.csv"]].concat();
    let full = || {
        let device = fs::OpenOptions::new().write(true).open("/dev/full");
        Stdio::from(device.unwrap())
    };
    // A pipe whose reader has gone.
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    for (args, stdout) in [(&import[..], full()), (&import, closed()), (&to_file, full())] {
        let output = registry.command(args).stdout(stdout).output().unwrap();
        let error = error_of(&output);
        let expected = "the import was not completed; run it again: cannot write to standard output";
        assert!(error.contains(expected), "{error}");
        assert_eq!(registry.json(&["client", "list"]), json!([]), "{args:?}");
        assert!(!registry.dir.path().join("secrets.csv").exists(), "{args:?}");
    }
    registry.json(&to_file);
}

/// Looked at before the rows are, which takes long for what is hashed.
#[test]
fn a_file_of_secrets_in_a_folder_that_is_not_there_is_refused_at_once() {
    let registry = CommandLine::new();
    let args = ["client", "import", "absent.csv", "--generate-secrets"];
    let error = registry.error(&[&args[..], &["--secrets-file", "nowhere/secrets.csv"]].concat());
    let expected =
        "nowhere/secrets.csv cannot be written: nowhere is not a folder that is there; make it first";
    assert_eq!(error, expected);
}
