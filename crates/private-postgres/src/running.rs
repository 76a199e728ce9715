//! Finds the server that another live process runs on a data directory.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::layout::Layout;
use crate::pidfile::Pidfile;
use crate::{lock, socket_dir, url};

/// How long to wait for an owner that is starting; the creation of the cluster is part of it.
pub(crate) const ATTACH_LIMIT: Duration = Duration::from_secs(30);

/// A server that accepts connections and belongs to a live process.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) postmaster_pid: u32,
    pub(crate) socket_dir: PathBuf,
}

/// The URL of the database `partner` of a data directory, when a live process owns it and its server accepts
/// connections.
///
/// # Errors
/// When the data directory exists but cannot be read.
pub fn find_running(data_dir: &Path) -> Result<Option<String>, Error> {
    let Some(layout) = Layout::find(data_dir)? else {
        return Ok(None);
    };
    Ok(find(&layout)?.map(|found| url::of(&found.socket_dir, url::DATABASE)))
}

/// The server of the live owner, if it accepts connections.
pub(crate) fn find(layout: &Layout) -> Result<Option<Running>, Error> {
    if !lock::is_held(layout)? {
        return Ok(None);
    }
    let Some(pidfile) = Pidfile::read(layout)?.filter(|found| found.is_ready) else {
        return Ok(None);
    };
    let socket_dir = socket_dir::find(layout)?;
    // The connection is closed before anything is sent: the server does not log it.
    let is_accepting = UnixStream::connect(socket_dir::socket_in(&socket_dir)).is_ok();
    Ok(pidfile
        .pid
        .filter(|_| is_accepting)
        .map(|postmaster_pid| Running {
            postmaster_pid,
            socket_dir,
        }))
}
