//! The rows of one sheet.

use std::io::BufRead;

use super::strings::{Collector, SharedStrings};
use super::xml::{Element, Piece, Tag, Xml, broken};
use crate::error::FileError;
use crate::limits;
use crate::problem::Problem;
use crate::record::{Record, Rows};

/// The rows of one sheet; blank ones are left out.
pub(super) struct SheetRows<'w, R> {
    xml: Xml<R>,
    strings: &'w SharedStrings,
    name: &'w str,
    row: u64,
    state: State,
    cell: Cell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    BeforeData,
    InData,
    Ended,
}

/// The cell that is being read.
#[derive(Debug, Default)]
struct Cell {
    column: usize,
    is_shared: bool,
    is_value: bool,
    inline: Collector,
    text: String,
}

impl<'w, R: BufRead> SheetRows<'w, R> {
    pub(super) fn new(reader: R, strings: &'w SharedStrings, name: &'w str) -> Self {
        Self {
            xml: Xml::new(reader),
            strings,
            name,
            row: 0,
            state: State::BeforeData,
            cell: Cell::default(),
        }
    }

    /// Reads on to the end of a row; `false` at the end of the sheet.
    fn read_row(&mut self, record: &mut Record) -> Result<bool, FileError> {
        while self.state != State::Ended {
            match self.xml.next()? {
                Piece::Open(Tag::SheetData, _) => self.state = State::InData,
                Piece::Open(..) | Piece::Close(_) | Piece::Text(_) if self.state == State::BeforeData => {}
                Piece::Open(Tag::Row, element) => {
                    self.row = row_number(&element, self.row)?;
                    record.clear(self.row);
                }
                Piece::Open(Tag::Cell, element) => self.cell.begin(&element, record.len())?,
                Piece::Open(tag, _) => self.cell.open(tag),
                Piece::Text(text) => {
                    if self.cell.is_value || self.cell.inline.takes() {
                        self.cell.text.push_str(&text);
                    }
                }
                Piece::Close(Tag::Cell) => self.cell.end(self.strings, record)?,
                Piece::Close(Tag::Row) => return Ok(true),
                Piece::Close(Tag::SheetData) => self.state = State::Ended,
                Piece::Close(tag) => self.cell.close(tag),
                Piece::End if self.state == State::BeforeData => self.state = State::Ended,
                Piece::End => return Err(broken("a sheet is cut off")),
            }
            if record.text_len() + self.cell.text.len() > limits::ROW {
                return Err(FileError::new(Problem::RowTooLong {
                    limit_kib: limits::ROW / 1024,
                }));
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Rows for SheetRows<'_, R> {
    fn next(&mut self, record: &mut Record) -> Result<bool, FileError> {
        loop {
            record.clear(self.row);
            let has_row = self
                .read_row(record)
                .map_err(|error| error.at_line(self.row.max(1)))?;
            if !has_row || !record.is_blank() {
                return Ok(has_row);
            }
        }
    }

    fn is_rectangular(&self) -> bool {
        false
    }

    fn sheet(&self) -> Option<&str> {
        Some(self.name)
    }
}

impl Cell {
    fn begin(&mut self, element: &Element<'_>, next_column: usize) -> Result<(), FileError> {
        self.text.clear();
        let [reference, kind] = element.attributes([b"r", b"t"])?;
        self.is_shared = kind.is_some_and(|kind| &*kind.value == b"s");
        self.column = match reference {
            Some(reference) => column(&reference.value).ok_or_else(|| broken("a cell has no place"))?,
            None => next_column,
        };
        Ok(())
    }

    fn open(&mut self, tag: Tag) {
        match tag {
            Tag::Value => self.is_value = true,
            other => self.inline.open(other),
        }
    }

    fn close(&mut self, tag: Tag) {
        match tag {
            Tag::Value => self.is_value = false,
            other => self.inline.close(other),
        }
    }

    /// Adds the cell to the record, after empty fields for the cells that are not there.
    fn end(&mut self, strings: &SharedStrings, record: &mut Record) -> Result<(), FileError> {
        self.is_value = false;
        // What stands beside the table is no part of it.
        if self.column >= limits::COLUMNS {
            return Ok(());
        }
        if self.column < record.len() {
            return Err(broken("cells are out of order"));
        }
        while record.len() < self.column {
            record.end_field();
        }
        if self.is_shared {
            let index = self.text.trim().parse().ok();
            let text = index.and_then(|index| strings.get(index));
            record.push_str(text.ok_or_else(|| broken("a cell names a text that is not there"))?);
        } else {
            record.push_str(&self.text);
        }
        self.text.clear();
        record.end_field();
        Ok(())
    }
}

/// The number of a row: as it says, else the next.
fn row_number(element: &Element<'_>, before: u64) -> Result<u64, FileError> {
    let number = match element.attribute(b"r")? {
        Some(number) => number.parse().map_err(|_| broken("a row has no number"))?,
        None => before + 1,
    };
    if number > before && number <= 1_048_576 {
        Ok(number)
    } else {
        Err(broken("rows are out of order"))
    }
}

/// The column of a reference such as `AB12`, from 0.
fn column(reference: &[u8]) -> Option<usize> {
    let digits = reference.iter().position(|byte| !byte.is_ascii_uppercase())?;
    let (letters, digits) = reference.split_at(digits);
    if letters.len() > 3 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |byte: &u8| usize::from(byte - b'A') + 1;
    letters
        .iter()
        .fold(0, |sum, byte| sum * 26 + number(byte))
        .checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_of_a_reference_is_counted_from_zero() {
        for (reference, expected) in [
            ("A1", Some(0)),
            ("Z9", Some(25)),
            ("AA10", Some(26)),
            ("XFD1", Some(16383)),
        ] {
            assert_eq!(column(reference.as_bytes()), expected, "{reference}");
        }
        for reference in ["", "A", "1", "a1", "ABCD1", "$A$1", "é1"] {
            assert_eq!(column(reference.as_bytes()), None, "{reference}");
        }
    }
}
