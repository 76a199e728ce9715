//! Why a file could not be read: one line that names the file, the line, the column and what to do.

use std::fmt::{self, Write as _};
use std::io;
use std::path::Path;

use crate::problem::Problem;

/// The most characters of a value that a message repeats.
const SHOWN_VALUE: usize = 60;
/// The most characters of a path that a message repeats.
const SHOWN_PATH: usize = 300;

/// Why a file could not be read.
///
/// `Display` is one line: the file (with the part of a zip), the line, the column, what is wrong and what to do.
#[derive(Debug)]
pub struct FileError(Box<Located>);

#[derive(Debug)]
struct Located {
    place: Place,
    problem: Problem,
}

/// Where in the files something is wrong, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it; of a zip with the part after a colon.
    pub file: String,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The line of a text, or the row of a sheet, from 1.
    pub line: Option<u64>,
    /// The name of the column.
    pub column: Option<String>,
}

impl FileError {
    pub(crate) fn new(problem: Problem) -> Self {
        Self(Box::new(Located {
            place: Place::default(),
            problem,
        }))
    }

    pub(crate) fn io(action: &'static str, cause: io::Error) -> Self {
        Self::new(Problem::Io { action, cause })
    }

    /// Says in which file, unless that is known more exactly.
    pub(crate) fn in_file(mut self, file: &str) -> Self {
        if self.0.place.file.is_empty() {
            file.clone_into(&mut self.0.place.file);
        }
        self
    }

    pub(crate) fn in_sheet(mut self, sheet: &str) -> Self {
        self.0.place.sheet.get_or_insert_with(|| shown(sheet));
        self
    }

    pub(crate) fn at_line(mut self, line: u64) -> Self {
        self.0.place.line.get_or_insert(line);
        self
    }

    pub(crate) fn in_column(mut self, column: &str) -> Self {
        self.0.place.column.get_or_insert_with(|| shown(column));
        self
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// What is wrong there.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Located { place, problem } = &*self.0;
        out.write_str(&place.file)?;
        if let Some(sheet) = &place.sheet {
            write!(out, ", sheet `{sheet}`")?;
        }
        if let Some(line) = place.line {
            let unit = if place.sheet.is_some() { "row" } else { "line" };
            write!(out, ", {unit} {line}")?;
        }
        if let Some(column) = &place.column {
            write!(out, ", column `{column}`")?;
        }
        write!(out, ": {problem}")
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.problem {
            Problem::Io { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

/// A value as a message repeats it: on one line, without control characters, shortened.
pub(crate) fn shown(value: &str) -> String {
    escaped(value, SHOWN_VALUE)
}

/// A path as a message repeats it.
pub(crate) fn shown_path(path: &Path) -> String {
    escaped(&path.to_string_lossy(), SHOWN_PATH)
}

fn escaped(value: &str, limit: usize) -> String {
    let mut text = String::new();
    for (position, character) in value.chars().enumerate() {
        if position == limit {
            text.push('…');
            break;
        }
        match character {
            '\'' | '"' | '\\' => text.push(character),
            other => text.extend(other.escape_debug()),
        }
    }
    text
}

/// Names in a row, as a message lists them; at most 40 of them.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let mut text = names
        .by_ref()
        .take(40)
        .map(|name| format!("`{}`", shown(name)))
        .collect::<Vec<_>>()
        .join(", ");
    let more = names.count();
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    if text.is_empty() {
        text.push_str("nothing");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_whatever_the_file_says() {
        let error = FileError::new(Problem::MalformedCode {
            value: shown("a\nb\u{202e}c\u{7}"),
        })
        .at_line(3)
        .in_column("SOC\tCode")
        .in_file(&shown_path(Path::new("x\ny.txt")));
        assert_eq!(
            error.to_string(),
            r"x\ny.txt, line 3, column `SOC\tCode`: `a\nb\u{202e}c\u{7}` is not an occupation code; it must be like 15-1252 or 15-1252.00"
        );
    }

    #[test]
    fn what_is_repeated_is_shortened() {
        assert_eq!(shown(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
        assert_eq!(shown(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(listed([]), "nothing");
        assert!(listed(["a"; 42]).ends_with("`a` and 2 more"));
    }
}
