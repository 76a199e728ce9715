//! Tells the program which commit it is built from, and when that commit was made: `BUILD_COMMIT` and `BUILD_EPOCH`, empty where
//! nobody knows, and with which compiler: `BUILD_RUSTC`.
//!
//! `SOURCE_COMMIT` and `SOURCE_DATE_EPOCH` say so where they are set, then `packaging/source-revision`, which `git archive` fills
//! in, and then git. A debug build does not ask git: after every commit the library would be compiled again.
#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told by the environment"
)]

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

/// What `git archive` fills in: the commit, a space, and the seconds since 1970 at which it was made.
const ARCHIVED: &str = "packaging/source-revision";

/// What a modification of makes a build another one than that of its commit.
const SOURCES: [&str; 5] = ["Cargo.lock", "Cargo.toml", "crates", "migrations", "src"];

/// A commit, and the seconds since 1970 at which it was made.
#[derive(Default)]
struct Revision {
    commit: Option<String>,
    epoch: Option<String>,
}

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={ARCHIVED}");
    let told = Revision {
        commit: variable("SOURCE_COMMIT"),
        epoch: variable("SOURCE_DATE_EPOCH"),
    };
    let found = archived().or_else(checked_out).unwrap_or_default();
    let commit = told.commit.or(found.commit).unwrap_or_default();
    let epoch = told.epoch.or(found.epoch).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !commit.chars().all(is_plain) {
        println!("cargo::error=SOURCE_COMMIT is `{commit}`; it must be the identifier of a commit");
        return ExitCode::FAILURE;
    }
    if !epoch.chars().all(|c| c.is_ascii_digit()) {
        println!("cargo::error=SOURCE_DATE_EPOCH is `{epoch}`; it must be seconds since 1970");
        return ExitCode::FAILURE;
    }
    println!("cargo::rustc-env=BUILD_COMMIT={commit}");
    println!("cargo::rustc-env=BUILD_EPOCH={epoch}");
    println!("cargo::rustc-env=BUILD_RUSTC={}", compiler().unwrap_or_default());
    ExitCode::SUCCESS
}

/// The version of the compiler, such as 1.95.0.
fn compiler() -> Option<String> {
    let output = Command::new(env::var_os("RUSTC")?)
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1).map(str::to_owned)
}

/// A variable, if it is set and not empty.
fn variable(name: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed={name}");
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// What `git archive` has written into a source archive.
fn archived() -> Option<Revision> {
    let text = fs::read_to_string(ARCHIVED).ok()?;
    let (commit, epoch) = text.trim().split_once(' ')?;
    let is_filled_in = !commit.starts_with('$');
    is_filled_in.then(|| Revision {
        commit: Some(commit.to_owned()),
        epoch: Some(epoch.to_owned()),
    })
}

/// What git says of a release build's sources; `-modified` is appended where they are not those of the commit.
fn checked_out() -> Option<Revision> {
    if env::var("PROFILE").is_ok_and(|profile| profile != "release") {
        return None;
    }
    // The sources may also lie in somebody else's repository.
    let top = fs::canonicalize(git(&["rev-parse", "--show-toplevel"])?).ok()?;
    if top != fs::canonicalize(".").ok()? {
        return None;
    }
    for file in ["logs/HEAD", "index"] {
        let path = git(&["rev-parse", "--git-path", file])?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    for path in SOURCES {
        println!("cargo::rerun-if-changed={path}");
    }
    let line = git(&["log", "-1", "--format=%H %ct"])?;
    let (commit, epoch) = line.split_once(' ')?;
    let is_clean = git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    let suffix = if is_clean { "" } else { "-modified" };
    Some(Revision {
        commit: Some(format!("{commit}{suffix}")),
        epoch: Some(epoch.to_owned()),
    })
}

/// What git answers, if it is there and succeeds.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
