//! The way of every subcommand to the database: the configured one, or the private one, started where nobody runs it yet.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::Context;
use nix::fcntl::{Flock, FlockArg};

use crate::config::DatabaseConfig;
use crate::db::Db;
use private_postgres::{Durability, EmbeddedDb, Options};

/// A database that is up to date, and the private PostgreSQL that has to live as long as it.
pub struct OpenDatabase {
    /// The database.
    pub db: Db,
    embedded: Option<Embedded>,
}

/// A private PostgreSQL, dropped in this order.
struct Embedded {
    server: EmbeddedDb,
    _turn: Option<Flock<File>>,
}

/// Whether somebody else may run the private PostgreSQL already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// No: `serve` owns it.
    Exclusive,
    /// Yes: a command beside a running service uses that one.
    Shared,
}

/// Opens the configured database, to be used by so many threads, and brings its schema up to date.
pub async fn open(
    config: &DatabaseConfig,
    ownership: Ownership,
    threads: usize,
) -> anyhow::Result<OpenDatabase> {
    let embedded = match config.database_url() {
        Some(_) => None,
        None => Some(start_embedded(config, ownership).await?),
    };
    let url = embedded
        .as_ref()
        .map(|embedded| embedded.server.database_url())
        .or(config.database_url())
        .unwrap_or_default();
    let db = Db::new(url, config.database_connections, threads)
        .context("DATABASE_URL should be postgres://user:password@host:port/database")?;
    let opened = OpenDatabase { db, embedded };
    let ready = async {
        opened
            .db
            .probe()
            .await
            .context("the database of DATABASE_URL cannot be reached")?;
        opened
            .db
            .migrate()
            .await
            .context("the database cannot be brought up to date")
    };
    match ready.await {
        Ok(()) => Ok(opened),
        Err(error) => opened.close_after(Err(error)).await,
    }
}

async fn start_embedded(config: &DatabaseConfig, ownership: Ownership) -> anyhow::Result<Embedded> {
    let options = Options {
        data_dir: config.data_dir.clone(),
        durability: Durability::Full,
        pg_bin_dir: config.pg_bin_dir(),
        max_connections: 100,
    };
    let start = move || match ownership {
        Ownership::Exclusive => Ok(Embedded {
            server: EmbeddedDb::start(&options)?,
            _turn: None,
        }),
        Ownership::Shared => {
            let turn = take_turn(&options.data_dir)?;
            Ok(Embedded {
                server: EmbeddedDb::start_or_attach(&options)?,
                _turn: Some(turn),
            })
        }
    };
    tokio::task::spawn_blocking(start).await?
}

/// Waits for other commands on this data directory: the first would take the server away from the others when it is done.
fn take_turn(data_dir: &Path) -> anyhow::Result<Flock<File>> {
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
    /// Closes the connections, stops the private PostgreSQL if this process started it, and returns `result`. Where both
    /// went wrong, `result` is the one to tell.
    pub async fn close_after<T>(self, result: anyhow::Result<T>) -> anyhow::Result<T> {
        self.db.close();
        let stopped = match self.embedded {
            Some(embedded) => tokio::task::spawn_blocking(move || embedded.server.stop()).await?,
            None => Ok(()),
        };
        let output = result?;
        stopped?;
        Ok(output)
    }
}
