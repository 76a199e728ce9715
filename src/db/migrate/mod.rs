//! The schema: whether this program can work on it, and bringing it up to date.
//!
//! Versions overlap while replicas are replaced, so a program works on the schema of the next version too: migrations that it
//! does not know are a warning, unless the schema itself says that the program is too old for it (the table `schema_floor`).
//!
//! A migration waits a second for a lock, because whoever asks for the same rows after it waits behind it; then it lets the
//! others pass and tries again. Replicas that start together take turns, by an advisory lock.

mod error;
mod store;

use std::time::Duration;

use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator};
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep, timeout};

use self::error::{cause, is_locked, is_no_such_table};
use super::{Db, TimedOut, WORK_TIMEOUT};
use crate::error::Failure;

pub use self::error::SchemaError;

/// The migrations that this program knows.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The table in which applied migrations are recorded.
const TABLE: &str = "_sqlx_migrations";
/// The migration that makes the table `schema_floor`.
const FLOOR_SINCE: i64 = 9;

/// How long a migration waits for a lock at a time, and others behind it.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);
/// The time for others between two tries to get a lock.
const LOCK_PAUSE: Duration = Duration::from_secs(1);
/// How long a migration tries to get its locks.
const LOCK_PATIENCE: Duration = Duration::from_mins(5);

impl Db {
    /// Whether this program can work on the schema as it is. Writes nothing.
    pub async fn check_schema(&self) -> Result<(), SchemaError> {
        self.check_schema_of(&MIGRATIONS).await
    }

    /// Applies the migrations that are missing. Writes nothing where none is.
    pub async fn migrate(&self) -> Result<(), SchemaError> {
        self.migrate_to(&MIGRATIONS).await
    }

    /// As [`Db::migrate`], with the migrations of another version.
    pub async fn migrate_to(&self, migrations: &Migrator) -> Result<(), SchemaError> {
        match self.check_schema_of(migrations).await {
            Err(SchemaError::Absent | SchemaError::Older(_)) => {}
            checked => return checked,
        }
        let mut connection = self.own_connection().await?;
        let migrated = apply_migrations(&mut connection, migrations).await;
        // This also gives back the advisory lock.
        let _ = connection.close().await;
        migrated
    }

    /// A session of its own that holds the lock under which migrations are applied, for as long as it is open: nobody else makes
    /// or changes a schema meanwhile.
    pub async fn session_to_migrate(&self) -> Result<PgConnection, SchemaError> {
        let mut connection = self.own_connection().await?;
        store::set_limits(&mut connection, LOCK_TIMEOUT.as_millis()).await?;
        take_turn(&mut connection).await?;
        Ok(connection)
    }

    async fn check_schema_of(&self, migrations: &Migrator) -> Result<(), SchemaError> {
        let mut connection = self.primary.connect().await?.connection;
        let applied = timeout(WORK_TIMEOUT, examine(&mut connection, migrations)).await;
        let _ = connection.close().await;
        let applied = applied.map_err(|_elapsed| Failure::unavailable(TimedOut))??;
        match missing(migrations, &applied).next() {
            None => Ok(()),
            Some(_) if applied.is_empty() => Err(SchemaError::Absent),
            Some(migration) => Err(SchemaError::Older(migration.version)),
        }
    }
}

/// The migrations that were applied, none of which keeps this program from working on the schema.
async fn examine(
    connection: &mut PgConnection,
    migrations: &Migrator,
) -> Result<Vec<AppliedMigration>, SchemaError> {
    let applied = applied_migrations(connection).await?;
    let latest = migrations
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0);
    if applied.iter().any(|migration| migration.version == FLOOR_SINCE)
        && let Some(floor) = store::find_floor(connection).await?
        && floor > latest
    {
        return Err(SchemaError::TooNew { floor, latest });
    }
    for migration in migrations.iter() {
        let changed = |applied: &&AppliedMigration| {
            applied.version == migration.version && applied.checksum != migration.checksum
        };
        if applied.iter().any(|applied| changed(&applied)) {
            return Err(SchemaError::Changed(migration.version));
        }
    }
    if let Some(newest) = applied
        .iter()
        .filter(|applied| !migrations.version_exists(applied.version))
        .map(|applied| applied.version)
        .max()
    {
        tracing::warn!(
            schema = newest,
            program = latest,
            "the schema of the database is newer than this program, which can work on it until it is replaced too"
        );
    }
    Ok(applied)
}

/// The migrations that were applied, by the records of the schema that the session works in.
pub async fn applied_migrations(connection: &mut PgConnection) -> Result<Vec<AppliedMigration>, SchemaError> {
    match connection.list_applied_migrations(TABLE).await.map_err(cause) {
        Err(error) if is_no_such_table(&error) => Ok(Vec::new()),
        listed => Ok(listed?),
    }
}

fn missing<'a>(
    migrations: &'a Migrator,
    applied: &'a [AppliedMigration],
) -> impl Iterator<Item = &'a Migration> {
    let is_applied = |version| applied.iter().any(|applied| applied.version == version);
    migrations
        .iter()
        .filter(move |migration| !is_applied(migration.version))
}

/// Applies those migrations that are missing in the schema that the session works in.
pub async fn apply_migrations(
    connection: &mut PgConnection,
    migrations: &Migrator,
) -> Result<(), SchemaError> {
    store::set_limits(connection, LOCK_TIMEOUT.as_millis()).await?;
    take_turn(connection).await?;
    connection.ensure_migrations_table(TABLE).await.map_err(cause)?;
    // Another process may have applied some of them meanwhile.
    let applied = applied_migrations(connection).await?;
    for migration in missing(migrations, &applied) {
        apply_with_patience(connection, migration).await?;
        tracing::info!(migration = migration.version, name = %migration.description, "applied a migration");
    }
    Ok(())
}

/// Waits until no other process migrates this database, however long that takes.
///
/// A statement that waited all the time would have a snapshot, which an index that is built concurrently waits for.
async fn take_turn(connection: &mut PgConnection) -> Result<(), SchemaError> {
    let mut is_reported = false;
    loop {
        match connection.lock().await.map_err(cause) {
            Err(error) if is_locked(&error) => {
                if !is_reported {
                    tracing::warn!("another process migrates the database; waiting for its end");
                    is_reported = true;
                }
                sleep(LOCK_PAUSE).await;
            }
            locked => return Ok(locked?),
        }
    }
}

/// Applies a migration, and again for as long as others hold what it has to lock.
async fn apply_with_patience(
    connection: &mut PgConnection,
    migration: &Migration,
) -> Result<(), SchemaError> {
    let began = Instant::now();
    let mut is_reported = false;
    loop {
        let applied = if migration.no_tx {
            apply_alone(connection, migration).await
        } else {
            apply_in_transaction(connection, migration).await
        };
        let version = migration.version;
        match applied.map_err(cause) {
            Ok(()) => return Ok(()),
            Err(cause) if is_locked(&cause) && began.elapsed() >= LOCK_PATIENCE => {
                return Err(SchemaError::Locked {
                    migration: version,
                    minutes: LOCK_PATIENCE.as_secs() / 60,
                    cause,
                });
            }
            Err(cause) if is_locked(&cause) => {
                if !is_reported {
                    tracing::warn!(
                        migration = version,
                        %cause,
                        "a migration waits for a lock that another session holds; it lets others pass and tries again"
                    );
                    is_reported = true;
                }
                sleep(LOCK_PAUSE).await;
            }
            Err(cause) => return Err(failed(version, cause)),
        }
    }
}

fn failed(migration: i64, cause: sqlx::Error) -> SchemaError {
    match SchemaError::from(cause) {
        SchemaError::Failure(Failure::Internal(cause)) => SchemaError::Failed { migration, cause },
        other => other,
    }
}

async fn apply_in_transaction(
    connection: &mut PgConnection,
    migration: &Migration,
) -> Result<(), MigrateError> {
    let mut transaction = connection.begin().await?;
    let applied = transaction.apply(TABLE, migration).await;
    match applied {
        Ok(_took) => transaction.commit().await?,
        Err(_) => transaction.rollback().await?,
    }
    applied.map(|_took| ())
}

/// Runs the statements of a migration one after the other, as some may only run (`create index concurrently`). They lock
/// nothing that readers and writers need, but wait for all transactions to end.
async fn apply_alone(connection: &mut PgConnection, migration: &Migration) -> Result<(), MigrateError> {
    let patience = LOCK_PATIENCE.as_millis();
    store::set_limits(connection, patience).await?;
    let applied = async {
        for statement in statements(migration.sql.as_str()) {
            store::run_alone(connection, statement).await?;
        }
        connection.skip(TABLE, migration).await
    };
    let applied = applied.await;
    store::set_limits(connection, LOCK_TIMEOUT.as_millis()).await?;
    applied
}

/// The statements of a migration, each of which ends with a semicolon at the end of a line.
fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split_inclusive(";\n")
        .filter(|statement| !statement.trim().is_empty())
}
