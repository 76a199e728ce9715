//! Root in a directory that only root may enter, where user namespaces are forbidden: PostgreSQL runs as another account.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::geteuid;

use crate::cli::private_database::{Demo, pair, paste};
use test_support::command_line::{directory, parse, program, succeed};

/// Runs a command with the root directory mounted at `$0`, from `$1`. The kernel forbids user namespaces in a `chroot`.
const IN_CHROOT: &str = r#"mount --rbind / "$0" && exec chroot "$0" sh -c 'cd "$0" && exec "$@"' "$@""#;

/// The ways to run the program in `dir` without user namespaces.
struct Confined<'a> {
    dir: &'a Path,
    is_in_chroot: bool,
}

impl<'a> Confined<'a> {
    /// `None` where this process is not root, or may neither mount nor do without: there the test says nothing.
    fn new(dir: &'a Path) -> Option<Self> {
        let succeeds = |command: &mut Command| {
            let status = command.stderr(Stdio::null()).status();
            status.is_ok_and(|status| status.success())
        };
        fs::create_dir(dir.join("root")).unwrap();
        let [in_chroot, outside] = [true, false].map(|is_in_chroot| Self { dir, is_in_chroot });
        let has_namespaces = |confined: &Self| {
            let test = confined.run("unshare", &["--user", "true"]);
            succeeds(&mut { test })
        };
        if !geteuid().is_root() {
            return None;
        }
        if succeeds(&mut in_chroot.run("true", &[])) {
            assert!(!has_namespaces(&in_chroot));
            return Some(in_chroot);
        }
        (!has_namespaces(&outside)).then_some(outside)
    }

    fn run(&self, name: impl AsRef<OsStr>, args: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        if self.is_in_chroot {
            command.args(["--mount", "sh", "-c", IN_CHROOT]);
            command.arg(self.dir.join("root")).arg(self.dir);
            command.arg(name);
        } else {
            command = Command::new(name);
        }
        // The environment and the directory of the program.
        for (variable, value) in program(self.dir, &[]).get_envs() {
            command.env(variable, value.unwrap());
        }
        command.args(args).current_dir(self.dir).stdin(Stdio::null());
        command
    }

    fn program(&self, args: &[&str]) -> Command {
        self.run(env!("CARGO_BIN_EXE_talentsoft-partner"), args)
    }
}

/// What the program makes outside of the directory of the test; removed when dropped.
struct Elsewhere(PathBuf);

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_demo_and_the_commands_find_a_directory_that_postgresql_can_enter() {
    let dir = directory();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
    let Some(confined) = Confined::new(dir.path()) else {
        return;
    };
    let demo = Demo::spawn(confined.program(&["demo"]));
    let (_, from) = demo.script.split_once("from the data in ").unwrap();
    let data_dir = Elsewhere(from.split_once(". Ctrl-C").unwrap().0.into());
    assert_eq!(
        data_dir.0.parent(),
        Some(Path::new("/var/lib/talentsoft-partner-data"))
    );
    let log = demo.service.log();
    let said: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("using another one"))
        .collect();
    assert_eq!(said.len(), 1, "{log}");
    assert!(said[0].contains(data_dir.0.to_str().unwrap()), "{log}");
    assert_ne!(data_dir.0.join("postgres").metadata().unwrap().uid(), 0);
    assert!(!dir.path().join("data").exists());
    assert!(paste(&demo.script).contains("Île-de-France"));
    let list = || parse(&succeed(&mut confined.program(&["campaign", "list", "--json"])));
    let beside = list();
    assert_eq!(beside.as_array().unwrap().len(), 4, "{beside}");
    let first = pair(&demo.script);
    demo.service.interrupt();
    assert_eq!(list(), beside, "the data is found without the service, too");
    let demo = Demo::spawn(confined.program(&["demo"]));
    assert_eq!(pair(&demo.script), first);
    demo.service.interrupt();
}
