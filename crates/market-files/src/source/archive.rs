//! A zip, read with suspicion: of few entries, whose names stay inside, unencrypted, and expanding as text does.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::bounded::{Bounded, Meter};
use crate::error::{FileError, shown};
use crate::limits;
use crate::problem::Problem;

/// The signature of the record at the end of a zip.
const END_SIGNATURE: &[u8] = b"PK\x05\x06";
/// The length of that record without its comment, which has 64 KiB at most.
const END_LEN: u64 = 22;

/// An open zip.
pub(crate) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    parts: Vec<Part>,
}

/// A file in a zip.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    index: usize,
    /// Its path in the zip.
    pub(crate) name: String,
    /// Its size when unpacked, as the zip says it.
    pub(crate) size: u64,
    obstacle: Option<Obstacle>,
}

/// Why a part cannot be read, which matters only if it is wanted.
#[derive(Debug, Clone, Copy)]
enum Obstacle {
    Encrypted,
    Method,
    Link,
    Size,
    Ratio,
}

impl Part {
    /// The last component of its path.
    pub(crate) fn base_name(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or_default()
    }
}

impl Archive {
    /// Opens a zip and looks at what it lists; `wanted` is what it must be, with its article, and `advice` what to do else.
    pub(crate) fn open(path: &Path, wanted: &'static str, advice: &'static str) -> Result<Self, FileError> {
        let (mut file, _) = super::open(path, limits::ZIP_MIB)?;
        if let Some(found) = super::recognise(&mut file)? {
            return Err(FileError::new(Problem::WrongFormat {
                found,
                wanted,
                advice,
            }));
        }
        look_at_end(&mut file)?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(zip_failed)?;
        let mut archive = Self {
            zip,
            parts: Vec::new(),
        };
        archive.list()?;
        Ok(archive)
    }

    fn list(&mut self) -> Result<(), FileError> {
        if self.zip.len() > limits::ZIP_ENTRIES {
            return Err(too_many());
        }
        if self.zip.has_duplicate_names() {
            return Err(FileError::new(Problem::Damaged {
                cause: "two of its entries have the same name".to_owned(),
            }));
        }
        for index in 0..self.zip.len() {
            let entry = self.zip.by_index_data(index).map_err(zip_failed)?;
            let name = entry.name().map_err(zip_failed)?.into_owned();
            if leads_out(&name) {
                return Err(FileError::new(Problem::UnsafeName { name: shown(&name) }));
            }
            if entry.is_dir() {
                continue;
            }
            let obstacle = [
                (entry.encrypted(), Obstacle::Encrypted),
                (entry.is_symlink(), Obstacle::Link),
                (!is_readable(entry.compression()), Obstacle::Method),
                (entry.size() > limits::UNPACKED_MIB * limits::MIB, Obstacle::Size),
                (is_bomb(entry.size(), entry.compressed_size()), Obstacle::Ratio),
            ];
            let obstacle = obstacle.into_iter().find(|(is_there, _)| *is_there);
            self.parts.push(Part {
                index,
                name,
                size: entry.size(),
                obstacle: obstacle.map(|(_, obstacle)| obstacle),
            });
        }
        Ok(())
    }

    /// The part of a path in the zip.
    pub(crate) fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// The files that the zip lists.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Unpacks a part while it is read.
    pub(crate) fn read(
        &mut self,
        part: &Part,
        meter: &Meter,
    ) -> Result<BufReader<impl Read + '_>, FileError> {
        if let Some(obstacle) = part.obstacle {
            return Err(FileError::new(match obstacle {
                Obstacle::Encrypted => Problem::Encrypted,
                Obstacle::Method => Problem::CompressionMethod,
                Obstacle::Link => Problem::SymbolicLink,
                Obstacle::Size => Problem::ExpandsTooFar {
                    limit_mib: limits::UNPACKED_MIB,
                },
                Obstacle::Ratio => Problem::ExpandsTooMuch { ratio: limits::RATIO },
            }));
        }
        let file = self.zip.by_index(part.index).map_err(zip_failed)?;
        let packed = file.compressed_size();
        let bounded = Bounded::new(file, Some(packed), meter.clone());
        Ok(BufReader::with_capacity(64 * 1024, bounded))
    }
}

fn is_readable(method: CompressionMethod) -> bool {
    matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated)
}

fn is_bomb(size: u64, packed: u64) -> bool {
    size > packed.saturating_mul(limits::RATIO).max(limits::RATIO_FREE)
}

/// Whether a path in a zip leads out of it, here or on another system.
fn leads_out(name: &str) -> bool {
    let is_absolute = name.starts_with(['/', '\\']) || name.get(1..2) == Some(":");
    is_absolute || name.contains('\0') || name.split(['/', '\\']).any(|component| component == "..")
}

/// Looks at each record that may be the end of the zip, before anything is set aside for as many entries as it says.
fn look_at_end(file: &mut File) -> Result<(), FileError> {
    let failed = |cause| FileError::io("read", cause);
    let len = file.seek(SeekFrom::End(0)).map_err(failed)?;
    // The library looks a few bytes further back than the record can begin.
    let start = len.saturating_sub(END_LEN + 64 * 1024 + 16);
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let mut tail = Vec::new();
    file.by_ref()
        .take(len - start)
        .read_to_end(&mut tail)
        .map_err(failed)?;
    file.rewind().map_err(failed)?;
    let mut has_end = false;
    for record in tail
        .windows(20)
        .filter(|window| window.starts_with(END_SIGNATURE))
    {
        has_end = true;
        let counts = record.get(8..12).unwrap_or_default().chunks_exact(2);
        let counts = counts.map(|bytes| u16::from_le_bytes([byte(bytes, 0), byte(bytes, 1)]));
        let is_zip64 = record.get(12..20).is_some_and(|rest| {
            rest.chunks_exact(4)
                .any(|field| field.iter().all(|byte| *byte == 0xFF))
        });
        let is_large = counts
            .into_iter()
            .any(|count| usize::from(count) > limits::ZIP_ENTRIES);
        if is_large || is_zip64 {
            return Err(too_many());
        }
    }
    if has_end {
        Ok(())
    } else {
        Err(FileError::new(Problem::Damaged {
            cause: "its end is missing".to_owned(),
        }))
    }
}

fn byte(bytes: &[u8], index: usize) -> u8 {
    bytes.get(index).copied().unwrap_or_default()
}

fn too_many() -> FileError {
    FileError::new(Problem::TooManyEntries {
        limit: limits::ZIP_ENTRIES,
    })
}

fn zip_failed(error: ZipError) -> FileError {
    match error {
        ZipError::Io(cause) => super::read_failed(cause),
        other => FileError::new(Problem::Damaged {
            cause: shown(&other.to_string()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_of_a_zip_are_recognised() {
        for name in [
            "../a",
            "a/../../b",
            "/etc/passwd",
            "\\a",
            "a\\..\\b",
            "C:\\a",
            "a\0b",
        ] {
            assert!(leads_out(name), "{name}");
        }
        for name in ["a", "db_30_3_text/Skills.txt", "a..b", "..a/b", "a/.../b"] {
            assert!(!leads_out(name), "{name}");
        }
    }
}
