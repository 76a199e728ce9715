//! Chooses the user that the server runs as: PostgreSQL refuses to run as root.
//!
//! A root service gives the server a user namespace without any mapping: this needs neither an account nor `chown`, and
//! the cluster may be in root's home. Where the host forbids user namespaces, the server runs as `postgres` or `nobody`,
//! and that account becomes the owner of the cluster.

use nix::unistd::geteuid;

use crate::access;
use crate::error::Error;
use crate::identity::{Account, Identity};
use crate::layout::Layout;
use crate::spawn;

/// Chooses the identity, and prepares the data directory for it.
pub(crate) fn identity(layout: &Layout) -> Result<Identity, Error> {
    if !geteuid().is_root() {
        return Ok(Identity::Own);
    }
    // A cluster that belongs to an account cannot be read from a user namespace any more.
    if let Some(account) = Account::owning(&layout.cluster())? {
        return account_identity(layout, account);
    }
    if spawn::allows_namespace(layout.data_dir()) {
        return Ok(Identity::Namespace);
    }
    account_identity(layout, Account::find()?)
}

/// Lets the server run as an account, which becomes the owner of the cluster.
pub(crate) fn account_identity(layout: &Layout, account: Account) -> Result<Identity, Error> {
    access::open_to(layout.data_dir(), &account)?;
    let identity = Identity::Account(account);
    if layout.cluster().exists() {
        identity.hand_over_tree(&layout.cluster())?;
    }
    Ok(identity)
}
