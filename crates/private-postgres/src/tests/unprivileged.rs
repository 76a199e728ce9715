//! Programs that refuse root, run for a process that may be root.

use std::process::Command;

use super::harness::directory;
use crate::{Unprivileged, tools_dir};

#[test]
fn a_program_is_not_run_by_root_and_can_write_what_it_was_handed() {
    let directory = directory();
    let user = Unprivileged::in_dir(directory.path()).unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    user.hand_over(&file).unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "/usr/bin/id -u > \"$0\""]).arg(&file);
    user.prepare(&mut command);
    assert!(command.status().unwrap().success());
    let uid: u32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    assert_ne!(uid, 0);
}

#[test]
fn the_tools_of_the_server_are_where_its_programs_are() {
    let tools = tools_dir().unwrap();
    for name in ["initdb", "postgres", "pg_basebackup", "pg_rewind"] {
        assert!(tools.join(name).is_file(), "{name} in {}", tools.display());
    }
    assert!(tools.is_absolute());
}
