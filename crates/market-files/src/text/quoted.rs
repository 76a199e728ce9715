//! Rows whose fields may be in quotes, as RFC 4180 has them.
//!
//! The parser gets whole lines, so that each row has the exact number of its first line, and fills buffers of bounded
//! length.

use std::io::BufRead;
use std::str;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::Lines;
use crate::error::FileError;
use crate::limits;
use crate::problem::Problem;
use crate::record::{Record, Rows};

/// Rows separated by one character, with quotes; blank lines are no rows.
pub(super) struct Quoted<R> {
    lines: Lines<R>,
    parser: Reader,
    row: Buffers,
}

/// What the parser writes a row to.
struct Buffers {
    text: Vec<u8>,
    ends: Vec<usize>,
    text_len: usize,
    ends_len: usize,
}

impl<R: BufRead> Quoted<R> {
    pub(super) fn new(lines: Lines<R>, separator: u8) -> Self {
        Self {
            lines,
            parser: ReaderBuilder::new().delimiter(separator).build(),
            row: Buffers {
                text: vec![0; 8 * 1024],
                ends: vec![0; limits::COLUMNS + 1],
                text_len: 0,
                ends_len: 0,
            },
        }
    }

    /// Gives the parser a line and its end; whether the row ended with it.
    fn feed(&mut self) -> Result<Option<bool>, FileError> {
        let Some(line) = self.lines.next()? else {
            return Ok(None);
        };
        let has_ended = feed(&mut self.parser, &mut self.row, line.as_bytes())?;
        if has_ended {
            return Ok(Some(true));
        }
        feed(&mut self.parser, &mut self.row, b"\n").map(Some)
    }

    /// The row that began at a line and has ended.
    fn finish(&mut self, first_line: u64, record: &mut Record) -> Result<(), FileError> {
        record.clear(first_line);
        let mut start = 0;
        let ends = self.row.ends.get(..self.row.ends_len).unwrap_or_default();
        for end in ends {
            let field = self.row.text.get(start..*end).unwrap_or_default();
            // Lines are UTF-8, and the parser removes whole characters.
            record.push_str(str::from_utf8(field).unwrap_or_default());
            record.end_field();
            start = *end;
        }
        self.row.text_len = 0;
        self.row.ends_len = 0;
        if record.len() > limits::COLUMNS {
            return Err(FileError::new(Problem::TooManyFields {
                limit: limits::COLUMNS,
            }));
        }
        Ok(())
    }
}

impl<R: BufRead> Rows for Quoted<R> {
    fn next(&mut self, record: &mut Record) -> Result<bool, FileError> {
        // Blank lines before the row are not part of it.
        if self.lines.peek()?.is_none() {
            return Ok(false);
        }
        let first_line = self.lines.number();
        loop {
            let place = |error: FileError| error.at_line(first_line);
            match self.feed().map_err(place)? {
                Some(true) => {
                    self.finish(first_line, record).map_err(place)?;
                    return Ok(true);
                }
                Some(false) if self.lines.number() - first_line >= limits::QUOTED_LINES => {
                    let within = format!("within {} lines", limits::QUOTED_LINES);
                    return Err(place(open_quote(within)));
                }
                Some(false) => {}
                // The parser saw the end of the last line and yet the row has not ended: a quote is open.
                None => return Err(place(open_quote("before the end of the file".to_owned()))),
            }
        }
    }

    fn is_rectangular(&self) -> bool {
        true
    }
}

fn open_quote(within: String) -> FileError {
    FileError::new(Problem::OpenQuote { within })
}

/// Gives the parser bytes; whether the row ended with them.
fn feed(parser: &mut Reader, row: &mut Buffers, mut input: &[u8]) -> Result<bool, FileError> {
    while !input.is_empty() {
        let text = row.text.get_mut(row.text_len..).unwrap_or_default();
        let ends = row.ends.get_mut(row.ends_len..).unwrap_or_default();
        let (result, read, written, ended) = parser.read_record(input, text, ends);
        input = input.get(read..).unwrap_or_default();
        row.text_len += written;
        row.ends_len += ended;
        match result {
            ReadRecordResult::InputEmpty => return Ok(false),
            ReadRecordResult::OutputFull => grow(&mut row.text)?,
            ReadRecordResult::OutputEndsFull => {
                return Err(FileError::new(Problem::TooManyFields {
                    limit: limits::COLUMNS,
                }));
            }
            // A carriage return within the line ends a row too; what follows it is looked at as the next row would be.
            ReadRecordResult::Record if input.is_empty() => return Ok(true),
            ReadRecordResult::Record => return Err(FileError::new(Problem::StrayCarriageReturn)),
            ReadRecordResult::End => return Ok(true),
        }
    }
    Ok(false)
}

/// Doubles the room for a row, up to the limit.
fn grow(text: &mut Vec<u8>) -> Result<(), FileError> {
    if text.len() >= limits::ROW {
        return Err(FileError::new(Problem::RowTooLong {
            limit_kib: limits::ROW / 1024,
        }));
    }
    text.resize((text.len() * 2).min(limits::ROW), 0);
    Ok(())
}
