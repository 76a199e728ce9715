//! What a build knows of its commit: `build.rs`, run in folders of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::{TempDir, tempdir};

const COMMIT: &str = "031414f719883eee884fb558346c88dcb4061bd2";

/// The build script, and a folder with sources.
struct Sources {
    dir: TempDir,
    script: PathBuf,
}

impl Sources {
    fn new() -> Self {
        let dir = tempdir().unwrap();
        let script = dir.path().join("script");
        let compiled = Command::new("rustc")
            .args(["--edition", "2024", "-A", "warnings", "-o"])
            .arg(&script)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("build.rs"))
            .status();
        assert!(compiled.unwrap().success());
        fs::create_dir_all(dir.path().join("sources/packaging")).unwrap();
        let sources = Self { dir, script };
        sources.write("$Format:%H %ct$\n");
        sources
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("sources")
    }

    fn write(&self, revision: &str) {
        fs::write(self.root().join("packaging/source-revision"), revision).unwrap();
    }

    fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(args)
            .current_dir(self.root())
            .env("GIT_COMMITTER_DATE", "1795713417 +0100")
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn run(&self, profile: &str, variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(&self.script);
        command
            .current_dir(self.root())
            .env_remove("SOURCE_COMMIT")
            .env_remove("SOURCE_DATE_EPOCH")
            .env("PROFILE", profile)
            .envs(variables.iter().copied());
        command.output().unwrap()
    }

    /// The commit and its time, as a build is told.
    fn told(&self, profile: &str, variables: &[(&str, &str)]) -> (String, String) {
        let output = self.run(profile, variables);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let value = |name: &str| {
            let prefix = format!("cargo::rustc-env={name}=");
            let mut lines = text.lines();
            lines
                .find_map(|line| line.strip_prefix(&prefix))
                .unwrap()
                .to_owned()
        };
        (value("BUILD_COMMIT"), value("BUILD_EPOCH"))
    }
}

fn pair(commit: &str, epoch: &str) -> (String, String) {
    (commit.to_owned(), epoch.to_owned())
}

#[test]
fn a_source_archive_says_its_commit_and_the_environment_says_it_first() {
    let sources = Sources::new();
    assert_eq!(sources.told("release", &[]), pair("", ""));
    sources.write(&format!("{COMMIT} 1795713417\n"));
    assert_eq!(sources.told("debug", &[]), pair(COMMIT, "1795713417"));
    let variables = [("SOURCE_COMMIT", "abc"), ("SOURCE_DATE_EPOCH", "5")];
    assert_eq!(sources.told("release", &variables), pair("abc", "5"));
    assert_eq!(
        sources.told("release", &[("SOURCE_COMMIT", "")]),
        pair(COMMIT, "1795713417")
    );
}

#[test]
fn git_says_the_commit_of_a_release_build_and_whether_it_was_modified() {
    let sources = Sources::new();
    sources.git(&["init", "--quiet"]);
    sources.git(&["add", "."]);
    sources.git(&["commit", "--quiet", "--message", "One"]);
    let commit = sources.git(&["rev-parse", "HEAD"]);
    assert_eq!(sources.told("release", &[]), pair(&commit, "1795713417"));
    // After every commit the library would be compiled again.
    assert_eq!(sources.told("debug", &[]), pair("", ""));
    sources.write("$Format:%H$\n");
    let modified = format!("{commit}-modified");
    assert_eq!(sources.told("release", &[]), pair(&modified, "1795713417"));
}

#[test]
fn what_cannot_be_a_commit_or_a_time_ends_the_build() {
    let sources = Sources::new();
    for (variable, value) in [("SOURCE_COMMIT", "a b"), ("SOURCE_DATE_EPOCH", "today")] {
        let output = sources.run("release", &[(variable, value)]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!output.status.success());
        assert!(
            said.contains(&format!("cargo::error={variable} is `{value}`")),
            "{said}"
        );
    }
}
