//! The paths in a data directory.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use crate::error::Error;

/// Flag of every file that is opened for writing: root may work in the data directory of another user, who must not be
/// able to redirect the write by a symbolic link.
pub(crate) const NO_FOLLOW: i32 = OFlag::O_NOFOLLOW.bits();

/// The paths in one data directory.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    data_dir: PathBuf,
}

impl Layout {
    /// Creates the data directory where it is absent, closed to other users.
    pub(crate) fn prepare(data_dir: &Path) -> Result<Self, Error> {
        ensure_private_dirs(data_dir)?;
        Self::find(data_dir)?.ok_or_else(|| Error::io("open", data_dir)(ErrorKind::NotFound))
    }

    /// The layout of a data directory, if that exists.
    ///
    /// The path is made absolute and free of links, so that every process derives the same names from it.
    pub(crate) fn find(data_dir: &Path) -> Result<Option<Self>, Error> {
        match data_dir.canonicalize() {
            Ok(data_dir) => Ok(Some(Self { data_dir })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("open", data_dir)(error)),
        }
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.data_dir.join("postgres")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.data_dir.join("postgres.lock")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.data_dir.join("postgres.log")
    }

    /// The usual directory of the socket.
    pub(crate) fn run(&self) -> PathBuf {
        self.data_dir.join("run")
    }

    /// The file that names the directory of the socket when it is not the usual one.
    pub(crate) fn socket_record(&self) -> PathBuf {
        self.data_dir.join("postgres.socket-dir")
    }

    /// The file whose presence says that the cluster may be removed once its owner is dead.
    pub(crate) fn disposable_marker(&self) -> PathBuf {
        self.data_dir.join("postgres.disposable")
    }
}

/// Creates a directory that only its owner may enter; its parent must exist.
pub(crate) fn create_private_dir(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Creates a directory that only its owner may enter, and the directories above it, where they are absent.
pub(crate) fn ensure_private_dirs(path: &Path) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    }
    ensure_private_dir(path)
}

/// Creates a directory that only its owner may enter, unless it exists.
pub(crate) fn ensure_private_dir(path: &Path) -> Result<(), Error> {
    match create_private_dir(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Error::io("create", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a file that may be absent.
pub(crate) fn remove_if_present(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}
