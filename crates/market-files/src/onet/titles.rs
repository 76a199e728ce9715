//! Titles: `Alternate Titles.txt` (since 30.3 `Job Titles.txt`), `Sample of Reported Titles.txt`, and the workbook of
//! alternate titles.

use std::collections::HashSet;
use std::path::Path;

use super::{CODE, Known};
use crate::error::FileError;
use crate::fields::Fields;
use crate::intake::{Intake, Plan};
use crate::limits;
use crate::row::{Occupation, OccupationLevel, Row, Title, TitleKind};
use crate::seen::Seen;
use crate::summary::SkipReason;
use crate::table::{Column, Layout, Names, Table};
use crate::text::Separation;

const ALTERNATE_TITLE: Names = &["Alternate Title", "Job Title"];
const SHORT_TITLE: Names = &["Short Title"];
const OCCUPATION: Names = &["Title"];
const REPORTED_TITLE: Names = &["Reported Job Title"];
const SHOWN: Names = &["Shown in My Next Move"];

/// The columns that alternate titles must have.
pub(super) const ALTERNATE: Layout = &[CODE, ALTERNATE_TITLE];
/// The columns that reported titles must have.
pub(super) const REPORTED: Layout = &[CODE, REPORTED_TITLE];
/// The columns that the workbook of alternate titles must have.
const WORKBOOK: Layout = &[CODE, OCCUPATION, ALTERNATE_TITLE];

/// Reads the alternate titles of known occupations.
pub(super) fn read_alternate(
    table: &mut Table<'_>,
    known: &Known,
    intake: &mut Intake<'_>,
) -> Result<(), FileError> {
    let short_column = table.optional(SHORT_TITLE);
    read_known(table, known, intake, ALTERNATE_TITLE, |fields| {
        Ok((short_title(fields, short_column)?, TitleKind::Alternate))
    })
}

/// Reads the titles that workers of known occupations reported.
pub(super) fn read_reported(
    table: &mut Table<'_>,
    known: &Known,
    intake: &mut Intake<'_>,
) -> Result<(), FileError> {
    let shown_column = table.optional(SHOWN);
    read_known(table, known, intake, REPORTED_TITLE, |fields| {
        let is_shown = fields.flag(shown_column)?;
        Ok((None, TitleKind::Reported { is_shown }))
    })
}

/// Reads the titles of known occupations, each once; `more` reads an abbreviation and which list a title is from.
fn read_known(
    table: &mut Table<'_>,
    known: &Known,
    intake: &mut Intake<'_>,
    title: Names,
    more: impl Fn(Fields<'_>) -> Result<(Option<String>, TitleKind), FileError>,
) -> Result<(), FileError> {
    let code_column = table.column(CODE)?;
    let title_column = table.column(title)?;
    let mut seen = Seen::default();
    while let Some(fields) = table.next()? {
        let code = fields.onet_code(code_column)?;
        let title = fields.name(title_column)?;
        let (short_title, kind) = more(fields)?;
        let title = Title {
            code,
            title,
            short_title,
            kind,
        };
        if known.contains_key(&code) {
            give_once(intake, &mut seen, fields.line(), title)?;
        } else {
            intake.skip(fields.line(), SkipReason::UnknownOccupation);
        }
    }
    Ok(())
}

fn give_once(intake: &mut Intake<'_>, seen: &mut Seen, line: u64, title: Title) -> Result<(), FileError> {
    if seen.note(&(title.code, &title.title), line).is_some() {
        intake.skip(line, SkipReason::Repeated);
        return Ok(());
    }
    intake.give(Row::Title(title))
}

fn short_title(fields: Fields<'_>, column: Option<Column>) -> Result<Option<String>, FileError> {
    let value = column.map(|column| fields.value(column)).transpose()?;
    Ok(value.flatten().map(str::to_owned))
}

/// Reads a workbook of alternate titles, which names the occupations beside their titles.
pub(super) fn read_workbook(path: &Path, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let plan = Plan {
        separation: Separation::Tabs,
        layouts: &[WORKBOOK],
        limit: limits::OFFICIAL_ROWS,
    };
    intake.read_file(path, plan, &mut |_, table, intake| {
        read_with_occupations(table, intake)
    })
}

fn read_with_occupations(table: &mut Table<'_>, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let code_column = table.column(CODE)?;
    let occupation = table.column(OCCUPATION)?;
    let title_column = table.column(ALTERNATE_TITLE)?;
    let short_column = table.optional(SHORT_TITLE);
    let mut known = HashSet::new();
    let mut seen = Seen::default();
    while let Some(fields) = table.next()? {
        let code = fields.onet_code(code_column)?;
        if known.insert(code) {
            intake.give(Row::Occupation(Occupation {
                code,
                title: fields.name(occupation)?,
                description: None,
                level: OccupationLevel::Onet,
            }))?;
        }
        let title = Title {
            code,
            title: fields.name(title_column)?,
            short_title: short_title(fields, short_column)?,
            kind: TitleKind::Alternate,
        };
        give_once(intake, &mut seen, fields.line(), title)?;
    }
    Ok(())
}
