//! Whether a backup, or a database, is consistent.

use serde::Serialize;
use sqlx::PgConnection;

use super::folder::BackupFolder;
use super::manifest::{Manifest, TableInfo, of_hex};
use super::restore::migrations_of;
use super::{Error, store};
use crate::crypto::seal::MasterKey;
use crate::keys::{self, Purpose};

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub check: &'static str,
    /// Whether it is as it should be.
    pub is_ok: bool,
    /// What was seen; where it is not as it should be, what to do.
    pub detail: String,
}

impl Finding {
    fn ok(check: &'static str, detail: String) -> Self {
        Self {
            check,
            is_ok: true,
            detail,
        }
    }

    fn bad(check: &'static str, detail: String) -> Self {
        Self {
            check,
            is_ok: false,
            detail,
        }
    }
}

/// Checks every file of a backup, that its migrations are known, and where the master key is at hand, that it opens the seal and
/// every key. The first thing that is wrong is the error.
pub fn check_backup(
    folder: &BackupFolder,
    manifest: &Manifest,
    master_key: Option<&MasterKey>,
) -> Result<Vec<Finding>, Error> {
    for table in &manifest.tables {
        folder.check_table(table)?;
    }
    let mut findings = vec![Finding::ok(
        "files",
        format!("{} tables with {} rows", manifest.tables.len(), manifest.rows()),
    )];
    migrations_of(manifest)?;
    let latest = manifest.migrations.iter().map(|applied| applied.version).max();
    findings.push(Finding::ok(
        "migrations",
        format!("up to {}, all known", latest.unwrap_or_default()),
    ));
    if let Some(master_key) = master_key {
        folder.check_seal(manifest, master_key)?;
        let keys = open_keys(folder, manifest, master_key)?;
        findings.push(Finding::ok(
            "master_key",
            format!(
                "{} opens the seal of the manifest and {keys} keys",
                master_key.id()
            ),
        ));
    }
    Ok(findings)
}

/// Opens the keys of a backup; how many they are.
fn open_keys(folder: &BackupFolder, manifest: &Manifest, master_key: &MasterKey) -> Result<usize, Error> {
    let damaged = |what| Error::Damaged {
        file: "sealing_key.copy.gz".to_owned(),
        what,
    };
    let table = manifest.tables.iter().find(|table| table.name == "sealing_key");
    let table = table.ok_or_else(|| damaged("it is not there"))?;
    let mut text = Vec::new();
    folder.read_table(table, |part| {
        text.extend_from_slice(part);
        Ok(())
    })?;
    let text = String::from_utf8(text).map_err(|_| damaged("it is not text in UTF-8"))?;
    let mut opened = 0;
    for line in text.lines() {
        let purpose = column(table, line, "purpose").and_then(|text| text.parse::<Purpose>().ok());
        // COPY writes a backslash twice.
        let sealed = column(table, line, "sealed_key").and_then(|text| of_hex(text.strip_prefix("\\\\x")?));
        let (Some(purpose), Some(sealed)) = (purpose, sealed) else {
            return Err(damaged("a key in it cannot be read"));
        };
        keys::open(master_key, purpose, &sealed)?;
        opened += 1;
    }
    Ok(opened)
}

/// The value of a column in a line of COPY, as it is written.
fn column<'a>(table: &TableInfo, line: &'a str, name: &str) -> Option<&'a str> {
    let at = table.columns.iter().position(|column| column == name)?;
    line.split('\t').nth(at)
}

/// Checks a database whose schema this program knows: that the master key opens every key, and those every sealed secret; that
/// no number is given out a second time; that every index is used.
pub async fn check_database(db: &mut PgConnection, master_key: &MasterKey) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    match keys::open_all(db, master_key).await {
        Ok(opened) if opened.closed.is_empty() => findings.push(Finding::ok(
            "sealed",
            format!(
                "{} opens {} keys, and those {} secrets",
                master_key.id(),
                opened.keys,
                opened.secrets
            ),
        )),
        Ok(opened) => findings.push(Finding::bad(
            "sealed",
            format!(
                "{} secrets do not open: {}; retire them, and add others with `secret add`",
                opened.closed.len(),
                opened.closed.join(", ")
            ),
        )),
        Err(keys::Error::Failure(failure)) => return Err(failure.into()),
        Err(error) => findings.push(Finding::bad("sealed", error.to_string())),
    }
    findings.push(check_sequences(db).await?);
    let invalid = store::list_invalid_indexes(db).await?;
    findings.push(if invalid.is_empty() {
        Finding::ok("indexes", "all are used".to_owned())
    } else {
        Finding::bad(
            "indexes",
            format!("not used: {}; `reindex index` builds them", invalid.join(", ")),
        )
    });
    Ok(findings)
}

async fn check_sequences(db: &mut PgConnection) -> Result<Finding, Error> {
    let mut behind = Vec::new();
    let sequences = store::list_sequences(db).await?;
    for sequence in &sequences {
        let greatest = store::find_greatest(db, sequence).await?;
        if greatest > sequence.last_value {
            behind.push(format!("{}.{}", sequence.table, sequence.column));
        }
    }
    Ok(if behind.is_empty() {
        Finding::ok(
            "numbers",
            format!("{} columns give out new ones", sequences.len()),
        )
    } else {
        let names = behind.join(", ");
        Finding::bad(
            "numbers",
            format!(
                "would be given out again: {names}; `alter table … alter column … restart with …` moves them on"
            ),
        )
    })
}
