//! The built program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The directory of the build, `target/debug` or its like: this test program is in its `deps`.
pub(crate) fn build_dir() -> PathBuf {
    let test_program = std::env::current_exe().unwrap();
    let deps = test_program.parent().unwrap();
    assert!(
        deps.ends_with("deps"),
        "not built by cargo: {}",
        test_program.display()
    );
    deps.parent().unwrap().to_owned()
}

/// The program with a clean environment, in `dir`. Cargo builds it before the tests of its package.
#[expect(clippy::disallowed_methods, reason = "what finds PostgreSQL must get through")]
pub fn program(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(build_dir().join("talentsoft-partner"));
    command
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::null())
        .env_clear()
        // Many run at a time, and each would want the same port.
        .env("PARTNER_ADMIN_LISTEN", "off");
    for name in ["PATH", "PG_BIN_DIR", "TMPDIR", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}
