//! Why this program cannot work on a schema.

use sqlx::migrate::MigrateError;

use crate::db::ConnectError;
use crate::error::{Cause, Failure};

/// Why this program cannot work on a schema, in words for whoever runs it. But for a failure, only a person can change it.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// No migration was applied.
    #[error("the database has no schema yet")]
    Absent,
    /// Migrations of this program were not applied.
    #[error("the schema of the database is older than this program: migration {0} was not applied to it")]
    Older(i64),
    /// The schema says that this program is too old for it.
    #[error(
        "the schema of the database is too new for this program: it is for versions that know migration {floor}, and this \
         one knows those up to {latest}; use a newer version"
    )]
    TooNew {
        /// The migration that a program has to know.
        floor: i64,
        /// The latest that this one knows.
        latest: i64,
    },
    /// A migration that was applied is not the one that this program has.
    #[error(
        "migration {0} was applied to the database in another form than this program has it; use the program that applied it"
    )]
    Changed(i64),
    /// The database user may not read the schema, or not change it.
    #[error("the user of DATABASE_URL may not do what is needed, which the owner of the tables may: {0}")]
    NotAllowed(sqlx::Error),
    /// Other sessions did not let go of what a migration changes.
    #[error(
        "migration {migration} did not get a lock within {minutes} minutes: {cause}; end the transaction that holds it, \
         which `select * from pg_stat_activity where xact_start < now() - interval '1 minute'` shows"
    )]
    Locked {
        /// The migration.
        migration: i64,
        /// How long it was tried.
        minutes: u64,
        /// What the server said last.
        cause: sqlx::Error,
    },
    /// A migration does not work on this database.
    #[error("migration {migration} failed: {cause}")]
    Failed {
        /// The migration.
        migration: i64,
        /// What the server said.
        cause: Cause,
    },
    /// There is no session to be had that can be used.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// `insufficient_privilege`.
const NOT_ALLOWED: &str = "42501";
/// `undefined_table`.
const NO_SUCH_TABLE: &str = "42P01";
/// `lock_not_available`, after `lock_timeout`, and `deadlock_detected`.
const LOCKED: [&str; 2] = ["55P03", "40P01"];

/// Whether the server refused a statement for one of these reasons (SQLSTATE).
fn is_one_of(error: &sqlx::Error, codes: &[&str]) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| codes.contains(&code.as_ref()))
}

/// Whether a statement waited too long for a lock.
pub(super) fn is_locked(error: &sqlx::Error) -> bool {
    is_one_of(error, &LOCKED)
}

/// Whether a table is not there.
pub(super) fn is_no_such_table(error: &sqlx::Error) -> bool {
    is_one_of(error, &[NO_SUCH_TABLE])
}

/// The statement's error, of whichever step of the migrator.
pub(super) fn cause(error: MigrateError) -> sqlx::Error {
    match error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => cause,
        other => sqlx::Error::Migrate(Box::new(other)),
    }
}

impl From<sqlx::Error> for SchemaError {
    fn from(error: sqlx::Error) -> Self {
        if is_one_of(&error, &[NOT_ALLOWED]) {
            Self::NotAllowed(error)
        } else {
            Self::Failure(error.into())
        }
    }
}
