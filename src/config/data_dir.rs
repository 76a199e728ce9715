//! Finds the directory of the private PostgreSQL, and keeps root out of one that belongs to the account of a service.
//!
//! What root makes, that account can neither read nor replace: a lock, a log or a cluster of root's in its directory, and the
//! service does not start any more. To hand over each file as it is made would have root write where another account may
//! exchange names for links.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::bail;
use nix::unistd::{Uid, User, geteuid};
use private_postgres::reachable_dir;

/// The default of `PARTNER_DATA_DIR`.
pub(super) const DEFAULT: &str = "data";

/// What the directory is found for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// For a service: whoever runs it, the directory is for.
    Service,
    /// For a command, which comes before or beside a service: of the same account, it has to be assumed, that has the directory
    /// or the one above it.
    Command,
}

/// The directory that is configured. For the default it is another one where PostgreSQL's account cannot enter it, and it is
/// there afterwards.
pub(super) fn find(configured: &Path, purpose: Purpose) -> anyhow::Result<PathBuf> {
    let is_root = geteuid().is_root();
    if is_root && let Some(account) = owner(configured) {
        bail!(
            "the data directory {} belongs to {account}, who could not use what root leaves there: run this as that account, \
             `runuser -u {account} -- talentsoft-partner …`",
            configured.display()
        );
    }
    let was_there = configured.exists();
    let found = if configured == Path::new(DEFAULT) {
        reachable_dir(configured)?
    } else {
        configured.to_owned()
    };
    // Where it was asked for, it was made just now, or will be.
    let is_new = !was_there && (configured.exists() || !found.exists());
    if is_root
        && is_new
        && purpose == Purpose::Command
        && let Some(account) = owner_above(&found)
    {
        let _ = fs::remove_dir(&found);
        bail!(
            "the data directory {} is not there, and would be made in a directory of {account}, who could not use what is \
             root's: run this as that account, `runuser -u {account} -- talentsoft-partner …`, or set PARTNER_DATA_DIR to a \
             directory of root's",
            found.display()
        );
    }
    Ok(found)
}

/// Who has a file or directory, unless that is root or it is not there.
fn owner(path: &Path) -> Option<String> {
    let uid = Uid::from_raw(path.metadata().ok()?.uid());
    let name = || User::from_uid(uid).ok().flatten().map(|user| user.name);
    (!uid.is_root()).then(|| name().unwrap_or_else(|| uid.to_string()))
}

/// Who has the nearest directory above a path that is there, unless that is root.
fn owner_above(path: &Path) -> Option<String> {
    let path = std::path::absolute(path).ok()?;
    let above = path.ancestors().skip(1).find(|dir| dir.exists())?;
    owner(above)
}
