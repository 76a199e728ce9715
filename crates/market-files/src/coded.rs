//! Titles that people coded: with `title` and `soc`, and perhaps how often (`n`), and all codes with their numbers (`socs`,
//! like `15-1299:2|15-1252:1`).

use std::path::Path;

use crate::error::FileError;
use crate::fields::{Fields, one_line};
use crate::intake::{Intake, read_list};
use crate::limits;
use crate::row::{CodedTitle, Row};
use crate::sink::Sink;
use crate::summary::{SkipReason, Summary};
use crate::table::{Column, Layout, Names, Table};

const TITLE: Names = &["title"];
const SOC: Names = &["soc"];
const NUMBER: Names = &["n"];
const SOCS: Names = &["socs"];
const LAYOUT: Layout = &[TITLE, SOC];

/// The greatest number of times that a title was coded in one way.
const MOST: u32 = 1_000_000_000;

/// Reads coded titles from a text that is separated by tabs, commas or semicolons, or from a workbook.
///
/// A title with `socs` becomes a row for each code with its number, and one without a row for `soc` with `n`, or 1.
/// Other columns, such as `share`, are not read.
/// Rows without a title or without a code are skipped.
pub fn read_coded_titles(path: &Path, sink: &mut dyn Sink) -> Result<Summary, FileError> {
    read_list(path, &[LAYOUT], sink, read)
}

fn read(table: &mut Table<'_>, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let title_column = table.column(TITLE)?;
    let soc_column = table.column(SOC)?;
    let number_column = table.optional(NUMBER);
    let socs_column = table.optional(SOCS);
    while let Some(fields) = table.next()? {
        let title = one_line(fields.text(title_column, limits::NAME)?);
        if title.is_empty() {
            intake.skip(fields.line(), SkipReason::NoTitle);
            continue;
        }
        let socs = match socs_column {
            Some(column) => fields.text(column, limits::DESCRIPTION)?,
            None => "",
        };
        if let (Some(column), false) = (socs_column, socs.is_empty()) {
            for pair in socs.split(['|', ';']) {
                let row = counted(fields, column, &title, pair.trim())?;
                intake.give(Row::CodedTitle(row))?;
            }
            continue;
        }
        if fields.value(soc_column)?.is_none() {
            intake.skip(fields.line(), SkipReason::NoCode);
            continue;
        }
        let weight = match number_column {
            Some(column) => match fields.value(column)? {
                Some(number) => fields.parse_whole(column, number, (1, MOST))?,
                None => 1,
            },
            None => 1,
        };
        let code = fields.code(soc_column)?;
        intake.give(Row::CodedTitle(CodedTitle { title, code, weight }))?;
    }
    Ok(())
}

/// Reads a code with its number, `15-1299:2`.
fn counted(fields: Fields<'_>, column: Column, title: &str, pair: &str) -> Result<CodedTitle, FileError> {
    let (code, number) = pair.split_once(':').unwrap_or((pair, "1"));
    Ok(CodedTitle {
        title: title.to_owned(),
        code: fields.parse_code(column, code.trim())?,
        weight: fields.parse_whole(column, number.trim(), (1, MOST))?,
    })
}
