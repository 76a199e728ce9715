//! As whom the server runs: PostgreSQL refuses to run as root.
//!
//! A root service gives the server a user namespace without any mapping: no account and no `chown` are needed, and the
//! cluster may be in root's home. Where the host forbids that, the server runs as `postgres` or `nobody`, and the cluster
//! is handed over to that account.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::Path;

use nix::unistd::{Gid, Uid, User, geteuid};

use super::error::Error;
use super::layout::Layout;
use super::locate::Programs;
use super::spawn;

/// The accounts tried by name, best first.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// As whom the server runs.
#[derive(Clone, Debug)]
pub(super) enum Identity {
    /// As the user of the service.
    Own,
    /// As nobody in particular: root outside, unmapped in a user namespace of its own.
    Namespace,
    /// As another account, which root becomes for the server's sake.
    Account(Account),
}

/// An account of the host.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: Uid,
    pub(super) gid: Gid,
}

impl Identity {
    /// Decides, and makes the data directory ready for whom it decided on.
    pub(super) fn choose(layout: &Layout, programs: &Programs) -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Ok(Self::Own);
        }
        // A cluster that was handed over once is out of reach for any other.
        if let Some(account) = cluster_owner(layout)? {
            return Self::account(layout, account);
        }
        if spawn::allows_namespace(&programs.postgres(), layout.data_dir()) {
            return Ok(Self::Namespace);
        }
        Self::account(layout, find_account()?)
    }

    /// Runs the server as an account, to which the cluster is handed over.
    pub(super) fn account(layout: &Layout, account: Account) -> Result<Self, Error> {
        open_the_way(layout.data_dir(), &account)?;
        let identity = Self::Account(account);
        if layout.cluster().exists() {
            identity.hand_over_tree(&layout.cluster())?;
        }
        Ok(identity)
    }

    /// Gives one file or directory to whom the server runs as.
    pub(super) fn hand_over(&self, path: &Path) -> Result<(), Error> {
        let Self::Account(account) = self else {
            return Ok(());
        };
        lchown(path, Some(account.uid.as_raw()), Some(account.gid.as_raw()))
            .map_err(Error::io("change the owner of", path))
    }

    /// The user that owns what the server writes.
    pub(super) fn uid(&self) -> Uid {
        if let Self::Account(account) = self {
            account.uid
        } else {
            geteuid()
        }
    }

    fn hand_over_tree(&self, path: &Path) -> Result<(), Error> {
        let metadata = path.symlink_metadata().map_err(Error::io("read", path))?;
        if metadata.is_dir() {
            for entry in fs::read_dir(path).map_err(Error::io("read", path))? {
                self.hand_over_tree(&entry.map_err(Error::io("read", path))?.path())?;
            }
        }
        if metadata.uid() == self.uid().as_raw() {
            Ok(())
        } else {
            self.hand_over(path)
        }
    }
}

/// The account that the server runs as where the host allows no user namespace.
pub(super) fn find_account() -> Result<Account, Error> {
    let mut users = ACCOUNTS
        .iter()
        .filter_map(|name| User::from_name(name).ok().flatten());
    let user = users.next().ok_or(Error::NoAccount)?;
    Ok(Account {
        name: user.name,
        uid: user.uid,
        gid: user.gid,
    })
}

/// Whom an existing cluster was handed over to; `None` when it is root's, or absent.
fn cluster_owner(layout: &Layout) -> Result<Option<Account>, Error> {
    let path = layout.cluster();
    let Ok(metadata) = path.metadata() else {
        return Ok(None);
    };
    let (uid, gid) = (Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid()));
    if uid.is_root() {
        return Ok(None);
    }
    let user = User::from_uid(uid).map_err(Error::io("find the account that owns", &path))?;
    let name = user.map_or_else(|| uid.to_string(), |user| user.name);
    Ok(Some(Account { name, uid, gid }))
}

/// Makes sure that the account can reach what is in the data directory; opens only the data directory itself.
fn open_the_way(data_dir: &Path, account: &Account) -> Result<(), Error> {
    for dir in data_dir.ancestors() {
        let metadata = dir.metadata().map_err(Error::io("read", dir))?;
        let shift = match () {
            () if metadata.uid() == account.uid.as_raw() => 6,
            () if metadata.gid() == account.gid.as_raw() => 3,
            () => 0,
        };
        if metadata.mode() >> shift & 0o1 == 1 {
            continue;
        }
        if dir != data_dir {
            return Err(Error::ParentClosed {
                closed: dir.to_owned(),
                account: account.name.clone(),
            });
        }
        let mut permissions = metadata.permissions();
        permissions.set_mode(permissions.mode() | 0o1 << shift);
        fs::set_permissions(dir, permissions).map_err(Error::io("open", dir))?;
    }
    Ok(())
}
