//! The file that generated secrets are written to: for its owner alone, never over another file, and on the disk before the
//! clients are registered.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::json;
use zeroize::Zeroizing;

use super::columns::marked;
use super::{FileFormat, write_new};
use crate::crypto::secret::PresentedSecret;
use crate::ids::ClientId;
use crate::text::csv;

/// Refuses a file that is there already, for it may hold the secrets of another import, and one in a folder that is not there.
pub fn require_new(file: &Path) -> anyhow::Result<()> {
    ensure!(
        fs::symlink_metadata(file).is_err(),
        "{} is there already, and may hold secrets that are nowhere else; name another file, or move it away",
        file.display()
    );
    let folder = folder_of(file);
    ensure!(
        folder.is_dir(),
        "{} cannot be written: {} is not a folder that is there; make it first",
        file.display(),
        folder.display()
    );
    Ok(())
}

/// Writes the secrets, and waits until they are on the disk.
pub fn write(file: &Path, format: FileFormat, secrets: &[(ClientId, PresentedSecret)]) -> anyhow::Result<()> {
    require_new(file)?;
    let text = Zeroizing::new(match format {
        FileFormat::Csv => csv_of(secrets),
        FileFormat::Json => json_of(secrets)?,
    });
    let written = write_new(file, 0o600, text.as_bytes()).and_then(|()| sync_name(file));
    written.with_context(|| format!("the secrets cannot be written to {}", file.display()))
}

/// Waits until the name is on the disk too: a file that nobody finds after a crash is as good as none.
fn sync_name(file: &Path) -> io::Result<()> {
    let synced = fs::File::open(folder_of(file)).and_then(|folder| folder.sync_all());
    synced.inspect_err(|_| {
        let _ = fs::remove_file(file);
    })
}

fn folder_of(file: &Path) -> &Path {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
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
