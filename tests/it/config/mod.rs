//! What the service is told from outside: every variable is documented, and a wrong value is explained.

mod documents;
mod files;
mod values;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use test_support::PATIENCE;

const GOOD_KEY: &str = "Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8=";
/// Stands in everything that must never be printed.
const SECRET: &str = "s3cret";

/// Runs the program in `dir` with these variables and no others. It must end by itself.
fn run(dir: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_talentsoft-partner"))
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("PARTNER_LISTEN", "127.0.0.1:0")
        .env("PARTNER_OPS_LISTEN", "127.0.0.1:0")
        .env("PARTNER_ADMIN_LISTEN", "off")
        .env("PARTNER_DATA_DIR", dir.join("data"))
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("the program did not end by itself: {arguments:?} {variables:?}");
        }
        sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

/// What the program says about these variables, on one line. It must refuse them, and must not print a secret.
fn refusal_in(dir: &Path, variables: &[(&str, &str)]) -> String {
    refusal_of(dir, &["serve"], variables)
}

/// The same of a command.
fn refusal_of(dir: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(dir, arguments, variables);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{variables:?} was accepted");
    assert!(output.stdout.is_empty(), "{variables:?} wrote to standard output");
    assert!(!error.contains(SECRET), "{variables:?} printed a secret: {error}");
    error.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn refusal(variables: &[(&str, &str)]) -> String {
    refusal_in(tempfile::tempdir().unwrap().path(), variables)
}
