//! Warns of secrets in files that other users of this machine may read.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Logs a warning if users other than the owner and root may read `path`, the value of `variable`. A path that cannot be
/// examined is ignored here: whatever needs the file reports the error.
pub fn warn_if_exposed(variable: &str, path: &Path) {
    if fs::metadata(path).is_ok_and(|metadata| is_exposed(&metadata)) {
        let path = path.display();
        tracing::warn!(
            "{variable} is {path}, which other users of this machine may read; `chmod go-rw {path}` closes it"
        );
    }
}

fn is_exposed(metadata: &Metadata) -> bool {
    // The permission to enter a directory does not count, because PostgreSQL's account may need it.
    let bits = if metadata.is_dir() { 0o6 } else { 0o7 };
    let of_group = metadata.mode() >> 3 & bits;
    // In the files of systemd's credentials, the bits of the group are the mask of the access control list.
    let is_root_group = metadata.gid() == 0;
    metadata.mode() & bits != 0 || (of_group != 0 && !is_root_group)
}

#[cfg(test)]
mod tests {
    use std::fs::{File, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_others_may_read_is_exposed() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("key");
        File::create(&file).unwrap();
        let exposed = |path: &Path, mode| {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
            is_exposed(&fs::metadata(path).unwrap())
        };
        for (mode, expected) in [(0o600, false), (0o400, false), (0o604, true), (0o602, true)] {
            assert_eq!(exposed(&file, mode), expected, "{mode:o}");
        }
        for (mode, expected) in [(0o700, false), (0o701, false), (0o711, false), (0o704, true)] {
            assert_eq!(exposed(directory.path(), mode), expected, "{mode:o}");
        }
        let is_root_group = fs::metadata(&file).unwrap().gid() == 0;
        assert_eq!(exposed(&file, 0o640), !is_root_group);
    }
}
