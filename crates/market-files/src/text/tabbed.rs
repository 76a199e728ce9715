//! Rows separated by tabs, without quotes: O*NET's text files.

use std::io::BufRead;

use super::Lines;
use crate::error::FileError;
use crate::limits;
use crate::problem::Problem;
use crate::record::{Record, Rows};

/// Rows separated by tabs; blank lines are no rows.
pub(super) struct Tabbed<R> {
    lines: Lines<R>,
}

impl<R: BufRead> Tabbed<R> {
    pub(super) fn new(lines: Lines<R>) -> Self {
        Self { lines }
    }
}

impl<R: BufRead> Rows for Tabbed<R> {
    fn next(&mut self, record: &mut Record) -> Result<bool, FileError> {
        loop {
            let Some(line) = self.lines.next()? else {
                return Ok(false);
            };
            if line.trim().is_empty() {
                continue;
            }
            record.clear(0);
            for field in line.split('\t').take(limits::COLUMNS + 1) {
                record.push_str(field);
                record.end_field();
            }
            record.line = self.lines.number();
            if record.len() > limits::COLUMNS {
                let problem = Problem::TooManyFields {
                    limit: limits::COLUMNS,
                };
                return Err(FileError::new(problem).at_line(record.line));
            }
            return Ok(true);
        }
    }

    fn is_rectangular(&self) -> bool {
        true
    }
}
