//! A folder as somebody unpacked it, and the folders in it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{FileError, shown_path};
use crate::limits;
use crate::problem::Problem;

/// A file of a folder.
#[derive(Debug, Clone)]
pub(super) struct FoundFile {
    /// Its path.
    pub(super) path: PathBuf,
    /// Its base name.
    pub(super) base: String,
    /// It is a link.
    pub(super) is_link: bool,
    /// It is neither a file nor a link.
    pub(super) is_special: bool,
    /// Its size, in bytes.
    pub(super) size: u64,
}

/// The files of a folder and of the folders directly in it, sorted by path; names that are not UTF-8 are left out.
pub(super) fn list(folder: &Path) -> Result<Vec<FoundFile>, FileError> {
    let mut found = Vec::new();
    let mut inner = Vec::new();
    list_one(folder, &mut found, Some(&mut inner))?;
    for folder in inner {
        list_one(&folder, &mut found, None)?;
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn list_one(
    folder: &Path,
    found: &mut Vec<FoundFile>,
    mut inner: Option<&mut Vec<PathBuf>>,
) -> Result<(), FileError> {
    let failed = |cause| FileError::io("list", cause).in_file(&shown_path(folder));
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // The type of the entry itself: links are not followed.
        let file_type = entry.file_type().map_err(failed)?;
        let Ok(base) = entry.file_name().into_string() else {
            continue;
        };
        if file_type.is_dir() {
            if let Some(inner) = inner.as_mut() {
                inner.push(entry.path());
            }
            continue;
        }
        if found.len() == limits::FOLDER_FILES {
            return Err(FileError::new(Problem::TooManyFiles {
                limit: limits::FOLDER_FILES,
            }));
        }
        found.push(FoundFile {
            path: entry.path(),
            base,
            is_link: file_type.is_symlink(),
            is_special: !file_type.is_symlink() && !file_type.is_file(),
            size: entry.metadata().map_or(0, |metadata| metadata.len()),
        });
    }
    Ok(())
}
