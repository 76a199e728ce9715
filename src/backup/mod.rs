//! Backups: the rows of the whole database in one folder, with a manifest that says what they are; bringing them back into an
//! empty database; and whether a backup, or a database, is consistent.
//!
//! A backup is read in one snapshot, by COPY over the connection that the service has: no other program has to be there, in
//! whichever version. The schema is not in it, but the numbers of its migrations, which the program has.
//! The numbers of transactions are not either: they belong to one server, and in the next one all rows are new.

mod check;
mod folder;
mod manifest;
mod restore;
mod store;
mod write;

pub use check::{Finding, check_backup, check_database};
pub use folder::BackupFolder;
pub use manifest::{Manifest, Sequence, ServerInfo, TableInfo};
pub use restore::{Restored, Tokens, restore};
pub use write::write;

use crate::db::{ConnectError, SchemaError};
use crate::error::Failure;
use crate::keys;

/// Why a backup is not made, read or restored, in words for whoever runs the service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("{file}")]
    File {
        /// Which.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no manifest, which is written last.
    #[error("there is no manifest.json in {0}: it is no backup, or one that was not completed")]
    NoManifest(String),
    /// The manifest cannot be read.
    #[error("manifest.json cannot be read: {0}")]
    Manifest(serde_json::Error),
    /// A newer program wrote the backup.
    #[error("the backup has form {0}, and this program reads form {known}; use a newer version", known = manifest::FORM)]
    UnknownForm(u32),
    /// A file is not what the manifest says.
    #[error("{file} is not what the manifest says: {what}")]
    Damaged {
        /// Which.
        file: String,
        /// In what.
        what: &'static str,
    },
    /// The manifest was not written under the master key.
    #[error(
        "the manifest was not sealed under the master key {given}: the backup needs master key {needed}, or was changed"
    )]
    OtherSeal {
        /// The fingerprint of the one at hand.
        given: String,
        /// The fingerprint of the one that the manifest names.
        needed: String,
    },
    /// The backup has migrations that this program does not know.
    #[error(
        "migration {0} was applied to the database of the backup, which this program does not know in that form; use the version that made the backup, or a newer one"
    )]
    UnknownMigration(i64),
    /// The database has tables already.
    #[error(
        "the database is not empty: it has `{0}`; a backup is restored into a new one (`create database partner`), so that nothing \
         is overwritten"
    )]
    NotEmpty(String),
    /// Tables refer to each other in a circle.
    #[error("the tables refer to each other in a circle, which no order of them resolves: {0}")]
    Circle(String),
    /// The keys of the database and the master key.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The schema cannot be made.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// There is no session to be had.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl Error {
    fn of_file(file: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.display().to_string();
        move |source| Self::File { file, source }
    }
}
