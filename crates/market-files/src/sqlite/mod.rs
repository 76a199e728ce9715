//! Tables of an `SQLite` database, read from its file from the first row to the last, as
//! <https://www.sqlite.org/fileformat.html> describes it.
//!
//! Nothing but that is needed here, so the library itself, with its compiler of queries, is not.
//! A journal or a write-ahead log beside the file is not looked at: the database must have been closed.

mod pages;
mod record;
mod tree;

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use crate::error::{FileError, shown};
use crate::limits;
use crate::problem::Problem;
use crate::source::{self, Meter};
use pages::Pages;

pub(crate) use record::Record;

/// What each database begins with.
const SIGNATURE: &[u8] = b"SQLite format 3\0";
/// The page with the list of tables.
const SCHEMA_PAGE: u32 = 1;

/// Whether a file is a database.
pub(crate) fn is_database(path: &Path) -> Result<bool, FileError> {
    let (mut file, _) = source::open(path, limits::UNPACKED_MIB)?;
    let mut start = Vec::new();
    let mut beginning = file.by_ref().take(SIGNATURE.len() as u64);
    beginning
        .read_to_end(&mut start)
        .map_err(|cause| FileError::io("read", cause))?;
    Ok(start == SIGNATURE)
}

/// An open database.
pub(crate) struct Database {
    pages: Pages<File>,
}

/// A table: where it begins, and its columns in order.
#[derive(Debug)]
pub(crate) struct TableInfo {
    name: String,
    root: u32,
    columns: Vec<String>,
}

impl TableInfo {
    /// The place of a column in a record.
    pub(crate) fn column(&self, name: &str) -> Result<usize, FileError> {
        let place = self.columns.iter().position(|column| column == name);
        place.ok_or_else(|| bad(&format!("its table {} has no column {name}", shown(&self.name))))
    }
}

impl Database {
    /// Opens a database, and adds its size to what is going to be read.
    pub(crate) fn open(path: &Path, meter: &Meter) -> Result<Self, FileError> {
        let (mut file, size) = source::open(path, limits::UNPACKED_MIB)?;
        file.rewind().map_err(|cause| FileError::io("read", cause))?;
        meter.expect(size);
        Ok(Self {
            pages: Pages::open(file, size, meter.clone())?,
        })
    }

    /// Finds a table by its name; one without a row number must have its key first, as it is stored.
    pub(crate) fn table(&mut self, name: &str) -> Result<TableInfo, FileError> {
        let mut found = None;
        tree::scan(&mut self.pages, (SCHEMA_PAGE, limits::NAME_ROWS), &mut |record| {
            if record.text(0)? == "table" && record.text(1)? == name {
                found = Some((record.integer(3)?, columns_of(record.text(4)?)));
            }
            Ok(())
        })?;
        let (root, columns) = found.ok_or_else(|| bad(&format!("it has no table {name}")))?;
        Ok(TableInfo {
            name: name.to_owned(),
            root: u32::try_from(root).map_err(|_| bad("a table begins nowhere"))?,
            columns,
        })
    }

    /// Reads all rows of a table, up to a limit, in the order of its key.
    pub(crate) fn scan(
        &mut self,
        table: &TableInfo,
        limit: u64,
        read: &mut dyn FnMut(&Record<'_>) -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        tree::scan(&mut self.pages, (table.root, limit), read)
    }
}

/// The columns that a `CREATE TABLE` without constraints of its own names.
fn columns_of(sql: &str) -> Vec<String> {
    let inner = sql.split_once('(').map_or("", |(_, rest)| rest);
    let inner = inner.rsplit_once(')').map_or(inner, |(inner, _)| inner);
    let first_word = |column: &str| column.split_whitespace().next().unwrap_or_default().to_owned();
    inner.split(',').map(first_word).collect()
}

/// A database that is not as it should be.
fn bad(detail: &str) -> FileError {
    FileError::new(Problem::BadDatabase {
        detail: detail.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_by_the_statement_that_created_them() {
        let sql = "CREATE TABLE cell (key TEXT PRIMARY KEY,\n v01 TEXT, f01 TEXT NOT NULL) WITHOUT ROWID";
        assert_eq!(columns_of(sql), ["key", "v01", "f01"]);
        assert_eq!(columns_of(""), [""]);
    }
}
