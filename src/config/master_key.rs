//! Reads the master key from a file, and makes the file for the private database.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use zeroize::Zeroizing;

use crate::crypto::seal::MasterKey;
use crate::text::text_of;

/// Reads a master key; errors name `variable`.
pub fn read_master_key(file: &Path, variable: &str) -> anyhow::Result<MasterKey> {
    let bytes = fs::read(file).map(Zeroizing::new);
    let bytes = bytes.with_context(|| format!("{variable} is {}, which cannot be read", file.display()))?;
    let invalid = || format!("{variable} is {}, whose content is invalid", file.display());
    MasterKey::parse(text_of(&bytes).with_context(invalid)?).with_context(invalid)
}

/// The name of the master key of the private database in errors.
const OWN: &str = "the master key of PARTNER_DATA_DIR";

/// Reads the master key of the private database; `None` if it has not been made.
pub(super) fn find_own_master_key(file: &Path) -> anyhow::Result<Option<MasterKey>> {
    match file.try_exists() {
        Ok(false) => Ok(None),
        _ => read_master_key(file, OWN).map(Some),
    }
}

/// Makes the master key of the private database in an existing directory, unless another process has made it meanwhile.
pub(super) fn make_own_master_key(file: &Path) -> anyhow::Result<MasterKey> {
    let key = MasterKey::generate_text();
    place_new_file(file, key.as_bytes()).with_context(|| format!("cannot make {}", file.display()))?;
    read_master_key(file, OWN)
}

/// Makes a file with this content, which is never visible in part. If another process has made it meanwhile, that file stays.
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
