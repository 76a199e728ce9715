//! Opens the database for every subcommand: the configured one, or the private one, which is started unless it runs.

use anyhow::Context;

use super::private_server::PrivateServer;
use crate::clock::Clock;
use crate::config::DatabaseConfig;
use crate::db::{DatabaseUrls, Db, SchemaError};

/// A database with a schema that this program can work on, and the private PostgreSQL that has to run as long as it is used.
pub struct OpenDatabase {
    /// The database.
    pub db: Db,
    private: Option<PrivateServer>,
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
        None => Some(PrivateServer::start(config, ownership).await?),
    };
    let url = private
        .as_ref()
        .map(PrivateServer::database_url)
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

    /// Starts the private PostgreSQL again whenever it ends by itself. Returns when that did not help.
    pub async fn keep_running(&self) -> anyhow::Error {
        match &self.private {
            Some(private) => private.keep_running().await,
            None => std::future::pending().await,
        }
    }

    /// Closes the connections, stops the private PostgreSQL if this process started it, and returns `result`. Where both
    /// failed, the error is that of `result`.
    pub async fn close_after<T>(self, result: anyhow::Result<T>) -> anyhow::Result<T> {
        self.db.close();
        let stopped = match self.private {
            Some(private) => private.stop().await,
            None => Ok(()),
        };
        let output = result?;
        stopped?;
        Ok(output)
    }
}
