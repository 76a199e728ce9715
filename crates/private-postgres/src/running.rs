//! Finds the server that another live process runs on a data directory.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Error;
use super::layout::Layout;
use super::pidfile::Pidfile;
use super::{EmbeddedDb, lock, socket_dir, url};

/// How long an owner that is starting is waited for; making a cluster is part of it.
pub(super) const ATTACH_LIMIT: Duration = Duration::from_secs(30);

/// A server that takes connections and belongs to a live process.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) postmaster_pid: u32,
    pub(super) socket_dir: PathBuf,
}

/// The URL of the database `partner` of a data directory, when a live process owns it and its server takes connections.
///
/// # Errors
/// When the data directory exists but cannot be read.
pub fn find_running(data_dir: &Path) -> Result<Option<String>, Error> {
    let Some(layout) = Layout::find(data_dir)? else {
        return Ok(None);
    };
    Ok(find(&layout)?.map(|found| url::of(&found.socket_dir, EmbeddedDb::DATABASE)))
}

/// The server of the live owner, if it takes connections.
pub(super) fn find(layout: &Layout) -> Result<Option<Running>, Error> {
    if !lock::is_held(layout)? {
        return Ok(None);
    }
    let Some(pidfile) = Pidfile::read(layout)?.filter(|found| found.is_ready) else {
        return Ok(None);
    };
    let socket_dir = socket_dir::find(layout)?;
    // Hung up before a word is said: the server does not log it.
    let is_accepting = UnixStream::connect(socket_dir::socket_in(&socket_dir)).is_ok();
    Ok(pidfile
        .pid
        .filter(|_| is_accepting)
        .map(|postmaster_pid| Running {
            postmaster_pid,
            socket_dir,
        }))
}
