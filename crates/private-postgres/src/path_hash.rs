//! A short name for a path, the same in every process and every release.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The FNV-1a hash of a path; the standard library does not promise that its hasher stays the same.
pub(crate) fn path_hash(path: &Path) -> u64 {
    let bytes = path.as_os_str().as_bytes();
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
