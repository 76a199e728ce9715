//! Where things are under the data directory.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::error::Error;

/// The paths of one data directory.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    data_dir: PathBuf,
}

impl Layout {
    /// Makes the data directory where it is absent, closed to other users.
    pub(super) fn prepare(data_dir: &Path) -> Result<Self, Error> {
        if let Some(parent) = data_dir.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        ensure_private_dir(data_dir)?;
        Self::find(data_dir)?.ok_or_else(|| Error::io("open", data_dir)(ErrorKind::NotFound))
    }

    /// The layout of a data directory, if that exists.
    ///
    /// The path is made absolute and free of links, so that every process derives the same names from it.
    pub(super) fn find(data_dir: &Path) -> Result<Option<Self>, Error> {
        match data_dir.canonicalize() {
            Ok(data_dir) => Ok(Some(Self { data_dir })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("open", data_dir)(error)),
        }
    }

    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub(super) fn cluster(&self) -> PathBuf {
        self.data_dir.join("postgres")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.data_dir.join("postgres.lock")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.data_dir.join("postgres.log")
    }

    /// The usual directory of the socket.
    pub(super) fn run(&self) -> PathBuf {
        self.data_dir.join("run")
    }

    /// The file that names the directory of the socket when that is not the usual one.
    pub(super) fn socket_record(&self) -> PathBuf {
        self.data_dir.join("postgres.socket-dir")
    }

    /// The file that says that nobody will miss this cluster.
    pub(super) fn disposable_marker(&self) -> PathBuf {
        self.data_dir.join("postgres.disposable")
    }
}

/// Makes a directory that only its owner may enter; its parent must exist.
pub(super) fn create_private_dir(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Makes a directory that only its owner may enter, unless it is there.
pub(super) fn ensure_private_dir(path: &Path) -> Result<(), Error> {
    match create_private_dir(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Error::io("create", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a file that may be absent.
pub(super) fn remove_if_present(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}
