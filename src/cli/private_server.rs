//! The private PostgreSQL of a process: started unless another process runs it, and started again when it ends by itself.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use nix::fcntl::{Flock, FlockArg};
use private_postgres::{Durability, Options, PrivatePostgres, Restarter};
use tokio::time::{Instant, sleep};

use super::database::Ownership;
use crate::config::DatabaseConfig;

/// The time between two checks whether the server still runs.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// The pauses before the server is started again. After the last one the service ends with an error, instead of serving
/// from memory only.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];
/// After a server has run for so long, the pauses begin anew when it ends.
const STEADY_TIME: Duration = Duration::from_mins(1);

/// A private PostgreSQL, and the lock that lets only one command at a time use it. The server is dropped before the lock.
pub struct PrivateServer {
    server: PrivatePostgres,
    _command_lock: Option<Flock<File>>,
}

impl PrivateServer {
    /// Starts the server. A command attaches to the server of a running service instead, if there is one.
    pub async fn start(config: &DatabaseConfig, ownership: Ownership) -> anyhow::Result<Self> {
        let options = Options {
            data_dir: config.data_dir()?.to_owned(),
            durability: Durability::Full,
            pg_bin_dir: config.pg_bin_dir(),
            max_connections: 100,
        };
        let start = move || match ownership {
            Ownership::Exclusive => Ok(Self {
                server: PrivatePostgres::start(&options)?,
                _command_lock: None,
            }),
            Ownership::Shared => {
                let lock = take_command_lock(&options.data_dir)?;
                Ok(Self {
                    server: PrivatePostgres::start_or_attach(&options)?,
                    _command_lock: Some(lock),
                })
            }
        };
        tokio::task::spawn_blocking(start).await?
    }

    /// The URL of the database on the server.
    pub fn database_url(&self) -> &str {
        self.server.database_url()
    }

    /// Starts the server again, after a pause, whenever it ends by itself; returns the error when that has not helped.
    pub async fn keep_running(&self) -> anyhow::Error {
        match self.server.restarter() {
            Some(restarter) => keep_running(&restarter).await,
            None => std::future::pending().await,
        }
    }

    /// Stops the server, if this process started it.
    pub async fn stop(self) -> anyhow::Result<()> {
        Ok(tokio::task::spawn_blocking(move || self.server.stop()).await??)
    }
}

async fn keep_running(restarter: &Restarter) -> anyhow::Error {
    let mut started_at = Instant::now();
    let mut pauses = PAUSES.iter();
    let mut last_error = None;
    loop {
        sleep(LOOK_INTERVAL).await;
        if !restarter.is_needed() {
            continue;
        }
        if started_at.elapsed() >= STEADY_TIME {
            pauses = PAUSES.iter();
        }
        let Some(pause) = pauses.next() else {
            let error = last_error.unwrap_or_else(|| anyhow!("it ended again after each start"));
            return error
                .context("the private PostgreSQL ended unexpectedly, and starting it again did not help");
        };
        sleep(*pause).await;
        let starting = restarter.clone();
        let started = tokio::task::spawn_blocking(move || starting.start_again()).await;
        started_at = Instant::now();
        last_error = match started {
            Ok(Ok(())) => None,
            Ok(Err(error)) => {
                tracing::error!(%error, "cannot start the private PostgreSQL again");
                Some(error.into())
            }
            Err(error) => Some(error.into()),
        };
    }
}

/// Waits for other commands on this data directory: the one that started the server stops it at its end.
fn take_command_lock(data_dir: &Path) -> anyhow::Result<Flock<File>> {
    let cannot = || format!("cannot use the data directory {}", data_dir.display());
    if let Some(parent) = data_dir.parent() {
        fs::create_dir_all(parent).with_context(cannot)?;
    }
    match DirBuilder::new().mode(0o700).create(data_dir) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error).with_context(cannot),
        _ => {}
    }
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(data_dir.join("commands.lock"))
        .with_context(cannot)?;
    Flock::lock(file, FlockArg::LockExclusive)
        .map_err(|(_, errno)| errno)
        .with_context(cannot)
}
