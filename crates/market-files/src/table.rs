//! A table: rows below a header, whose columns are found by name.

use crate::error::{FileError, listed};
use crate::fields::Fields;
use crate::limits;
use crate::problem::Problem;
use crate::record::{Record, Rows};

/// The names that a column has in one release or another.
pub(crate) type Names = &'static [&'static str];

/// The columns without which a file is not of a kind.
pub(crate) type Layout = &'static [Names];

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its place in a row, from 0.
    pub(crate) index: usize,
    /// Its name in this release.
    pub(crate) name: &'static str,
}

/// Rows below a header.
pub(crate) struct Table<'r> {
    rows: Box<dyn Rows + 'r>,
    header: Header,
    record: Record,
    limit: u64,
    count: u64,
}

/// The names of the columns, each once.
struct Header(Vec<String>);

/// What looking for a header in a sheet found.
pub(crate) enum Search<'r> {
    /// The table, and the index of the layout whose columns it has.
    Found(usize, Table<'r>),
    /// A row that has some names of a layout, and how many.
    Nearly(usize, FileError),
    /// No row that has any.
    Nothing,
}

impl<'r> Table<'r> {
    /// A table whose header is the first row, with the index of the first layout that it has.
    pub(crate) fn with_header_on_top(
        mut rows: Box<dyn Rows + 'r>,
        layouts: &[Layout],
        limit: u64,
    ) -> Result<(usize, Self), FileError> {
        let mut record = Record::default();
        if !rows.next(&mut record)? {
            return Err(FileError::new(Problem::Empty));
        }
        let header = Header::new(&record)?;
        match header.matching(layouts) {
            Ok(layout) => Ok((layout, Self::new(rows, header, record, limit))),
            Err((_, error)) => Err(error.at_line(record.line)),
        }
    }

    /// Looks for the header among the first rows of a sheet.
    pub(crate) fn search(
        mut rows: Box<dyn Rows + 'r>,
        layouts: &[Layout],
        limit: u64,
    ) -> Result<Search<'r>, FileError> {
        let mut record = Record::default();
        let mut nearest: Option<(usize, FileError)> = None;
        for _ in 0..limits::PREAMBLE {
            if !rows.next(&mut record)? {
                break;
            }
            // A line of preamble may say anything, also the same thing twice.
            let Ok(header) = Header::new(&record) else {
                continue;
            };
            match header.matching(layouts) {
                Ok(layout) => return Ok(Search::Found(layout, Self::new(rows, header, record, limit))),
                Err((count, error)) => {
                    if count > nearest.as_ref().map_or(0, |(count, _)| *count) {
                        nearest = Some((count, error.at_line(record.line)));
                    }
                }
            }
        }
        Ok(match nearest {
            Some((count, error)) => Search::Nearly(
                count,
                match rows.sheet() {
                    Some(sheet) => error.in_sheet(sheet),
                    None => error,
                },
            ),
            None => Search::Nothing,
        })
    }

    fn new(rows: Box<dyn Rows + 'r>, header: Header, record: Record, limit: u64) -> Self {
        Self {
            rows,
            header,
            record,
            limit,
            count: 0,
        }
    }

    /// A column that must be there.
    pub(crate) fn column(&self, names: Names) -> Result<Column, FileError> {
        self.optional(names).ok_or_else(|| self.header.lacks(&[names]))
    }

    /// A column that may be there.
    pub(crate) fn optional(&self, names: Names) -> Option<Column> {
        self.header.find(names)
    }

    /// The next row.
    pub(crate) fn next(&mut self) -> Result<Option<Fields<'_>>, FileError> {
        if !self.rows.next(&mut self.record)? {
            return Ok(None);
        }
        let line = self.record.line;
        self.count += 1;
        if self.count > self.limit {
            let problem = Problem::TooManyRows { limit: self.limit };
            return Err(FileError::new(problem).at_line(line));
        }
        if self.rows.is_rectangular() && self.record.len() != self.header.0.len() {
            let problem = Problem::FieldCount {
                expected: self.header.0.len(),
                found: self.record.len(),
            };
            return Err(FileError::new(problem).at_line(line));
        }
        Ok(Some(Fields::new(&self.record)))
    }

    /// The rows that were read below the header.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The name of the sheet, if it is one.
    pub(crate) fn sheet(&self) -> Option<&str> {
        self.rows.sheet()
    }
}

impl Header {
    fn new(record: &Record) -> Result<Self, FileError> {
        let words = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
        let names: Vec<String> = record.fields().map(words).collect();
        for (index, name) in names.iter().enumerate() {
            let before = names.get(..index).unwrap_or_default();
            if !name.is_empty() && before.iter().any(|other| is_same(other, name)) {
                let error = FileError::new(Problem::RepeatedColumn);
                return Err(error.at_line(record.line).in_column(name));
            }
        }
        Ok(Self(names))
    }

    fn find(&self, names: Names) -> Option<Column> {
        names.iter().find_map(|wanted| {
            let index = self.0.iter().position(|name| is_same(name, wanted))?;
            Some(Column { index, name: wanted })
        })
    }

    /// The first layout whose columns are all there; else what the nearest lacks, and how many of it are there.
    fn matching(&self, layouts: &[Layout]) -> Result<usize, (usize, FileError)> {
        let mut nearest: Option<(usize, Layout)> = None;
        for (index, layout) in layouts.iter().enumerate() {
            let count = layout.iter().filter(|names| self.find(names).is_some()).count();
            if count == layout.len() {
                return Ok(index);
            }
            if nearest.is_none_or(|(most, _)| count > most) {
                nearest = Some((count, layout));
            }
        }
        let (count, layout) = nearest.unwrap_or_default();
        Err((count, self.lacks(layout)))
    }

    fn lacks(&self, layout: &[Names]) -> FileError {
        let missing = layout.iter().filter(|names| self.find(names).is_none());
        let found = self.0.iter().map(String::as_str).filter(|name| !name.is_empty());
        FileError::new(Problem::MissingColumns {
            missing: missing
                .map(|names| in_words(names))
                .collect::<Vec<_>>()
                .join(", "),
            found: listed(found),
        })
    }
}

/// The columns of layouts, as a message lists them.
pub(crate) fn wanted(layouts: &[Layout]) -> String {
    let one = |layout: &Layout| {
        layout
            .iter()
            .map(|names| in_words(names))
            .collect::<Vec<_>>()
            .join(", ")
    };
    layouts.iter().map(one).collect::<Vec<_>>().join("; or ")
}

fn in_words(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" or ")
}

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Separation, rows};

    #[test]
    fn a_table_ends_with_an_error_where_it_has_too_many_rows() {
        let text = rows("title,soc\nA,1\n\nB,2\nC,3\n".as_bytes(), Separation::Detected).unwrap();
        let (layout, mut table) = Table::with_header_on_top(text, &[&[&["name"]], &[&["soc"]]], 2).unwrap();
        assert_eq!(layout, 1);
        assert!(table.next().unwrap().is_some() && table.next().unwrap().is_some());
        let error = table.next().err().unwrap().in_file("titles.csv");
        let expected = "titles.csv, line 5: the file has more than 2 rows, the most that are read; split it, or leave rows out";
        assert_eq!(error.to_string(), expected);
    }
}
