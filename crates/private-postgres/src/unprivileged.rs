//! Runs other programs that refuse root, as the servers of this crate are run: for tests that need several servers and
//! what stands between them.

use std::path::Path;
use std::process::Command;

use nix::unistd::geteuid;

use crate::access;
use crate::error::Error;
use crate::identity::{Account, Identity};
use crate::spawn;

/// The user that programs run as which have their files in one directory: never root.
#[derive(Debug)]
pub struct Unprivileged(Identity);

impl Unprivileged {
    /// Chooses the user for an existing directory: of a root process by a user namespace, or else an account that becomes
    /// the owner of the directory.
    ///
    /// # Errors
    /// When there is neither, or the account cannot enter a directory above.
    pub fn in_dir(dir: &Path) -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Ok(Self(Identity::Own));
        }
        if spawn::allows_namespace(dir) {
            return Ok(Self(Identity::Namespace));
        }
        let account = Account::find()?;
        access::open_to(dir, &account)?;
        let user = Self(Identity::Account(account));
        user.hand_over(dir)?;
        Ok(user)
    }

    /// Makes the user the owner of a file or directory that this process created.
    ///
    /// # Errors
    /// When the owner cannot be changed.
    pub fn hand_over(&self, path: &Path) -> Result<(), Error> {
        self.0.hand_over(path)
    }

    /// Makes a command run as the user, in the root directory and with an empty environment, and get SIGINT when the
    /// thread that spawns it ends.
    pub fn prepare(&self, command: &mut Command) {
        spawn::prepare(command, &self.0);
    }
}
