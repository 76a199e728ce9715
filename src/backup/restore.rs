//! Brings a backup back, into an empty database.
//!
//! All of it is prepared in a schema of its own, where no replica looks, and moved to its place by one transaction: replicas
//! that are led to the database meanwhile take it for one that is away, and serve from memory. None of them can make a schema
//! of its own there, for this session holds the lock under which that is done.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

use super::check::check_backup;
use super::folder::BackupFolder;
use super::manifest::{Manifest, Sequence, TableInfo, hex};
use super::{Error, store};
use crate::audit::Act;
use crate::crypto::seal::MasterKey;
use crate::db::{BEGIN_LONG, Db, MIGRATIONS, SchemaError, apply_migrations};

/// What becomes of the tokens that were issued before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// All are over: of those that were revoked after the backup nothing is known any more.
    Ended,
    /// They stay valid, those that were revoked after the backup included.
    Kept,
}

/// What was restored.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// The instant of the backup: what was changed later is lost.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub taken_at: DateTime<Utc>,
    /// How many tables there are.
    pub tables: usize,
    /// How many rows they have.
    pub rows: u64,
    /// Tables of the backup that are not this service's.
    pub left_out: Vec<String>,
    /// Whether all tokens that were issued before are over.
    pub are_tokens_ended: bool,
}

/// Restores a backup, which is checked before; `note` is told of each part that was read, by its length.
pub async fn restore(
    db: &Db,
    act: &Act,
    master_key: &MasterKey,
    folder: &BackupFolder,
    tokens: Tokens,
    mut note: impl FnMut(usize),
) -> Result<Restored, Error> {
    let manifest = folder.manifest()?;
    check_backup(folder, &manifest, Some(master_key))?;
    let migrations = migrations_of(&manifest)?;
    let mut session = db.session_to_migrate().await?;
    let (target, occupant) = store::find_target(&mut session).await?;
    if let Some(name) = occupant {
        return Err(Error::NotEmpty(name));
    }
    store::enter_staging(&mut session).await?;
    apply_migrations(&mut session, &migrations).await?;
    let own: BTreeSet<String> = store::list_tables(&mut session)
        .await?
        .into_iter()
        .map(|table| table.name)
        .collect();
    let (tables, left_out): (Vec<&TableInfo>, Vec<&TableInfo>) = manifest
        .tables
        .iter()
        .partition(|table| own.contains(&table.name));
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();

    let mut transaction = session.begin_with(BEGIN_LONG).await?;
    store::delete_rows(
        &mut transaction,
        &own.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await?;
    for name in &names {
        store::switch_triggers(&mut transaction, name, "disable").await?;
    }
    let references = store::list_references(&mut transaction).await?;
    for table in in_order(&tables, &references)? {
        copy_in(&mut transaction, folder, table, &mut note).await?;
    }
    for sequence in &manifest.sequences {
        if own.contains(&sequence.table) {
            set_sequence(&mut transaction, sequence).await?;
        }
    }
    if tokens == Tokens::Ended {
        store::end_tokens(&mut transaction).await?;
    }
    for name in &names {
        store::switch_triggers(&mut transaction, name, "enable").await?;
    }
    let detail = json!({
        "taken_at": crate::clock::rfc3339(manifest.taken_at), "system": manifest.server.system,
        "log_position": manifest.server.log_position, "are_tokens_ended": tokens == Tokens::Ended,
    });
    act.record(&mut transaction, "restored", ("database", &"backup"), detail)
        .await?;
    store::leave_staging(&mut transaction, &target).await?;
    transaction.commit().await?;
    store::analyze(&mut session, &target, &names).await?;
    // This also gives back the lock.
    let _ = session.close().await;
    Ok(Restored {
        taken_at: manifest.taken_at,
        tables: tables.len(),
        rows: tables.iter().map(|table| table.rows).sum(),
        left_out: left_out.iter().map(|table| table.name.clone()).collect(),
        are_tokens_ended: tokens == Tokens::Ended,
    })
}

/// The migrations of a backup, as this program has them.
pub(super) fn migrations_of(manifest: &Manifest) -> Result<Migrator, Error> {
    let mut known = Vec::new();
    for applied in &manifest.migrations {
        let migration = MIGRATIONS
            .iter()
            .find(|known| known.version == applied.version && hex(&known.checksum) == applied.checksum);
        known.push(migration.ok_or(Error::UnknownMigration(applied.version))?.clone());
    }
    if known.is_empty() {
        return Err(SchemaError::Absent.into());
    }
    Ok(Migrator::with_migrations(known))
}

/// The tables, each after those that it refers to.
fn in_order<'a>(
    tables: &[&'a TableInfo],
    references: &[(String, String)],
) -> Result<Vec<&'a TableInfo>, Error> {
    let mut left = tables.to_vec();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let waits = |table: &TableInfo| {
            references
                .iter()
                .any(|(own, other)| *own == table.name && left.iter().any(|table| table.name == *other))
        };
        let (waiting, ready): (Vec<&TableInfo>, Vec<&TableInfo>) =
            left.iter().copied().partition(|table| waits(table));
        if ready.is_empty() {
            let names: Vec<&str> = waiting.iter().map(|table| table.name.as_str()).collect();
            return Err(Error::Circle(names.join(", ")));
        }
        ordered.extend(ready);
        left = waiting;
    }
    Ok(ordered)
}

async fn copy_in(
    db: &mut PgConnection,
    folder: &BackupFolder,
    table: &TableInfo,
    note: &mut impl FnMut(usize),
) -> Result<(), Error> {
    let mut reader = folder.open_table(table)?;
    let mut rows = store::copy_in(db, &table.name, &table.columns).await?;
    loop {
        match reader.next() {
            Ok(Some(text)) => {
                note(text.len());
                rows.send(text).await?;
            }
            Ok(None) => break,
            Err(error) => {
                rows.abort("the backup cannot be read").await?;
                return Err(error);
            }
        }
    }
    let written = rows.finish().await?;
    if written == table.rows {
        Ok(())
    } else {
        Err(Error::Damaged {
            file: table.file(),
            what: "the database took another number of rows",
        })
    }
}

async fn set_sequence(db: &mut PgConnection, sequence: &Sequence) -> Result<(), Error> {
    let greatest = store::find_greatest(db, sequence).await?;
    if let Some(last_value) = greatest.max(sequence.last_value) {
        store::set_sequence(db, sequence, last_value).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> TableInfo {
        TableInfo {
            name: name.to_owned(),
            columns: Vec::new(),
            rows: 0,
            bytes: 0,
            sha256: String::new(),
        }
    }

    fn order(references: &[(&str, &str)]) -> Result<Vec<String>, Error> {
        let tables = ["a", "b", "c"].map(table);
        let tables: Vec<&TableInfo> = tables.iter().collect();
        let references: Vec<(String, String)> = references
            .iter()
            .map(|(own, other)| ((*own).to_owned(), (*other).to_owned()))
            .collect();
        Ok(in_order(&tables, &references)?
            .iter()
            .map(|table| table.name.clone())
            .collect())
    }

    #[test]
    fn a_table_comes_after_those_that_it_refers_to() {
        assert_eq!(order(&[]).unwrap(), ["a", "b", "c"]);
        assert_eq!(order(&[("a", "b"), ("b", "c")]).unwrap(), ["c", "b", "a"]);
        assert_eq!(order(&[("a", "elsewhere")]).unwrap(), ["a", "b", "c"]);
        let circle = order(&[("a", "b"), ("b", "a")]).unwrap_err().to_string();
        assert!(circle.contains("a, b"), "{circle}");
    }
}
