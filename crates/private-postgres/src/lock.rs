//! One owner per cluster: an advisory lock on a file beside it.
//!
//! The descriptor is close-on-exec, so the server does not inherit it and the lock is released when the owner ends.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::error::Error;
use crate::layout::{self, Layout};

/// How long a starting owner waits for the lock: a killed owner needs some milliseconds to end.
const TAKE_LIMIT: Duration = Duration::from_secs(3);

/// How long to wait before a lock that is held is tried again.
pub(crate) const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// Proof that this process owns the cluster; released when dropped.
#[derive(Debug)]
pub(crate) struct OwnerLock(#[expect(dead_code, reason = "held for its lock")] Flock<File>);

impl OwnerLock {
    /// Takes the lock; waits a little for an owner that is ending.
    pub(crate) fn take(layout: &Layout) -> Result<Self, Error> {
        let deadline = Instant::now() + TAKE_LIMIT;
        loop {
            if let Some(lock) = Self::try_take(layout)? {
                return Ok(lock);
            }
            if Instant::now() >= deadline {
                let owner_pid = read_owner(&layout.lock());
                return Err(Error::InUse {
                    data_dir: layout.data_dir().to_owned(),
                    owner_pid,
                });
            }
            thread::sleep(RETRY_INTERVAL);
        }
    }

    /// Takes the lock unless another process holds it.
    pub(crate) fn try_take(layout: &Layout) -> Result<Option<Self>, Error> {
        let path = layout.lock();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(layout::NO_FOLLOW)
            .open(&path);
        let file = file.map_err(Error::io("open", &path))?;
        let Some(mut lock) = try_lock(file, FlockArg::LockExclusiveNonblock, &path)? else {
            return Ok(None);
        };
        let metadata = lock.metadata().map_err(Error::io("read", &path))?;
        if metadata.nlink() == 0 {
            // The directory was removed by a sweep after the file was opened: this lock protects nothing.
            return Ok(None);
        }
        write_owner(&mut lock).map_err(Error::io("write", &path))?;
        Ok(Some(Self(lock)))
    }

    /// Takes the lock of a directory that may have no lock file, without creating one.
    pub(crate) fn try_take_existing(layout: &Layout) -> Result<Option<Self>, Error> {
        if layout.lock().exists() {
            Self::try_take(layout)
        } else {
            Ok(None)
        }
    }
}

/// Whether a live process owns the cluster.
pub(crate) fn is_held(layout: &Layout) -> Result<bool, Error> {
    let path = layout.lock();
    match File::open(&path) {
        // Shared, so that two processes that ask at once do not take each other for the owner.
        Ok(file) => Ok(try_lock(file, FlockArg::LockSharedNonblock, &path)?.is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io("open", &path)(error)),
    }
}

fn try_lock(file: File, how: FlockArg, path: &Path) -> Result<Option<Flock<File>>, Error> {
    match Flock::lock(file, how) {
        Ok(lock) => Ok(Some(lock)),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, errno)) => Err(Error::io("lock", path)(errno)),
    }
}

/// Writes the process id of the owner into the file, for administrators and for error messages.
fn write_owner(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

fn read_owner(path: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path).ok()?.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
