//! Root in a directory of another account: what root leaves there, the service of that account could not use.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use nix::unistd::geteuid;

use test_support::command_line::{Service, directory, fail, program, succeed};

/// An account that every system has.
const NOBODY: u32 = 65_534;

/// Gives a directory to another account; `false` where this process may not.
fn give_away(dir: &Path) -> bool {
    geteuid().is_root() && chown(dir, Some(NOBODY), Some(NOBODY)).is_ok()
}

#[test]
fn root_leaves_nothing_in_the_data_directory_of_another_account() {
    let dir = directory();
    let (dir, data) = (dir.path(), dir.path().join("data"));
    fs::create_dir(&data).unwrap();
    if !give_away(&data) {
        return;
    }
    for (args, variable) in [
        (&["customer", "list"][..], None),
        (&["customer", "list"], Some(data.to_str().unwrap())),
        (&["migrate"], None),
        (&["restore", "--check"], None),
        (&["backup", "folder"], None),
        (&["key", "rotate", "token"], None),
        (&["serve"], None),
        (&["demo"], None),
    ] {
        let mut command = program(dir, args);
        command
            .env("PARTNER_LISTEN", "127.0.0.1:0")
            .env("PARTNER_OPS_LISTEN", "127.0.0.1:0")
            .env("PARTNER_LOG", "error");
        command.envs(variable.map(|path| ("PARTNER_DATA_DIR", path)));
        let error = fail(&mut command);
        let expected = "who could not use what root leaves there: run this as that account, `runuser -u ";
        assert!(error.contains(expected), "{args:?}: {error}");
        assert_eq!(fs::read_dir(&data).unwrap().count(), 0, "{args:?}");
    }
    assert!(!dir.join("folder").exists());
    // What needs no database needs no directory either.
    succeed(&mut program(dir, &["key", "new-master"]));
}

#[test]
fn a_command_of_root_makes_no_data_directory_where_another_account_is_at_home() {
    let dir = directory();
    let dir = dir.path();
    if !give_away(dir) {
        return;
    }
    let elsewhere = dir.join("deep/data");
    for variable in [None, Some(elsewhere.to_str().unwrap())] {
        let mut command = program(dir, &["customer", "list"]);
        command.envs(variable.map(|path| ("PARTNER_DATA_DIR", path)));
        let error = fail(&mut command);
        assert!(
            error.contains("or set PARTNER_DATA_DIR to a directory of root's"),
            "{error}"
        );
        assert_eq!(fs::read_dir(dir).unwrap().count(), 0);
    }
    // A service that root runs there is root's own, and so is its directory.
    let service = Service::spawn(program(dir, &["serve"]));
    assert_eq!(dir.join("data").metadata().unwrap().uid(), 0);
    succeed(&mut program(dir, &["customer", "list"]));
    service.interrupt();
    succeed(&mut program(dir, &["customer", "list"]));
}
