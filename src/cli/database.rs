//! Opens the database for every subcommand: the configured one, or the private one, which is started unless it runs.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::Context;
use nix::fcntl::{Flock, FlockArg};

use crate::clock::Clock;
use crate::config::DatabaseConfig;
use crate::db::{DatabaseUrls, Db, SchemaError};
use private_postgres::{Durability, Options, PrivatePostgres};

/// A database with a schema that this program can work on, and the private PostgreSQL that has to run as long as it is used.
pub struct OpenDatabase {
    /// The database.
    pub db: Db,
    private: Option<PrivateServer>,
}

/// A private PostgreSQL, and the lock that commands take one after the other; dropped in this order.
struct PrivateServer {
    server: PrivatePostgres,
    _command_lock: Option<Flock<File>>,
}

/// Whether another process may run the private PostgreSQL already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// No: `serve` owns it.
    Exclusive,
    /// Yes: a command beside a running service uses that one.
    Shared,
}

/// What is done where the schema lacks migrations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// They are applied.
    Apply,
    /// The database is not opened, unless it is the private one and there is no schema in it yet: nobody else could make
    /// that.
    Refuse,
}

/// Opens the configured database, to be used by so many threads.
pub async fn open(
    config: &DatabaseConfig,
    ownership: Ownership,
    missing: Missing,
    threads: usize,
    clock: &Clock,
) -> anyhow::Result<OpenDatabase> {
    let opened = find(config, ownership, threads, clock).await?;
    match opened.prepare(missing).await {
        Ok(()) => Ok(opened),
        Err(error) => opened.close_after(Err(error)).await,
    }
}

/// The configured database, which nobody has connected to yet. The private PostgreSQL is started first.
pub async fn find(
    config: &DatabaseConfig,
    ownership: Ownership,
    threads: usize,
    clock: &Clock,
) -> anyhow::Result<OpenDatabase> {
    let private = match config.database_url() {
        Some(_) => None,
        None => Some(start_private(config, ownership).await?),
    };
    let url = private
        .as_ref()
        .map(|private| private.server.database_url())
        .or(config.database_url())
        .unwrap_or_default();
    let urls = DatabaseUrls {
        main: url.to_owned(),
        direct: config.database_direct_url().map(str::to_owned),
        read: config.database_read_url().map(str::to_owned),
    };
    let db = Db::at(&urls, clock, config.database_connections, threads)?;
    Ok(OpenDatabase { db, private })
}

async fn start_private(config: &DatabaseConfig, ownership: Ownership) -> anyhow::Result<PrivateServer> {
    let options = Options {
        data_dir: config.data_dir()?.to_owned(),
        durability: Durability::Full,
        pg_bin_dir: config.pg_bin_dir(),
        max_connections: 100,
    };
    let start = move || match ownership {
        Ownership::Exclusive => Ok(PrivateServer {
            server: PrivatePostgres::start(&options)?,
            _command_lock: None,
        }),
        Ownership::Shared => {
            let lock = take_command_lock(&options.data_dir)?;
            Ok(PrivateServer {
                server: PrivatePostgres::start_or_attach(&options)?,
                _command_lock: Some(lock),
            })
        }
    };
    tokio::task::spawn_blocking(start).await?
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

impl OpenDatabase {
    /// Connects, and makes sure that this program can work on the schema.
    pub async fn prepare(&self, missing: Missing) -> anyhow::Result<()> {
        match self.db.find_primary().await {
            Err(error) if !error.is_unsuitable() => {
                return Err(error).context("the database of DATABASE_URL cannot be reached");
            }
            found => found?,
        }
        let prepared = match missing {
            Missing::Apply => self.db.migrate().await,
            Missing::Refuse => match self.db.check_schema().await {
                Err(SchemaError::Absent) if self.private.is_some() => self.db.migrate().await,
                checked => checked,
            },
        };
        Ok(prepared?)
    }

    /// Closes the connections, stops the private PostgreSQL if this process started it, and returns `result`. Where both
    /// failed, the error is that of `result`.
    pub async fn close_after<T>(self, result: anyhow::Result<T>) -> anyhow::Result<T> {
        self.db.close();
        let stopped = match self.private {
            Some(private) => tokio::task::spawn_blocking(move || private.server.stop()).await?,
            None => Ok(()),
        };
        let output = result?;
        stopped?;
        Ok(output)
    }
}
