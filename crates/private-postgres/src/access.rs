//! Which directories an account may pass through, by their owners and modes.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::identity::Account;

/// Makes sure that the account can reach what is in a directory; changes the mode of this directory only.
///
/// # Errors
/// [`Error::ParentClosed`] when a directory above is closed to the account.
pub(crate) fn open_to(dir: &Path, account: &Account) -> Result<(), Error> {
    if let Some(closed) = closed_above(dir, account)? {
        return Err(Error::ParentClosed {
            closed,
            account: account.name.clone(),
        });
    }
    let Some(metadata) = read(dir)?.filter(|metadata| !is_open(metadata, account)) else {
        return Ok(());
    };
    let mut permissions = metadata.permissions();
    permissions.set_mode(permissions.mode() | 0o1 << class(&metadata, account));
    fs::set_permissions(dir, permissions).map_err(Error::io("open", dir))
}

/// The nearest existing directory above `dir` that the account may not pass through.
pub(crate) fn closed_above(dir: &Path, account: &Account) -> Result<Option<PathBuf>, Error> {
    for parent in dir.ancestors().skip(1) {
        if read(parent)?.is_some_and(|metadata| !is_open(&metadata, account)) {
            return Ok(Some(parent.to_owned()));
        }
    }
    Ok(None)
}

/// Whether a directory exists through which the account may pass.
pub(crate) fn may_pass(dir: &Path, account: &Account) -> Result<bool, Error> {
    Ok(read(dir)?.is_some_and(|metadata| is_open(&metadata, account)))
}

fn is_open(metadata: &Metadata, account: &Account) -> bool {
    metadata.mode() >> class(metadata, account) & 0o1 == 1
}

/// Where in the mode the bits for the account are: as the owner, by the group, or as anybody else.
fn class(metadata: &Metadata, account: &Account) -> u32 {
    match () {
        () if metadata.uid() == account.uid.as_raw() => 6,
        () if metadata.gid() == account.gid.as_raw() => 3,
        () => 0,
    }
}

fn read(dir: &Path) -> Result<Option<Metadata>, Error> {
    match dir.metadata() {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", dir)(error)),
    }
}
