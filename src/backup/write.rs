//! Makes a backup.

use std::path::Path;

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;

use super::folder::BackupFolder;
use super::manifest::{FORM, Manifest, MigrationInfo, hex};
use super::{Error, store};
use crate::crypto::seal::MasterKey;
use crate::db::applied_migrations;

/// Writes all rows into a new folder. `db` must be in a transaction that sees one snapshot to its end; `note` is told of each
/// part that was written, by its length.
///
/// After an error the folder is removed, so that the backup can be repeated under its name. What is there after a kill is no
/// backup: it has no manifest.
pub async fn write(
    db: &mut PgConnection,
    master_key: &MasterKey,
    path: &Path,
    note: impl FnMut(usize),
) -> Result<Manifest, Error> {
    let folder = BackupFolder::create(path)?;
    let written = fill(db, master_key, &folder, note).await;
    if written.is_err() {
        folder.discard();
    }
    written
}

async fn fill(
    db: &mut PgConnection,
    master_key: &MasterKey,
    folder: &BackupFolder,
    mut note: impl FnMut(usize),
) -> Result<Manifest, Error> {
    let (server, taken_at) = store::find_server(db).await?;
    let migrations = applied_migrations(db).await?;
    let mut tables = Vec::new();
    for table in store::list_tables(db).await? {
        let mut file = folder.create_table(&table.name, &table.columns)?;
        let mut rows = store::copy_out(db, &table).await?;
        while let Some(text) = rows.try_next().await? {
            file.write(&text)?;
            note(text.len());
        }
        drop(rows);
        tables.push(file.finish()?);
    }
    let manifest = Manifest {
        form: FORM,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at,
        server,
        migrations: migrations
            .iter()
            .map(|migration| MigrationInfo {
                version: migration.version,
                checksum: hex(&migration.checksum),
            })
            .collect(),
        master_key_id: master_key.id().to_owned(),
        tables,
        // Read after the rows: a number that was given out meanwhile is left out, and none is given out twice.
        sequences: store::list_sequences(db).await?,
    };
    folder.complete(&manifest, master_key)?;
    Ok(manifest)
}
