//! The partner's own library of titles.

use std::path::Path;

use crate::code::OccupationCode;
use crate::error::FileError;
use crate::fields::{Fields, one_line};
use crate::intake::{Intake, read_list};
use crate::limits;
use crate::problem::Problem;
use crate::row::{OwnTitle, Row};
use crate::seen::Seen;
use crate::sink::Sink;
use crate::summary::Summary;
use crate::table::{Column, Layout, Names, Table};

const NAME: Names = &["name"];
const SOCS: Names = &["socs"];
const ID: Names = &["id"];
const PLURAL_NAME: Names = &["plural_name"];
const IS_SUPERVISOR: Names = &["is_supervisor"];
const LEVEL_BAND: Names = &["level_band"];
const SKILLS: Names = &["skills"];
const LAYOUT: Layout = &[NAME, SOCS];

/// Reads a library of titles from a CSV in UTF-8 with the columns `name` and `socs` (codes, separated by semicolons), and
/// perhaps `id`, `plural_name`, `is_supervisor` (true or false), `level_band` and `skills` (names, separated by semicolons).
///
/// A name or an identifier that stands there twice is refused; names that differ only in capitals are the same.
pub fn read_titles(path: &Path, sink: &mut dyn Sink) -> Result<Summary, FileError> {
    read_list(path, &[LAYOUT], sink, read)
}

struct Columns {
    name: Column,
    socs: Column,
    id: Option<Column>,
    plural_name: Option<Column>,
    is_supervisor: Option<Column>,
    level_band: Option<Column>,
    skills: Option<Column>,
}

fn read(table: &mut Table<'_>, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let columns = Columns {
        name: table.column(NAME)?,
        socs: table.column(SOCS)?,
        id: table.optional(ID),
        plural_name: table.optional(PLURAL_NAME),
        is_supervisor: table.optional(IS_SUPERVISOR),
        level_band: table.optional(LEVEL_BAND),
        skills: table.optional(SKILLS),
    };
    let mut names = Seen::default();
    let mut ids = Seen::default();
    while let Some(fields) = table.next()? {
        let title = own_title(fields, &columns)?;
        if let Some(first_line) = names.note(&title.name.to_lowercase(), fields.line()) {
            let value = crate::error::shown(&title.name);
            return Err(fields.wrong(columns.name, Problem::Duplicate { value, first_line }));
        }
        if let (Some(column), Some(id)) = (columns.id, &title.id)
            && let Some(first_line) = ids.note(id, fields.line())
        {
            let value = crate::error::shown(id);
            return Err(fields.wrong(column, Problem::Duplicate { value, first_line }));
        }
        intake.give(Row::OwnTitle(title))?;
    }
    Ok(())
}

fn own_title(fields: Fields<'_>, columns: &Columns) -> Result<OwnTitle, FileError> {
    Ok(OwnTitle {
        name: fields.name(columns.name)?,
        id: title_id(fields, columns.id)?,
        plural_name: optional_text(fields, columns.plural_name)?,
        codes: codes(fields, columns.socs)?,
        is_supervisor: yes_or_no(fields, columns.is_supervisor)?,
        level_band: optional_text(fields, columns.level_band)?,
        skills: match columns.skills {
            Some(column) => fields.list(column)?.into_iter().map(one_line).collect(),
            None => Vec::new(),
        },
    })
}

/// The codes of a title, each once and at least one.
fn codes(fields: Fields<'_>, column: Column) -> Result<Vec<OccupationCode>, FileError> {
    let mut codes = Vec::new();
    for text in fields.list(column)? {
        let code = fields.parse_code(column, text)?;
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    if codes.is_empty() {
        return Err(fields.wrong(column, Problem::EmptyField));
    }
    Ok(codes)
}

/// An identifier as the Titles API has them.
fn title_id(fields: Fields<'_>, column: Option<Column>) -> Result<Option<String>, FileError> {
    let Some(column) = column else {
        return Ok(None);
    };
    let text = fields.text(column, limits::NAME)?;
    let is_hex =
        |text: &str| text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    match text.strip_prefix("ET") {
        Some(digits) if is_hex(digits) => Ok(Some(text.to_owned())),
        None if text.is_empty() => Ok(None),
        _ => Err(fields.wrong(
            column,
            Problem::NotATitleId {
                value: crate::error::shown(text),
            },
        )),
    }
}

fn optional_text(fields: Fields<'_>, column: Option<Column>) -> Result<Option<String>, FileError> {
    let Some(column) = column else {
        return Ok(None);
    };
    let text = one_line(fields.text(column, limits::NAME)?);
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn yes_or_no(fields: Fields<'_>, column: Option<Column>) -> Result<Option<bool>, FileError> {
    let Some(column) = column else {
        return Ok(None);
    };
    let text = fields.text(column, limits::NAME)?;
    match text.to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "true" | "yes" | "1" => Ok(Some(true)),
        "false" | "no" | "0" => Ok(Some(false)),
        _ => Err(fields.not_allowed(column, text, "true, false")),
    }
}
