//! Titles: `Alternate Titles.txt` (since 30.3 `Job Titles.txt`), `Sample of Reported Titles.txt`, and the workbook of
//! alternate titles.

use std::collections::HashSet;
use std::path::Path;

use super::{CODE, Known};
use crate::error::FileError;
use crate::intake::{Intake, Plan};
use crate::limits;
use crate::row::{Occupation, OccupationLevel, Row, Title, TitleKind};
use crate::seen::Seen;
use crate::summary::SkipReason;
use crate::table::{Layout, Names, Table};
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
    let code_column = table.column(CODE)?;
    let title_column = table.column(ALTERNATE_TITLE)?;
    let short_column = table.optional(SHORT_TITLE);
    let mut seen = Seen::default();
    while let Some(fields) = table.next()? {
        let code = fields.onet_code(code_column)?;
        let title = fields.name(title_column)?;
        let short_title = match short_column {
            Some(column) => fields.value(column)?.map(str::to_owned),
            None => None,
        };
        if !known.contains_key(&code) {
            intake.skip(fields.line(), SkipReason::UnknownOccupation);
        } else if seen.note(&(code, &title), fields.line()).is_none() {
            intake.give(Row::Title(Title {
                code,
                title,
                short_title,
                kind: TitleKind::Alternate,
            }))?;
        } else {
            intake.skip(fields.line(), SkipReason::Repeated);
        }
    }
    Ok(())
}

/// Reads the titles that workers of known occupations reported.
pub(super) fn read_reported(
    table: &mut Table<'_>,
    known: &Known,
    intake: &mut Intake<'_>,
) -> Result<(), FileError> {
    let code_column = table.column(CODE)?;
    let title_column = table.column(REPORTED_TITLE)?;
    let shown_column = table.optional(SHOWN);
    let mut seen = Seen::default();
    while let Some(fields) = table.next()? {
        let code = fields.onet_code(code_column)?;
        let title = fields.name(title_column)?;
        let is_shown = fields.flag(shown_column)?;
        if !known.contains_key(&code) {
            intake.skip(fields.line(), SkipReason::UnknownOccupation);
        } else if seen.note(&(code, &title), fields.line()).is_none() {
            intake.give(Row::Title(Title {
                code,
                title,
                short_title: None,
                kind: TitleKind::Reported { is_shown },
            }))?;
        } else {
            intake.skip(fields.line(), SkipReason::Repeated);
        }
    }
    Ok(())
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
        let title = fields.name(title_column)?;
        if seen.note(&(code, &title), fields.line()).is_some() {
            intake.skip(fields.line(), SkipReason::Repeated);
            continue;
        }
        let short_title = match short_column {
            Some(column) => fields.value(column)?.map(str::to_owned),
            None => None,
        };
        intake.give(Row::Title(Title {
            code,
            title,
            short_title,
            kind: TitleKind::Alternate,
        }))?;
    }
    Ok(())
}
