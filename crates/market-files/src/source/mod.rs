//! Where bytes come from: a file, a folder of files, or a zip.

mod archive;
mod bounded;
mod container;
mod folder;

use std::fs::{self, File, FileType, Metadata};
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use crate::error::FileError;
use crate::limits;
use crate::problem::Problem;

pub(crate) use archive::{Archive, Part};
pub(crate) use bounded::{Bounded, Meter, read_failed, shared_read_failed};
pub(crate) use container::{Container, Member};

/// What a workbook from before 2007, or with a password, is.
pub(crate) const OLD_WORKBOOK: &str = "an old or encrypted Excel workbook";

/// Opens a file that is named by the user: a regular one that is not empty and not larger than `limit_mib`.
///
/// A link is followed, since the user named it; a device or pipe, which might never end, is not opened.
pub(crate) fn open(path: &Path, limit_mib: u64) -> Result<(File, u64), FileError> {
    check(&look_at(path)?, limit_mib)?;
    let file = File::open(path).map_err(|cause| FileError::io("open", cause))?;
    // What was opened is looked at again, since the path may lead elsewhere by now.
    let metadata = file.metadata().map_err(|cause| FileError::io("read", cause))?;
    check(&metadata, limit_mib)?;
    Ok((file, metadata.len()))
}

/// What stands at a path.
pub(crate) fn look_at(path: &Path) -> Result<Metadata, FileError> {
    fs::metadata(path).map_err(|cause| FileError::io("find", cause))
}

fn check(metadata: &Metadata, limit_mib: u64) -> Result<(), FileError> {
    if !metadata.is_file() {
        return Err(FileError::new(Problem::WrongKind {
            found: kind(metadata.file_type()),
            wanted: "a regular file",
        }));
    }
    if metadata.len() == 0 {
        return Err(FileError::new(Problem::Empty));
    }
    if metadata.len() > limit_mib.saturating_mul(limits::MIB) {
        return Err(FileError::new(Problem::TooLarge { limit_mib }));
    }
    Ok(())
}

/// What a directory entry is, with its article.
pub(crate) fn kind(file_type: FileType) -> &'static str {
    if file_type.is_dir() {
        "a folder"
    } else if file_type.is_symlink() {
        "a symbolic link"
    } else if file_type.is_file() {
        "a file"
    } else {
        "a device, pipe or socket"
    }
}

/// What the first bytes of a file say that it is, with its article; `None` for a zip.
pub(crate) fn recognise(file: &mut File) -> Result<Option<&'static str>, FileError> {
    let mut start = Vec::new();
    let failed = |cause| FileError::io("read", cause);
    file.by_ref().take(512).read_to_end(&mut start).map_err(failed)?;
    file.rewind().map_err(failed)?;
    let text = start.trim_ascii_start();
    let found = [
        (start.starts_with(b"\xD0\xCF\x11\xE0"), OLD_WORKBOOK),
        (start.starts_with(b"\x1F\x8B"), "a gzip file"),
        (start.starts_with(b"7z\xBC\xAF\x27\x1C"), "a 7z archive"),
        (start.starts_with(b"Rar!"), "a RAR archive"),
        (start.starts_with(b"%PDF"), "a PDF"),
        (text.starts_with(b"<"), "an HTML or XML page"),
    ];
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return Ok(None);
    }
    let found = found.iter().find(|(is_found, _)| *is_found);
    Ok(Some(found.map_or("another kind of file", |(_, name)| *name)))
}

/// Reads a text file that stands on its own.
pub(crate) fn reader(path: &Path, meter: &Meter) -> Result<BufReader<Bounded<File>>, FileError> {
    let (file, _) = open(path, limits::UNPACKED_MIB)?;
    Ok(BufReader::with_capacity(
        64 * 1024,
        Bounded::new(file, None, meter.clone()),
    ))
}
