//! Imports that go on: how far each is, for those who wait for it.
//!
//! An import writes in one transaction, so nobody sees its rows before it ends. The command that imports says on another
//! connection, every second, how far it is, and that it has ended; one that could not say so is not shown after
//! [`HEARD_WITHIN`] by the database's clock.

mod store;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use strum::IntoStaticStr;

use crate::error::Failure;
use crate::ids::{CustomerId, ImportId};
use crate::market::sources::SourceKind;

/// How long an import goes on that has not been heard of.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// An import that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its identifier.
    pub import_id: ImportId,
    /// Whose library it is for; `None`: the one that all share.
    pub customer_id: Option<CustomerId>,
    /// What is imported.
    pub kind: SourceKind,
    /// When it began, by the database's clock.
    pub started_at: DateTime<Utc>,
}

/// What an import does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, IntoStaticStr, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Phase {
    /// It reads files, and writes their rows.
    #[default]
    Reading,
    /// Everything is read; it composes the draft.
    Composing,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it does.
    pub phase: Phase,
    /// Which of the files is read, from 1 on, where they are read one after the other.
    pub file: u32,
    /// How many they are.
    pub files: u32,
    /// Bytes of this file that were read, counted as they are when unpacked.
    pub done_bytes: u64,
    /// Bytes that it has; 0: not known yet, or nothing is read from files.
    pub total_bytes: u64,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            phase: Phase::default(),
            file: 1,
            files: 1,
            done_bytes: 0,
            total_bytes: 0,
        }
    }
}

/// An import that goes on, as it was last heard of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedImport {
    /// Its identifier.
    pub import_id: ImportId,
    /// Whose library it is for; `None`: the one that all share.
    pub customer_id: Option<CustomerId>,
    /// What is imported.
    pub kind: SourceKind,
    /// What it does.
    pub phase: Phase,
    /// Which of the files is read, from 1 on, where they are read one after the other.
    pub file: i32,
    /// How many they are.
    pub files: i32,
    /// Bytes of this file that were read, counted as they are when unpacked.
    pub done_bytes: i64,
    /// Bytes that it has; 0: not known yet, or nothing is read from files.
    pub total_bytes: i64,
    /// When it began.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub started_at: DateTime<Utc>,
    /// When it last said how far it is.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub heard_at: DateTime<Utc>,
}

/// Says that an import goes on, and how far it is.
pub async fn tell(db: &mut PgConnection, import: &Import, progress: Progress) -> Result<(), Failure> {
    Ok(store::upsert_import(db, import, progress).await?)
}

/// Says that an import has ended, whatever came of it.
pub async fn end(db: &mut PgConnection, import_id: ImportId) -> Result<(), Failure> {
    Ok(store::delete_import(db, import_id).await?)
}

/// The imports that go on, the oldest first.
pub async fn list(db: &mut PgConnection) -> Result<Vec<ListedImport>, Failure> {
    Ok(store::list_imports(db, HEARD_WITHIN).await?)
}

/// Deletes those that have ended without saying so; returns how many.
pub async fn prune(db: &mut PgConnection) -> Result<u64, Failure> {
    Ok(store::delete_unheard(db, HEARD_WITHIN).await?)
}
