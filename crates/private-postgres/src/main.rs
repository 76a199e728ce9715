//! `private-postgres DIR COMMAND…`: runs a command beside a throw-away PostgreSQL, for the scripts of this project.
//!
//! The cluster is created in `DIR`, or in another directory where the server cannot enter that one, and removed at the
//! end. The command gets the URL of the database as `THROW_AWAY_DATABASE_URL`, a name that no real database has; its exit
//! status is passed on.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

use nix::sys::signal::{SigSet, Signal};
use private_postgres::{Durability, Options, PrivatePostgres, reachable_dir, sweep_abandoned};

/// The variable in which the command finds the URL.
const URL_VARIABLE: &str = "THROW_AWAY_DATABASE_URL";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [dir, program, arguments @ ..] = arguments.as_slice() else {
        report("usage: private-postgres DIR COMMAND…");
        return ExitCode::from(2);
    };
    match run(Path::new(dir), Command::new(program).args(arguments)) {
        Ok(status) => ExitCode::from(shell_status(status)),
        Err(error) => {
            report(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run(dir: &Path, command: &mut Command) -> Result<ExitStatus, Box<dyn std::error::Error>> {
    // Ctrl-C reaches the command as well, which ends by it; this process has to stop the server after that.
    let mut interrupt = SigSet::empty();
    interrupt.add(Signal::SIGINT);
    interrupt.thread_block()?;

    let parent = reachable_dir(dir)?;
    sweep_abandoned(&parent);
    let data_dir = parent.join(std::process::id().to_string());
    let server = PrivatePostgres::start(&Options {
        data_dir: data_dir.clone(),
        durability: Durability::Disposable,
        pg_bin_dir: None,
        max_connections: 100,
    })?;
    let status = command
        .env(URL_VARIABLE, server.database_url())
        .status()
        .map_err(|error| format!("cannot run {}: {error}", command.get_program().display()));
    server.stop()?;
    fs::remove_dir_all(&data_dir)?;
    Ok(status?)
}

/// The exit status as a shell gives it: 128 and the number of the signal for a command that was killed.
fn shell_status(status: ExitStatus) -> u8 {
    let status = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    status
        .and_then(|status| u8::try_from(status).ok())
        .unwrap_or(u8::MAX)
}

fn report(text: &str) {
    // Nobody can be told when standard error is closed.
    _ = writeln!(io::stderr(), "private-postgres: {text}");
}
