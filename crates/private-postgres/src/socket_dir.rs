//! Where the server puts its socket: in the data directory, or, when that path is too long for one, in `/tmp`.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::identity::Identity;
use super::layout::{self, Layout};

/// The port is only part of the socket's name; it is fixed so that nothing depends on `PGPORT`.
pub(super) const PORT: u16 = 5432;

/// The longest path of a unix socket, in bytes, on Linux.
const SOCKET_PATH_MAX: usize = 107;

/// Where short directories are made.
const SHORT_ROOT: &str = "/tmp";

/// How many names are tried before giving up: others may sit on ours in a directory open to all.
const SHORT_ATTEMPTS: u32 = 16;

/// The directory of the socket; a short one is removed when dropped.
#[derive(Debug)]
pub(super) struct SocketDir {
    path: PathBuf,
    record: Option<PathBuf>,
}

impl SocketDir {
    /// Makes the directory, closed to others, and records it when it is not the usual one.
    pub(super) fn prepare(layout: &Layout, identity: &Identity) -> Result<Self, Error> {
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
        let path = make_short(layout, identity)?;
        let record = layout.socket_record();
        fs::write(&record, path.as_os_str().as_bytes()).map_err(Error::io("write", &record))?;
        Ok(Self {
            path,
            record: Some(record),
        })
    }

    pub(super) fn path(&self) -> &Path {
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

/// Where the socket of a data directory is, by the record or by custom.
pub(super) fn find(layout: &Layout) -> Result<PathBuf, Error> {
    let record = layout.socket_record();
    match fs::read(&record) {
        Ok(path) => Ok(PathBuf::from(OsStr::from_bytes(&path))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(layout.run()),
        Err(error) => Err(Error::io("read", &record)(error)),
    }
}

/// Removes the short directory that the owner of a data directory, now dead, left behind.
pub(super) fn discard_abandoned(layout: &Layout) {
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
pub(super) fn socket_in(dir: &Path) -> PathBuf {
    dir.join(format!(".s.PGSQL.{PORT}"))
}

/// The lock file that the server puts beside its socket.
pub(super) fn socket_lock_in(dir: &Path) -> PathBuf {
    dir.join(format!(".s.PGSQL.{PORT}.lock"))
}

fn discard(path: &Path, record: &Path) {
    // A directory that is not empty is somebody's business, and a later start finds it again.
    if fs::remove_dir(path).is_ok() {
        _ = fs::remove_file(record);
    }
}

/// Whether the server can put a socket there, and a URL and the server's list of directories can name it.
fn is_suitable(dir: &Path) -> bool {
    let is_plain = dir.to_str().is_some_and(|text| !text.contains([',', '"']));
    is_plain && socket_in(dir).as_os_str().len() <= SOCKET_PATH_MAX
}

fn make_short(layout: &Layout, identity: &Identity) -> Result<PathBuf, Error> {
    let hash = hash(layout.data_dir().as_os_str().as_bytes());
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

/// Whether a directory is one that we made earlier, rather than one that somebody put in our way.
fn is_private_of(path: &Path, identity: &Identity) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| {
        metadata.is_dir() && metadata.uid() == identity.uid().as_raw() && metadata.mode() & 0o777 == 0o700
    })
}

/// FNV-1a: equal in every process and every release, which the standard library's hasher does not promise.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
