//! The master key in a file: reading it, and making it beside the private database.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use zeroize::Zeroizing;

use crate::crypto::seal::MasterKey;

/// Reads a master key; errors name `variable`.
pub fn read_master_key(file: &Path, variable: &str) -> anyhow::Result<MasterKey> {
    let text = fs::read_to_string(file).map(Zeroizing::new);
    let text = text.with_context(|| format!("{variable} is {}, which cannot be read", file.display()))?;
    MasterKey::parse(&text)
        .with_context(|| format!("{variable} is {}, whose content is invalid", file.display()))
}

/// What errors call the master key of the private database.
const OWN: &str = "the master key of PARTNER_DATA_DIR";

/// The master key of the private database, if it was made.
pub(super) fn find_own_master_key(file: &Path) -> anyhow::Result<Option<MasterKey>> {
    match file.try_exists() {
        Ok(false) => Ok(None),
        _ => read_master_key(file, OWN).map(Some),
    }
}

/// Makes the master key of the private database, in a directory that exists; one that another process made meanwhile stays.
pub(super) fn make_own_master_key(file: &Path) -> anyhow::Result<MasterKey> {
    let key = MasterKey::generate_text();
    place_new_file(file, key.as_bytes()).with_context(|| format!("cannot make {}", file.display()))?;
    read_master_key(file, OWN)
}

/// Puts a file with this content there, whole or not at all; one that is there already, made by a faster process, stays.
fn place_new_file(file: &Path, content: &[u8]) -> std::io::Result<()> {
    let draft = file.with_extension(format!("draft-{}", std::process::id()));
    let mut open = fs::OpenOptions::new();
    let placed = open
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut written| {
            written.write_all(content)?;
            written.sync_all()?;
            fs::hard_link(&draft, file)
        });
    fs::remove_file(&draft)?;
    match placed {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
