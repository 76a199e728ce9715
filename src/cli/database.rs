//! The way of every subcommand to the database: the configured one, or the private one, started where nobody runs it yet.

use anyhow::Context;

use crate::config::DatabaseConfig;
use crate::crypto::seal::MasterKey;
use crate::db::Db;
use crate::ops::embedded_db::{Durability, EmbeddedDb, Options};

/// A database that is up to date, and what has to live as long as it.
pub struct OpenDatabase {
    /// The database.
    pub db: Db,
    master_key: Option<MasterKey>,
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
    let master_key = config.master_key()?;
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
    db.migrate()
        .await
        .context("the database of DATABASE_URL cannot be reached or brought up to date")?;
    Ok(OpenDatabase {
        db,
        master_key: Some(master_key),
        embedded,
    })
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
    /// The key that opens its keys; to be taken once.
    pub fn take_master_key(&mut self) -> anyhow::Result<MasterKey> {
        self.master_key.take().context("the master key was taken before")
    }

    /// Closes the connections, then stops the private PostgreSQL if this process started it.
    pub async fn close(self) -> anyhow::Result<()> {
        self.db.close().await;
        if let Some(embedded) = self.embedded {
            tokio::task::spawn_blocking(move || embedded.stop()).await??;
        }
        Ok(())
    }
}
