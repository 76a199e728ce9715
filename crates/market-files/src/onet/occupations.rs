//! `Occupation Data.txt`: the occupations.

use super::{CODE, Known};
use crate::error::FileError;
use crate::fields::one_line;
use crate::intake::Intake;
use crate::limits;
use crate::problem::Problem;
use crate::row::{Occupation, OccupationLevel, Row};
use crate::table::{Layout, Names, Table};

const TITLE: Names = &["Title"];
const DESCRIPTION: Names = &["Description"];

/// The columns that must be there.
pub(super) const LAYOUT: Layout = &[CODE, TITLE, DESCRIPTION];

/// Reads the occupations, and notes their codes.
pub(super) fn read(
    table: &mut Table<'_>,
    known: &mut Known,
    intake: &mut Intake<'_>,
) -> Result<(), FileError> {
    let code_column = table.column(CODE)?;
    let title = table.column(TITLE)?;
    let description = table.column(DESCRIPTION)?;
    while let Some(fields) = table.next()? {
        let code = fields.onet_code(code_column)?;
        if let Some(first_line) = known.insert(code, fields.line()) {
            let value = code.to_string();
            return Err(fields.wrong(code_column, Problem::Duplicate { value, first_line }));
        }
        let description = one_line(fields.text(description, limits::DESCRIPTION)?);
        intake.give(Row::Occupation(Occupation {
            code,
            title: fields.name(title)?,
            description: Some(description).filter(|text| !text.is_empty()),
            level: OccupationLevel::Onet,
        }))?;
    }
    Ok(())
}
