//! What every test stands on: PostgreSQL to break, the registry that is in it, and instances of the built program.

#[path = "../../it/harness/database.rs"]
pub mod database;
pub mod instance;
pub mod load;
#[path = "../../it/harness/receiver.rs"]
pub mod receiver;
pub mod registry;

use std::fs;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use private_postgres::{Durability, Options, PrivatePostgres};

pub use database::directory;
pub use instance::{Answer, Instance};
pub use registry::{Registry, TestClient};

/// The issuer of every instance.
pub const ISSUER: &str = "https://api.partner.example";
/// A secret of the form that Talentsoft gives out.
pub const SECRET: &str = "26a5c010885148d1afe2d535cb3e9ffaacbc714597bb4abdb2a6fca6d16658bf";
/// Another one.
pub const OTHER_SECRET: &str = "98fca0ed1d1548f5b41f2c4d26c1a4cae2c5f5f7a3cf4b6a8d3b6a0c7de51b11";
/// The master key of every instance.
pub const MASTER_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// How long anything may take before a test gives up: no promise, only patience for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again until `is_met`; returns how long that took.
pub async fn eventually(what: &str, mut is_met: impl AsyncFnMut() -> bool) -> Duration {
    let began = tokio::time::Instant::now();
    while !is_met().await {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

/// A PostgreSQL that loses nothing that was committed.
pub fn start_durable(data_dir: &Path) -> PrivatePostgres {
    let options = Options {
        data_dir: data_dir.to_owned(),
        durability: Durability::Full,
        pg_bin_dir: None,
        max_connections: 100,
    };
    PrivatePostgres::start(&options).unwrap()
}

/// A process id as the signal functions take it.
pub fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap())
}

/// A server with all its processes stopped where they stand; they go on when this is dropped.
pub struct Frozen(Vec<Pid>);

impl Frozen {
    pub fn new(postmaster: u32) -> Self {
        // The parent first: it makes no more children.
        let _ = kill(pid(postmaster), Signal::SIGSTOP);
        let file = format!("/proc/{postmaster}/task/{postmaster}/children");
        let children = fs::read_to_string(file).unwrap();
        let mut processes: Vec<Pid> = children
            .split_whitespace()
            .map(|number| Pid::from_raw(number.parse().unwrap()))
            .collect();
        for process in &processes {
            // It may have ended by itself.
            let _ = kill(*process, Signal::SIGSTOP);
        }
        processes.push(pid(postmaster));
        Self(processes)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for process in &self.0 {
            let _ = kill(*process, Signal::SIGCONT);
        }
    }
}

/// Whether the process has gone, other than as a zombie.
pub fn has_gone(number: u32) -> bool {
    fs::read(format!("/proc/{number}/cmdline")).map_or(true, |arguments| arguments.is_empty())
}
