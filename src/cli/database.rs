//! Opens the database for every subcommand: the configured one, or the private one, whose server is started unless it runs.

use anyhow::Context;

use super::private_server::PrivateServer;
use crate::clock::Clock;
use crate::config::DatabaseConfig;
use crate::db::{DatabaseUrls, Db, SchemaError};

/// The database, and its server if that is the private PostgreSQL, which has to run for as long as the database is used.
pub struct OpenDatabase {
    /// The connections to the database.
    pub db: Db,
    private: Option<PrivateServer>,
}

/// Whether the private PostgreSQL may be one that another process runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// It may not: `serve` starts its own.
    Exclusive,
    /// It may: a command beside a running service uses the server of the service.
    Shared,
}

/// What is done if the schema lacks migrations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MissingMigrations {
    /// They are applied.
    Apply,
    /// The database is not opened. Only a private one that has no schema yet gets it, because nobody else could apply it.
    Refuse,
}

/// Opens the configured database with connections for `threads` threads, and makes sure that its schema can be used.
pub async fn open(
    config: &DatabaseConfig,
    ownership: Ownership,
    missing: MissingMigrations,
    threads: usize,
    clock: &Clock,
) -> anyhow::Result<OpenDatabase> {
    let opened = find(config, ownership, threads, clock).await?;
    match opened.prepare(missing).await {
        Ok(()) => Ok(opened),
        Err(error) => opened.close_after(Err(error)).await,
    }
}

/// The configured database, without connecting to it. If it is the private one, its server is started first.
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
    /// Connects, and makes sure that this program can use the schema.
    pub async fn prepare(&self, missing: MissingMigrations) -> anyhow::Result<()> {
        match self.db.find_primary().await {
            Err(error) if !error.is_unsuitable() => {
                return Err(error).context("the database of DATABASE_URL cannot be reached");
            }
            found => found?,
        }
        let prepared = match missing {
            MissingMigrations::Apply => self.db.migrate().await,
            MissingMigrations::Refuse => match self.db.check_schema().await {
                Err(SchemaError::Absent) if self.private.is_some() => self.db.migrate().await,
                checked => checked,
            },
        };
        Ok(prepared?)
    }

    /// Starts the private PostgreSQL again whenever it ends by itself; returns the error when that has not helped.
    pub async fn keep_running(&self) -> anyhow::Error {
        match &self.private {
            Some(private) => private.keep_running().await,
            None => std::future::pending().await,
        }
    }

    /// Closes the connections, stops the private PostgreSQL if this process started it, and returns `result`. If both
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
