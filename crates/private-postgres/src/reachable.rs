//! Finds a data directory that the server can enter.
//!
//! Where a root service may make no user namespace, the server runs as another account, which must be able to pass through
//! all directories above the data: a checkout in `/root` is closed to it. The data then goes into a directory below [`ROOT`],
//! whose name follows from the path that was asked for, so that every later start finds the same data.
//!
//! Only root can write in `/var/lib`, so no other user can create these directories in advance; their owner and mode are
//! checked all the same. They belong to root, and others may pass through them, but neither list nor change them: the
//! account of the server reaches its cluster there, but cannot exchange the files that root opens.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use crate::access;
use crate::error::Error;
use crate::identity::Account;
use crate::layout::{self, Layout};
use crate::path_hash::path_hash;
use crate::spawn;

/// Parent of the directories that are used instead of closed ones.
const ROOT: &str = "/var/lib/talentsoft-partner-data";

/// Creates a directory for a cluster, or for the data directories of several: `preferred`, or another one where the account
/// that the server has to run as cannot enter `preferred`.
///
/// The answer for a path stays the same: a directory with a cluster in it is not left for another, and another one that was
/// created once is used as long as it exists. It is named in the log: as a warning when it is created, later as information.
///
/// # Errors
/// When the directory cannot be created, or one below `/var/lib` could have been changed by other users than root.
pub fn reachable_dir(preferred: &Path) -> Result<PathBuf, Error> {
    match Account::find() {
        Ok(account) if geteuid().is_root() => {
            choose(preferred, Path::new(ROOT), &account, spawn::allows_namespace)
        }
        // The server runs as the user of the service or in a namespace, or the start says that neither is possible.
        _ => layout::ensure_private_dirs(preferred).map(|()| preferred.to_owned()),
    }
}

pub(crate) fn choose(
    preferred: &Path,
    root: &Path,
    account: &Account,
    allows_namespace: impl FnOnce(&Path) -> bool,
) -> Result<PathBuf, Error> {
    let path = resolve(preferred)?;
    let other = root.join(name_of(&path));
    let has_cluster = Layout::find(&path)?.is_some_and(|layout| layout.cluster().exists());
    if !has_cluster && other.symlink_metadata().is_ok() {
        prepare_other(root, &other, account)?;
        tracing::info!(data_dir = %other.display(), instead_of = %path.display(), "using another data directory");
        return Ok(other);
    }
    let closed = access::closed_above(&path, account)?;
    let is_open = closed.is_none() && access::may_pass(&path, account)?;
    if has_cluster || is_open || allows_namespace(nearest_existing(&path)) {
        layout::ensure_private_dirs(&path)?;
        return Ok(path);
    }
    let Some(closed) = closed else {
        layout::ensure_private_dirs(&path)?;
        access::open_to(&path, account)?;
        return Ok(path);
    };
    prepare_other(root, &other, account).map_err(|cause| Error::NoReachableDir {
        closed: closed.clone(),
        account: account.name.clone(),
        cause: Box::new(cause),
    })?;
    tracing::warn!(
        data_dir = %other.display(),
        instead_of = %path.display(),
        closed = %closed.display(),
        account = account.name,
        "PostgreSQL runs as an account that cannot enter the data directory; using another one"
    );
    Ok(other)
}

/// The path without links and relative parts, also of a directory that does not exist yet.
fn resolve(path: &Path) -> Result<PathBuf, Error> {
    let path = std::path::absolute(path).map_err(Error::io("open", path))?;
    match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => Ok(resolve(parent)?.join(name)),
            _ => Err(Error::io("open", &path)(error)),
        },
        resolved => resolved.map_err(Error::io("open", &path)),
    }
}

fn nearest_existing(path: &Path) -> &Path {
    path.ancestors().find(|dir| dir.exists()).unwrap_or(path)
}

/// The name of the directory that is used instead of `path`.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{name}-{:016x}", path_hash(path))
}

/// Creates the directory and its parent where they are absent, and lets the account pass through both.
fn prepare_other(root: &Path, other: &Path, account: &Account) -> Result<(), Error> {
    for dir in [root, other] {
        layout::ensure_private_dir(dir)?;
        let metadata = dir.symlink_metadata().map_err(Error::io("read", dir))?;
        let is_roots_alone = metadata.is_dir() && metadata.uid() == 0 && metadata.mode() & 0o022 == 0;
        if !is_roots_alone {
            return Err(Error::Unprotected { dir: dir.to_owned() });
        }
        access::open_to(dir, account)?;
    }
    Ok(())
}
