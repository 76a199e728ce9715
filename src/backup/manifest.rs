//! What a backup says of itself, in `manifest.json`; and its seal, by which it is known under which master key it was written.

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Error;
use subtle::ConstantTimeEq;

use crate::crypto::seal::MasterKey;

/// The form of backups that this program writes and reads.
pub(super) const FORM: u32 = 1;
/// What the seal is bound to.
const CONTEXT: &[u8] = b"talentsoft-partner backup";

/// What a backup is. None of it is secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the backup.
    pub form: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// The instant of its snapshot, by the database's clock: what was changed later is not in it.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub taken_at: DateTime<Utc>,
    /// The database server.
    pub server: ServerInfo,
    /// The migrations that were applied.
    pub migrations: Vec<MigrationInfo>,
    /// The fingerprint of the master key, without which the backup is of no use.
    pub master_key_id: String,
    /// The tables, in their order by name.
    pub tables: Vec<TableInfo>,
    /// The numbers that columns have given out.
    pub sequences: Vec<Sequence>,
}

/// The server that a backup was read from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Its version.
    pub version: String,
    /// What `initdb` called it.
    pub system: String,
    /// How often it was promoted, as its log has it.
    pub timeline: String,
    /// Where its log ended (LSN).
    pub log_position: String,
}

/// A migration that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationInfo {
    /// Its number.
    pub version: i64,
    /// The checksum of its text, in hex.
    pub checksum: String,
}

/// The rows of one table, in the file `NAME.copy.gz`: what `COPY` writes as text, compressed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableInfo {
    /// Its name.
    pub name: String,
    /// The columns, in the order in which they stand in the file.
    pub columns: Vec<String>,
    /// How many rows there are.
    pub rows: u64,
    /// The length of the file.
    pub bytes: u64,
    /// The SHA-256 of the file, in hex.
    pub sha256: String,
}

impl TableInfo {
    /// The name of its file.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}.copy.gz", self.name)
    }
}

/// The last number that a column of a table has given out; none where it has not given any.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sequence {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The number.
    pub last_value: Option<i64>,
}

impl Manifest {
    /// Reads a manifest.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        /// What every form has.
        #[derive(Deserialize)]
        struct Form {
            form: u32,
        }
        let Form { form } = serde_json::from_slice(bytes).map_err(Error::Manifest)?;
        if form != FORM {
            return Err(Error::UnknownForm(form));
        }
        serde_json::from_slice(bytes).map_err(Error::Manifest)
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// Seals a manifest as it is written: who has another master key, or changes it, cannot.
pub(super) fn seal(master_key: &MasterKey, manifest: &[u8]) -> Result<String, Error> {
    let sealed = master_key
        .key()
        .seal(CONTEXT, digest(&SHA256, manifest).as_ref())
        .map_err(crate::keys::Error::from)?;
    Ok(hex(&sealed))
}

/// Whether a seal was made under this master key, of this manifest.
pub(super) fn is_sealed(master_key: &MasterKey, manifest: &[u8], seal: &str) -> bool {
    let opened = of_hex(seal.trim()).and_then(|seal| master_key.key().open(CONTEXT, &seal).ok());
    opened.is_some_and(|hash| hash.ct_eq(digest(&SHA256, manifest).as_ref()).into())
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a text in hex.
pub(super) fn of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    let byte = |pair: &[u8]| match pair {
        [high, low] => (high << 4) | low,
        _ => 0,
    };
    Some(digits.chunks(2).map(byte).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_fits_one_manifest_and_one_master_key() {
        let (own, other) = (
            MasterKey::for_tests(),
            MasterKey::parse(&"1e".repeat(32)).unwrap(),
        );
        let seal = seal(&own, b"manifest").unwrap();
        assert!(is_sealed(&own, b"manifest", &format!("{seal}\n")));
        assert!(!is_sealed(&own, b"manifesto", &seal));
        assert!(!is_sealed(&other, b"manifest", &seal));
        for bad in ["", "0", "zz", "00"] {
            assert!(!is_sealed(&own, b"manifest", bad), "{bad}");
        }
    }

    #[test]
    fn a_manifest_of_another_form_is_named() {
        let error = Manifest::parse(br#"{"form": 2, "anything": []}"#)
            .unwrap_err()
            .to_string();
        assert!(error.contains("form 2") && error.contains("form 1"), "{error}");
        assert!(Manifest::parse(b"{}").is_err());
        assert_eq!(of_hex(&hex(&[0, 9, 255])), Some(vec![0, 9, 255]));
    }
}
