//! Removes the throw-away clusters of owners that died before they could remove them.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::layout::Layout;
use crate::lock::OwnerLock;
use crate::{pidfile, socket_dir};

/// Removes the throw-away clusters directly under `parent` whose owner died; test binaries call it when they start.
///
/// Touches only data directories that were created with [`Durability::Disposable`](crate::Durability::Disposable), and
/// none that is in use. A directory that cannot be removed is logged and left. `parent` must be a directory that no other
/// user can write.
pub fn sweep_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if let Err(error) = sweep(&entry.path()) {
            tracing::warn!(%error, "cannot remove an abandoned cluster");
        }
    }
}

fn sweep(data_dir: &Path) -> Result<(), Error> {
    let Some(layout) = Layout::find(data_dir)? else {
        return Ok(());
    };
    let marker = layout.disposable_marker();
    if !marker.exists() {
        return Ok(());
    }
    let Some(_lock) = OwnerLock::try_take_existing(&layout)? else {
        return Ok(());
    };
    // Read again under the lock: the owner may have decided to keep the cluster. Its server may need a moment to end.
    if !marker.exists() || pidfile::is_in_use(&layout)? {
        return Ok(());
    }
    socket_dir::discard_abandoned(&layout);
    fs::remove_dir_all(data_dir).map_err(Error::io("remove", data_dir))
}
