//! The directory of the socket: in the data directory, or in `/tmp` when that path is too long for a socket.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::identity::Identity;
use crate::layout::{self, Layout};
use crate::path_hash::path_hash;

/// The port is only part of the socket's name; it is fixed so that nothing depends on `PGPORT`.
pub(crate) const PORT: u16 = 5432;

/// The longest path of a unix socket, in bytes, on Linux.
const SOCKET_PATH_MAX: usize = 107;

/// Parent of the short directories.
const SHORT_ROOT: &str = "/tmp";

/// How many names are tried: in a directory that all may write, other users may have taken the first ones.
const SHORT_ATTEMPTS: u32 = 16;

/// The directory of the socket; a short one is removed when dropped.
#[derive(Debug)]
pub(crate) struct SocketDir {
    path: PathBuf,
    record: Option<PathBuf>,
}

impl SocketDir {
    /// Creates the directory, closed to other users, and records it when it is not the usual one.
    pub(crate) fn prepare(layout: &Layout, identity: &Identity) -> Result<Self, Error> {
        let run = layout.run();
        if is_suitable(&run) {
            layout::ensure_private_dir(&run)?;
            identity.hand_over(&run)?;
            layout::remove_if_present(&layout.socket_record())?;
            return Ok(Self {
                path: run,
                record: None,
            });
        }
        let path = create_short(layout, identity)?;
        let record = layout.socket_record();
        write_record(&record, &path).map_err(Error::io("write", &record))?;
        Ok(Self {
            path,
            record: Some(record),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketDir {
    fn drop(&mut self) {
        if let Some(record) = &self.record {
            discard(&self.path, record);
        }
    }
}

/// The directory of the socket of a data directory: what the record says, else the usual one.
pub(crate) fn find(layout: &Layout) -> Result<PathBuf, Error> {
    let record = layout.socket_record();
    match fs::read(&record) {
        Ok(path) => Ok(PathBuf::from(OsStr::from_bytes(&path))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(layout.run()),
        Err(error) => Err(Error::io("read", &record)(error)),
    }
}

/// Removes the short directory that the owner of a data directory, now dead, left behind.
pub(crate) fn discard_abandoned(layout: &Layout) {
    let record = layout.socket_record();
    if let Ok(path) = find(layout)
        && path.parent() == Some(Path::new(SHORT_ROOT))
    {
        for file in [socket_in(&path), socket_lock_in(&path)] {
            _ = fs::remove_file(file);
        }
        discard(&path, &record);
    }
}

/// The socket in a directory.
pub(crate) fn socket_in(dir: &Path) -> PathBuf {
    dir.join(format!(".s.PGSQL.{PORT}"))
}

/// The lock file that the server puts beside its socket.
pub(crate) fn socket_lock_in(dir: &Path) -> PathBuf {
    dir.join(format!(".s.PGSQL.{PORT}.lock"))
}

/// Writes a new file instead of changing the old one, which the owner of the data directory might have made a link.
fn write_record(record: &Path, socket_dir: &Path) -> io::Result<()> {
    match fs::remove_file(record) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::create_new(record)?.write_all(socket_dir.as_os_str().as_bytes())
}

fn discard(path: &Path, record: &Path) {
    // A directory that is not empty may be in use; a later start finds it again by its record.
    if fs::remove_dir(path).is_ok() {
        _ = fs::remove_file(record);
    }
}

/// Whether the path is short enough for a socket, and a URL and the server's list of directories can name it.
fn is_suitable(dir: &Path) -> bool {
    let is_plain = dir.to_str().is_some_and(|text| !text.contains([',', '"']));
    is_plain && socket_in(dir).as_os_str().len() <= SOCKET_PATH_MAX
}

fn create_short(layout: &Layout, identity: &Identity) -> Result<PathBuf, Error> {
    let hash = path_hash(layout.data_dir());
    for attempt in 0..SHORT_ATTEMPTS {
        let path = Path::new(SHORT_ROOT).join(format!("talentsoft-partner-{hash:016x}-{attempt}"));
        match layout::create_private_dir(&path) {
            Ok(()) => identity.hand_over(&path)?,
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(Error::io("create", &path)(error));
            }
            Err(_) if !is_private_of(&path, identity) => continue,
            Err(_) => {}
        }
        return Ok(path);
    }
    Err(Error::NoSocketDir {
        socket: socket_in(&layout.run()),
        tried: PathBuf::from(SHORT_ROOT),
    })
}

/// Whether a directory was created here earlier, and not by another user.
fn is_private_of(path: &Path, identity: &Identity) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| {
        metadata.is_dir() && metadata.uid() == identity.uid().as_raw() && metadata.mode() & 0o777 == 0o700
    })
}
