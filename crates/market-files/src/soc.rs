//! SOC 2018: the definitions, and the direct match titles.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::code::OccupationCode;
use crate::error::FileError;
use crate::fields::{Fields, one_line};
use crate::intake::{Intake, Plan};
use crate::limits;
use crate::problem::Problem;
use crate::row::{Occupation, OccupationLevel, Row, Title, TitleKind};
use crate::seen::Seen;
use crate::sink::Sink;
use crate::summary::{SkipReason, Summary};
use crate::table::{Column, Layout, Names, Table};
use crate::text::Separation;

const GROUP: Names = &["SOC Group"];
const CODE: Names = &["SOC Code"];
const TITLE: Names = &["SOC Title"];
const DEFINITION: Names = &["SOC Definition"];
const DEFINITIONS: Layout = &[GROUP, CODE, TITLE, DEFINITION];

const MATCH_CODE: Names = &["2018 SOC Code"];
const MATCH_TITLE: Names = &["2018 SOC Direct Match Title"];
const ILLUSTRATIVE: Names = &["Illustrative Example"];
const DIRECT_MATCHES: Layout = &[MATCH_CODE, MATCH_TITLE];

/// Reads the definitions and the direct match titles of SOC 2018 in the order that they are named in; their columns tell
/// them apart, and the header may stand below other lines.
///
/// Codes that are defined twice are refused, also in two files.
pub fn read_soc(paths: &[PathBuf], sink: &mut dyn Sink) -> Result<Summary, FileError> {
    let plan = Plan {
        separation: Separation::Detected,
        layouts: &[DEFINITIONS, DIRECT_MATCHES],
        limit: limits::OFFICIAL_ROWS,
    };
    let mut intake = Intake::new(sink);
    for path in paths {
        intake.expect(path)?;
    }
    let mut lines = HashMap::new();
    for path in paths {
        intake.read_file(path, plan, &mut |layout, table, intake| match layout {
            0 => read_definitions(table, &mut lines, intake),
            _ => read_direct_matches(table, intake),
        })?;
    }
    Ok(intake.finish())
}

fn read_definitions(
    table: &mut Table<'_>,
    lines: &mut HashMap<OccupationCode, u64>,
    intake: &mut Intake<'_>,
) -> Result<(), FileError> {
    let group = table.column(GROUP)?;
    let code_column = table.column(CODE)?;
    let title = table.column(TITLE)?;
    let definition = table.column(DEFINITION)?;
    while let Some(fields) = table.next()? {
        let code = soc_code(fields, code_column)?;
        if let Some(first_line) = lines.insert(code, fields.line()) {
            let value = code.to_string();
            return Err(fields.wrong(code_column, Problem::Duplicate { value, first_line }));
        }
        let description = one_line(fields.text(definition, limits::DESCRIPTION)?);
        intake.give(Row::Occupation(Occupation {
            code,
            title: fields.name(title)?,
            description: Some(description).filter(|text| !text.is_empty()),
            level: level(fields, group)?,
        }))?;
    }
    Ok(())
}

fn read_direct_matches(table: &mut Table<'_>, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let code_column = table.column(MATCH_CODE)?;
    let title_column = table.column(MATCH_TITLE)?;
    let illustrative = table.optional(ILLUSTRATIVE);
    let mut seen = Seen::default();
    while let Some(fields) = table.next()? {
        let code = soc_code(fields, code_column)?;
        let title = fields.name(title_column)?;
        let is_illustrative = match illustrative {
            Some(column) => fields.value(column)?.is_some(),
            None => false,
        };
        if seen.note(&(code, &title), fields.line()).is_none() {
            intake.give(Row::Title(Title {
                code,
                title,
                short_title: None,
                kind: TitleKind::DirectMatch { is_illustrative },
            }))?;
        } else {
            intake.skip(fields.line(), SkipReason::Repeated);
        }
    }
    Ok(())
}

fn soc_code(fields: Fields<'_>, column: Column) -> Result<OccupationCode, FileError> {
    let code = fields.code(column)?;
    if code.is_onet() {
        let value = code.to_string();
        let example = "15-1252";
        return Err(fields.wrong(column, Problem::WrongCode { value, example }));
    }
    Ok(code)
}

fn level(fields: Fields<'_>, column: Column) -> Result<OccupationLevel, FileError> {
    let word = fields.required(column, limits::NAME)?;
    match word.to_ascii_lowercase().as_str() {
        "major" => Ok(OccupationLevel::Major),
        "minor" => Ok(OccupationLevel::Minor),
        "broad" => Ok(OccupationLevel::Broad),
        "detailed" => Ok(OccupationLevel::Detailed),
        _ => Err(fields.not_allowed(column, word, "Major, Minor, Broad, Detailed")),
    }
}
