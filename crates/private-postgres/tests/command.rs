//! `private-postgres`, the program that the scripts of this project run a command with.
#![expect(clippy::unwrap_used, reason = "what helps a test is a test")]

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use private_postgres::reachable_dir;
use tempfile::TempDir;

fn directory() -> TempDir {
    let parent = reachable_dir(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    tempfile::tempdir_in(parent).unwrap()
}

/// The program on a cluster in `dir`, with a command for the shell.
fn program(dir: &Path, command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_private-postgres"));
    program
        .arg(dir)
        .args(["sh", "-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

fn text(output: &Output) -> (String, String) {
    let [out, error] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    (out, error)
}

#[test]
fn a_command_gets_the_url_of_a_server_that_is_gone_when_it_ends() {
    let dir = directory();
    let script = "echo \"$THROW_AWAY_DATABASE_URL\"; ls \"$0\"/*/run/.s.PGSQL.5432; exit 7";
    let output = program(dir.path(), script).arg(dir.path()).output().unwrap();
    let (out, error) = text(&output);
    assert_eq!(output.status.code(), Some(7), "{error}");
    assert!(out.starts_with("postgres:///partner?host="), "{out}");
    assert!(out.ends_with("run/.s.PGSQL.5432\n"), "{out}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn what_a_command_that_cannot_run_or_is_killed_leaves_is_removed() {
    let dir = directory();
    let output = program(dir.path(), "kill -KILL $$").output().unwrap();
    assert_eq!(output.status.code(), Some(137));
    let mut program = Command::new(env!("CARGO_BIN_EXE_private-postgres"));
    let output = program.arg(dir.path()).arg("no such program").output().unwrap();
    let (_, error) = text(&output);
    assert!(
        error.starts_with("private-postgres: cannot run no such program"),
        "{error}"
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn ctrl_c_lets_the_command_end_before_the_server() {
    let dir = directory();
    let begun = dir.path().join("begun");
    // A file tells that the trap is set; the server must still run when the trap does.
    let script =
        "trap 'ls \"${0%begun}\"/*/run/.s.PGSQL.5432; exit 5' INT; : > \"$0\"; while :; do sleep 0.02; done";
    // Where the tests run in the background of a script, the signal is ignored, and who inherits that cannot trap it.
    let child = Command::new("env")
        .args(["--default-signal=INT", env!("CARGO_BIN_EXE_private-postgres")])
        .arg(dir.path())
        .args(["sh", "-c", script])
        .arg(&begun)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !begun.exists() {
        assert!(Instant::now() < deadline, "the command did not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    killpg(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, error) = text(&output);
    assert_eq!(output.status.code(), Some(5), "{error}");
    assert!(out.ends_with("run/.s.PGSQL.5432\n"), "{out}");
    fs::remove_file(&begun).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn without_a_command_it_says_how_it_is_used() {
    let output = Command::new(env!("CARGO_BIN_EXE_private-postgres"))
        .arg("dir")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output).1,
        "private-postgres: usage: private-postgres DIR COMMAND…\n"
    );
}
