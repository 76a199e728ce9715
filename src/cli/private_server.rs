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

/// How often the server is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// The pauses before it is started again. Whoever needs more of them is told, instead of being served from memory only.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];
/// A server that has run for so long is well: if it ends, the pauses begin anew.
const STEADY_TIME: Duration = Duration::from_mins(1);

/// A private PostgreSQL, and the lock that commands take one after the other; dropped in this order.
pub struct PrivateServer {
    server: PrivatePostgres,
    _command_lock: Option<Flock<File>>,
}

impl PrivateServer {
    /// Starts it, or, for a command, attaches to that of a running service.
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

    /// Where it is reached.
    pub fn database_url(&self) -> &str {
        self.server.database_url()
    }

    /// Starts it again, after a pause, whenever it ended by itself; returns when that did not help.
    pub async fn keep_running(&self) -> anyhow::Error {
        match self.server.restarter() {
            Some(restarter) => keep_running(&restarter).await,
            None => std::future::pending().await,
        }
    }

    /// Stops it, if this process started it.
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
            let error = last_error.unwrap_or_else(|| anyhow!("it ends again each time"));
            return error
                .context("the private PostgreSQL ended by itself, and to start it again did not help");
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
