//! The values in the fields of a row: texts, codes, numbers, flags, lists.

use std::fmt::Display;
use std::iter;
use std::str::FromStr;

use crate::code::OccupationCode;
use crate::error::{FileError, shown};
use crate::limits;
use crate::problem::Problem;
use crate::record::Record;
use crate::table::Column;

/// The fields of a row; every error names the line and the column.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'t>(&'t Record);

impl<'t> Fields<'t> {
    pub(crate) fn new(record: &'t Record) -> Self {
        Self(record)
    }

    /// The line of the row.
    pub(crate) fn line(self) -> u64 {
        self.0.line
    }

    /// A field, empty where there is no value.
    pub(crate) fn text(self, column: Column, limit: usize) -> Result<&'t str, FileError> {
        let text = self.0.field(column.index);
        // A text has at least as many bytes as characters.
        if text.len() > limit && text.chars().count() > limit {
            return Err(self.wrong(column, Problem::FieldTooLong { limit }));
        }
        Ok(text)
    }

    /// A field that must have a value.
    pub(crate) fn required(self, column: Column, limit: usize) -> Result<&'t str, FileError> {
        match self.text(column, limit)? {
            "" => Err(self.wrong(column, Problem::EmptyField)),
            text => Ok(text),
        }
    }

    /// A field that may have a value: neither empty nor O*NET's `n/a`.
    pub(crate) fn value(self, column: Column) -> Result<Option<&'t str>, FileError> {
        let text = self.text(column, limits::NAME)?;
        Ok(if text.is_empty() || text.eq_ignore_ascii_case("n/a") {
            None
        } else {
            Some(text)
        })
    }

    /// A text on one line, with single spaces.
    pub(crate) fn name(self, column: Column) -> Result<String, FileError> {
        Ok(one_line(self.required(column, limits::NAME)?))
    }

    /// A code of an occupation.
    pub(crate) fn code(self, column: Column) -> Result<OccupationCode, FileError> {
        self.parse_code(column, self.required(column, usize::MAX)?)
    }

    /// A code of an occupation of O*NET.
    pub(crate) fn onet_code(self, column: Column) -> Result<OccupationCode, FileError> {
        let code = self.code(column)?;
        if code.is_onet() {
            return Ok(code);
        }
        Err(self.wrong(
            column,
            Problem::WrongCode {
                value: code.to_string(),
                example: "15-1252.00",
            },
        ))
    }

    /// Reads text of a field as a code.
    pub(crate) fn parse_code(self, column: Column, text: &str) -> Result<OccupationCode, FileError> {
        OccupationCode::parse(text)
            .ok_or_else(|| self.wrong(column, Problem::MalformedCode { value: shown(text) }))
    }

    /// A number within bounds, or `None` where there is none.
    pub(crate) fn number(self, column: Column, bounds: (f64, f64)) -> Result<Option<f64>, FileError> {
        self.value(column)?
            .map(|text| self.parse_number(column, text, bounds))
            .transpose()
    }

    /// Reads text of a field as a number within bounds.
    pub(crate) fn parse_number(
        self,
        column: Column,
        text: &str,
        bounds: (f64, f64),
    ) -> Result<f64, FileError> {
        self.parse_within(column, text, "a number", bounds)
    }

    /// Reads text of a field as a whole number within bounds.
    pub(crate) fn parse_whole(
        self,
        column: Column,
        text: &str,
        bounds: (u32, u32),
    ) -> Result<u32, FileError> {
        self.parse_within(column, text, "a whole number", bounds)
    }

    fn parse_within<N: FromStr + PartialOrd + Display>(
        self,
        column: Column,
        text: &str,
        kind: &str,
        (least, most): (N, N),
    ) -> Result<N, FileError> {
        let number = text
            .parse()
            .ok()
            .filter(|number| (&least..=&most).contains(&number));
        number.ok_or_else(|| {
            let wanted = format!("{kind} from {least} to {most}");
            let value = shown(text);
            self.wrong(column, Problem::NotANumber { value, wanted })
        })
    }

    /// A whole number within bounds, which must be there.
    pub(crate) fn whole(self, column: Column, bounds: (u32, u32)) -> Result<u32, FileError> {
        self.parse_whole(column, self.required(column, limits::NAME)?, bounds)
    }

    /// O*NET's `Y` or `N`; `false` where there is neither.
    pub(crate) fn flag(self, column: Option<Column>) -> Result<bool, FileError> {
        let Some(column) = column else {
            return Ok(false);
        };
        match self.value(column)? {
            None | Some("N" | "n") => Ok(false),
            Some("Y" | "y") => Ok(true),
            Some(other) => Err(self.not_allowed(column, other, "Y, N, n/a")),
        }
    }

    /// The values of a list that is separated by semicolons, without empty ones.
    pub(crate) fn list(self, column: Column) -> Result<Vec<&'t str>, FileError> {
        let parts = self.0.field(column.index).split(';').map(str::trim);
        let values: Vec<&str> = parts
            .filter(|value| !value.is_empty())
            .take(limits::LIST + 1)
            .collect();
        if values.len() > limits::LIST {
            return Err(self.wrong(column, Problem::ListTooLong { limit: limits::LIST }));
        }
        if values.iter().any(|value| value.chars().count() > limits::NAME) {
            return Err(self.wrong(column, Problem::FieldTooLong { limit: limits::NAME }));
        }
        Ok(values)
    }

    /// A field has a word that is not one of those allowed.
    pub(crate) fn not_allowed(self, column: Column, value: &str, allowed: &'static str) -> FileError {
        let value = shown(value);
        self.wrong(column, Problem::NotAllowed { value, allowed })
    }

    /// An error that was found in a field of the row.
    pub(crate) fn locate(self, column: Column, error: FileError) -> FileError {
        error.at_line(self.line()).in_column(column.name)
    }

    /// An error in a field of the row.
    pub(crate) fn wrong(self, column: Column, problem: Problem) -> FileError {
        FileError::new(problem)
            .at_line(self.line())
            .in_column(column.name)
    }
}

/// A text on one line, with single spaces.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for (word, space) in text
        .split_whitespace()
        .zip(iter::once("").chain(iter::repeat(" ")))
    {
        line.push_str(space);
        line.push_str(word);
    }
    line
}
