//! The file that generated secrets are written to: for its owner alone, never over another file, and on the disk before the
//! clients are registered.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::json;
use zeroize::Zeroizing;

use super::FileFormat;
use super::columns::marked;
use crate::crypto::secret::PresentedSecret;
use crate::ids::ClientId;
use crate::text::csv;

/// Refuses a file that is there already: it may hold the secrets of another import.
pub fn require_new(file: &Path) -> anyhow::Result<()> {
    ensure!(
        fs::symlink_metadata(file).is_err(),
        "{} is there already, and may hold secrets that are nowhere else; name another file, or move it away",
        file.display()
    );
    Ok(())
}

/// Writes the secrets, and waits until they are on the disk.
pub fn write(file: &Path, format: FileFormat, secrets: &[(ClientId, PresentedSecret)]) -> anyhow::Result<()> {
    require_new(file)?;
    let cannot = || format!("the secrets cannot be written to {}", file.display());
    let text = Zeroizing::new(match format {
        FileFormat::Csv => csv_of(secrets),
        FileFormat::Json => json_of(secrets)?,
    });
    let mut options = OpenOptions::new();
    let mut opened = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(cannot)?;
    opened.write_all(text.as_bytes()).with_context(cannot)?;
    opened.sync_all().with_context(cannot)?;
    // The name too: a file that nobody finds after a crash is as good as none.
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = fs::File::open(directory.unwrap_or(Path::new("."))).with_context(cannot)?;
    directory.sync_all().with_context(cannot)
}

fn csv_of(secrets: &[(ClientId, PresentedSecret)]) -> String {
    let mut text = csv::line(&["client_id", "client_secret"]);
    for (client_id, secret) in secrets {
        text.push_str(&csv::line(&[&marked(client_id.as_str()), secret.expose()]));
    }
    text
}

fn json_of(secrets: &[(ClientId, PresentedSecret)]) -> anyhow::Result<String> {
    let pairs: Vec<_> = secrets
        .iter()
        .map(|(client_id, secret)| json!({ "client_id": client_id, "client_secret": secret.expose() }))
        .collect();
    Ok(format!("{}\n", serde_json::to_string_pretty(&pairs)?))
}
