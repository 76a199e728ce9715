//! The user that the server runs as, and the files that this user must own.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;

use nix::unistd::{Gid, Uid, User, geteuid};

use crate::error::Error;

/// The accounts tried by name, best first.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// The user that the server runs as.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// The user of the service.
    Own,
    /// Root, but without a mapping in a user namespace of its own: for PostgreSQL it is not root.
    Namespace,
    /// Another account of the host, which a root service switches to in the server's process.
    Account(Account),
}

/// An account of the host.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: Uid,
    pub(crate) gid: Gid,
}

impl Account {
    /// The account that the server of a root service runs as where the host allows no user namespace.
    pub(crate) fn find() -> Result<Self, Error> {
        let mut users = ACCOUNTS
            .iter()
            .filter_map(|name| User::from_name(name).ok().flatten());
        let user = users.next().ok_or(Error::NoAccount)?;
        Ok(Self {
            name: user.name,
            uid: user.uid,
            gid: user.gid,
        })
    }

    /// The account that owns a file or directory; `None` when root owns it, or it is absent.
    pub(crate) fn owning(path: &Path) -> Result<Option<Self>, Error> {
        let Ok(metadata) = path.metadata() else {
            return Ok(None);
        };
        let (uid, gid) = (Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid()));
        if uid.is_root() {
            return Ok(None);
        }
        let user = User::from_uid(uid).map_err(Error::io("find the account that owns", path))?;
        let name = user.map_or_else(|| uid.to_string(), |user| user.name);
        Ok(Some(Self { name, uid, gid }))
    }
}

impl Identity {
    /// Makes the user of the server the owner of one file or directory.
    pub(crate) fn hand_over(&self, path: &Path) -> Result<(), Error> {
        let Self::Account(account) = self else {
            return Ok(());
        };
        lchown(path, Some(account.uid.as_raw()), Some(account.gid.as_raw()))
            .map_err(Error::io("change the owner of", path))
    }

    /// Makes the user of the server the owner of a directory and all that is in it, unless it owns the directory.
    ///
    /// The directory itself comes last. Until then only root can enter it, so no process of the account can exchange
    /// what is in it for a link to a file of somebody else; and when the account owns it, all of it was handed over.
    pub(crate) fn hand_over_tree(&self, path: &Path) -> Result<(), Error> {
        let metadata = path.symlink_metadata().map_err(Error::io("read", path))?;
        if metadata.uid() == self.uid().as_raw() {
            return Ok(());
        }
        if metadata.is_dir() {
            for entry in fs::read_dir(path).map_err(Error::io("read", path))? {
                self.hand_over_tree(&entry.map_err(Error::io("read", path))?.path())?;
            }
        }
        self.hand_over(path)
    }

    /// The user that owns what the server writes.
    pub(crate) fn uid(&self) -> Uid {
        if let Self::Account(account) = self {
            account.uid
        } else {
            geteuid()
        }
    }
}
