//! A folder or a zip: what holds the files of an O*NET database.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use super::archive::{Archive, Part};
use super::bounded::Meter;
use super::folder::{self, FoundFile};
use crate::error::{FileError, shown_path};
use crate::problem::Problem;

/// A folder or a zip.
pub(crate) struct Container {
    path: PathBuf,
    content: Content,
}

enum Content {
    Folder(Vec<FoundFile>),
    Zip(Archive),
}

/// A file in a folder or zip.
#[derive(Debug, Clone)]
pub(crate) enum Member {
    /// A file of a folder.
    File {
        /// Its path.
        path: PathBuf,
        /// Its size, in bytes.
        size: u64,
    },
    /// A file in a zip.
    Part(Part),
}

impl Member {
    /// The size when unpacked, in bytes, as far as it is known.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::File { size, .. } => *size,
            Self::Part(part) => part.size,
        }
    }
}

impl Container {
    /// Opens a folder or a zip.
    pub(crate) fn open(path: &Path) -> Result<Self, FileError> {
        let content = if super::look_at(path)?.is_dir() {
            Content::Folder(folder::list(path)?)
        } else {
            Content::Zip(Archive::open(
                path,
                "a zip or a folder",
                "download the O*NET database in text files",
            )?)
        };
        Ok(Self {
            path: path.to_owned(),
            content,
        })
    }

    /// The file of a base name, wherever in the folder or zip it stands; more than one is an error.
    pub(crate) fn find(&self, base: &str) -> Result<Option<Member>, FileError> {
        let found = match &self.content {
            Content::Folder(files) => {
                let mut matching = files.iter().filter(|file| file.base == base);
                let first = matching.next();
                only(
                    base,
                    first.map(|file| label(&file.path)),
                    matching.next().map(|file| label(&file.path)),
                )?;
                first.map(Self::regular).transpose()?
            }
            Content::Zip(archive) => {
                let is_wanted =
                    |part: &&Part| part.base_name() == base && !part.name.starts_with("__MACOSX/");
                let mut matching = archive.parts().iter().filter(is_wanted);
                let first = matching.next();
                only(
                    base,
                    first.map(|part| part.name.clone()),
                    matching.next().map(|part| part.name.clone()),
                )?;
                first.cloned().map(Member::Part)
            }
        };
        Ok(found)
    }

    fn regular(file: &FoundFile) -> Result<Member, FileError> {
        let problem = if file.is_link {
            Problem::SymbolicLink
        } else if file.is_special {
            Problem::WrongKind {
                found: "a device, pipe or socket",
                wanted: "a regular file",
            }
        } else {
            return Ok(Member::File {
                path: file.path.clone(),
                size: file.size,
            });
        };
        Err(FileError::new(problem).in_file(&shown_path(&file.path)))
    }

    /// How messages name a member.
    pub(crate) fn label(&self, member: &Member) -> String {
        match member {
            Member::File { path, .. } => shown_path(path),
            Member::Part(part) => format!(
                "{}: {}",
                shown_path(&self.path),
                shown_path(Path::new(&part.name))
            ),
        }
    }

    /// Reads a member.
    pub(crate) fn with_reader<T>(
        &mut self,
        member: &Member,
        meter: &Meter,
        read: impl FnOnce(&mut dyn BufRead) -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        match (member, &mut self.content) {
            (Member::File { path, .. }, _) => read(&mut super::reader(path, meter)?),
            (Member::Part(part), Content::Zip(archive)) => read(&mut archive.read(part, meter)?),
            (Member::Part(_), Content::Folder(_)) => Err(FileError::new(Problem::Damaged {
                cause: "it is a folder by now".to_owned(),
            })),
        }
    }

    /// The first file whose name has one of the endings, in lower case.
    pub(crate) fn with_ending(&self, endings: &[&str]) -> Option<String> {
        let is_wanted = |name: &str| {
            let name = name.to_ascii_lowercase();
            endings.iter().any(|ending| name.ends_with(ending))
        };
        match &self.content {
            Content::Folder(files) => files
                .iter()
                .map(|file| file.base.as_str())
                .find(|name| is_wanted(name)),
            Content::Zip(archive) => archive
                .parts()
                .iter()
                .map(Part::base_name)
                .find(|name| is_wanted(name)),
        }
        .map(str::to_owned)
    }
}

fn label(path: &Path) -> String {
    shown_path(path)
}

fn only(base: &str, first: Option<String>, second: Option<String>) -> Result<(), FileError> {
    match (first, second) {
        (Some(first), Some(second)) => Err(FileError::new(Problem::Ambiguous {
            base: base.to_owned(),
            first,
            second,
        })),
        _ => Ok(()),
    }
}
