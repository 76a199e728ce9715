//! One row of a text or of a sheet, in memory that is used again for the next.

use crate::error::FileError;

/// One row: its fields, and where it stands.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The line, from 1.
    pub(crate) line: u64,
    text: String,
    ends: Vec<usize>,
}

impl Record {
    pub(crate) fn clear(&mut self, line: u64) {
        self.line = line;
        self.text.clear();
        self.ends.clear();
    }

    /// Adds to the field that `end_field` ends.
    pub(crate) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn end_field(&mut self) {
        self.ends.push(self.text.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of all fields.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    /// A field without the white space around it; one that is not there is empty.
    pub(crate) fn field(&self, index: usize) -> &str {
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before),
            None => Some(&0),
        };
        let field = start
            .zip(self.ends.get(index))
            .and_then(|(start, end)| self.text.get(*start..*end));
        field.unwrap_or_default().trim()
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.field(index))
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Where rows come from.
pub(crate) trait Rows {
    /// Reads the next row into the record; `false` at the end.
    fn next(&mut self, record: &mut Record) -> Result<bool, FileError>;

    /// Whether each row must have as many fields as the header; cells of sheets are simply not there when they are empty.
    fn is_rectangular(&self) -> bool;

    /// The name of the sheet, if it is one.
    fn sheet(&self) -> Option<&str> {
        None
    }
}
