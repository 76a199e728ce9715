//! The way of every subcommand to the database: the configured one, or the private one, started where nobody runs it yet.

use anyhow::Context;

use crate::config::DatabaseConfig;
use crate::db::Db;
use crate::ops::embedded_db::{Durability, EmbeddedDb, Options};

/// A database that is up to date, and the private PostgreSQL that has to live as long as it.
pub struct OpenDatabase {
    /// The database.
    pub db: Db,
    embedded: Option<EmbeddedDb>,
}

/// Whether somebody else may run the private PostgreSQL already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// No: `serve` owns it.
    Exclusive,
    /// Yes: a command beside a running service uses that one.
    Shared,
}

/// Opens the configured database and brings its schema up to date.
pub async fn open(config: &DatabaseConfig, ownership: Ownership) -> anyhow::Result<OpenDatabase> {
    let embedded = match config.database_url() {
        Some(_) => None,
        None => Some(start_embedded(config, ownership).await?),
    };
    let url = embedded
        .as_ref()
        .map(EmbeddedDb::database_url)
        .or(config.database_url())
        .unwrap_or_default();
    let db = Db::new(url, config.database_connections)
        .context("DATABASE_URL should be postgres://user:password@host:port/database")?;
    let opened = OpenDatabase { db, embedded };
    match opened.db.migrate().await {
        Ok(()) => Ok(opened),
        Err(error) => {
            let failed = Err(error).context("the database cannot be reached or brought up to date");
            opened.close_after(failed).await
        }
    }
}

async fn start_embedded(config: &DatabaseConfig, ownership: Ownership) -> anyhow::Result<EmbeddedDb> {
    let options = Options {
        data_dir: config.data_dir.clone(),
        durability: Durability::Full,
        pg_bin_dir: config.pg_bin_dir(),
        max_connections: 100,
    };
    let start = move || match ownership {
        Ownership::Exclusive => EmbeddedDb::start(&options),
        Ownership::Shared => EmbeddedDb::start_or_attach(&options),
    };
    Ok(tokio::task::spawn_blocking(start).await??)
}

impl OpenDatabase {
    /// Closes the connections, stops the private PostgreSQL if this process started it, and returns `result`. Where both
    /// went wrong, `result` is the one to tell.
    pub async fn close_after<T>(self, result: anyhow::Result<T>) -> anyhow::Result<T> {
        self.db.close().await;
        let stopped = match self.embedded {
            Some(embedded) => tokio::task::spawn_blocking(move || embedded.stop()).await?,
            None => Ok(()),
        };
        let output = result?;
        stopped?;
        Ok(output)
    }
}
