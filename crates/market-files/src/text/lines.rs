//! Lines of UTF-8, of bounded length, with exact places of what is not UTF-8.

use std::io::{BufRead, Read};
use std::str;

use crate::error::FileError;
use crate::limits;
use crate::problem::Problem;
use crate::source::read_failed;

/// Byte order marks at the beginning of a file in UTF-16.
const UTF16_MARKS: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
/// The byte order mark of UTF-8, which is skipped.
const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The lines of a text, without their ends (LF or CR LF).
pub(crate) struct Lines<R> {
    reader: R,
    /// The number of the line in `buffer`, from 1.
    number: u64,
    buffer: Vec<u8>,
    /// The line in `buffer` was only looked at.
    is_peeked: bool,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            number: 0,
            buffer: Vec::new(),
            is_peeked: false,
        }
    }

    /// The number of the line that was read last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The next line that is not blank, which is then read again by `next`.
    pub(crate) fn peek(&mut self) -> Result<Option<&str>, FileError> {
        while !self.is_peeked {
            if !self.fill()? {
                return Ok(None);
            }
            self.is_peeked = !self.buffer.trim_ascii().is_empty();
        }
        self.line().map(Some)
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> Result<Option<&str>, FileError> {
        if self.is_peeked {
            self.is_peeked = false;
        } else if !self.fill()? {
            return Ok(None);
        }
        self.line().map(Some)
    }

    /// Reads a line into the buffer; `false` at the end.
    fn fill(&mut self) -> Result<bool, FileError> {
        self.buffer.clear();
        let limit = limits::LINE as u64 + 2;
        let read = (&mut self.reader)
            .take(limit)
            .read_until(b'\n', &mut self.buffer)
            .map_err(|cause| read_failed(cause).at_line(self.number + 1))?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        if self.number == 1 {
            self.look_at_mark()?;
        }
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        }
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        if self.buffer.len() > limits::LINE {
            return Err(self.problem(Problem::LineTooLong {
                limit_kib: limits::LINE / 1024,
            }));
        }
        Ok(true)
    }

    fn look_at_mark(&mut self) -> Result<(), FileError> {
        if UTF16_MARKS.iter().any(|mark| self.buffer.starts_with(mark)) {
            return Err(FileError::new(Problem::Utf16));
        }
        if self.buffer.starts_with(UTF8_MARK) {
            self.buffer.drain(..UTF8_MARK.len());
        }
        Ok(())
    }

    /// The line in the buffer, if it is text.
    fn line(&self) -> Result<&str, FileError> {
        let line = str::from_utf8(&self.buffer).map_err(|error| {
            let (good, bad) = self.buffer.split_at(error.valid_up_to());
            self.problem(Problem::InvalidUtf8 {
                byte: bad.first().copied().unwrap_or_default(),
                character: characters(good) + 1,
            })
        })?;
        match self.buffer.iter().position(|byte| *byte == 0) {
            None => Ok(line),
            Some(position) => {
                let before = self.buffer.get(..position).unwrap_or_default();
                Err(self.problem(Problem::ZeroByte {
                    character: characters(before) + 1,
                }))
            }
        }
    }

    fn problem(&self, problem: Problem) -> FileError {
        FileError::new(problem).at_line(self.number)
    }
}

fn characters(text: &[u8]) -> usize {
    str::from_utf8(text).map_or(0, |text| text.chars().count())
}
