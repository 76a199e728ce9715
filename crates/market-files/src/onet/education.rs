//! `Education, Training, and Experience.txt`, since 30.3 `Education.txt` and `Training and Experience.txt`.

use std::collections::HashMap;

use super::files::{SCALE, SUPPRESS, VALUE};
use super::{CODE, Known};
use crate::error::FileError;
use crate::intake::Intake;
use crate::limits;
use crate::problem::Problem;
use crate::row::{Education, EducationScale, Row};
use crate::summary::SkipReason;
use crate::table::{Layout, Names, Table};

const CATEGORY: Names = &["Category"];

/// The columns that must be there.
pub(super) const LAYOUT: Layout = &[CODE, SCALE, CATEGORY, VALUE];

/// Reads the shares of answers for known occupations.
pub(super) fn read(table: &mut Table<'_>, known: &Known, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let code_column = table.column(CODE)?;
    let scale_column = table.column(SCALE)?;
    let category_column = table.column(CATEGORY)?;
    let value_column = table.column(VALUE)?;
    let suppress = table.optional(SUPPRESS);
    let mut lines = HashMap::new();
    while let Some(fields) = table.next()? {
        let code = fields.onet_code(code_column)?;
        let (scale, most) = match fields.required(scale_column, limits::NAME)? {
            "RL" => (EducationScale::Education, 12),
            "RW" => (EducationScale::Experience, 11),
            "PT" => (EducationScale::OnSiteTraining, 9),
            "OJ" => (EducationScale::OnTheJobTraining, 9),
            _ => {
                intake.skip(fields.line(), SkipReason::OtherScale);
                continue;
            }
        };
        let category = fields.whole(category_column, (1, most))?;
        let Some(percent) = fields.number(value_column, (0.0, 100.0))? else {
            intake.skip(fields.line(), SkipReason::NoValue);
            continue;
        };
        let is_suppressed = fields.flag(suppress)?;
        if !known.contains_key(&code) {
            intake.skip(fields.line(), SkipReason::UnknownOccupation);
            continue;
        }
        if let Some(first_line) = lines.insert((code, scale, category), fields.line()) {
            let value = category.to_string();
            return Err(fields.wrong(category_column, Problem::Duplicate { value, first_line }));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "shares have two digits after the point"
        )]
        let percent = percent as f32;
        intake.give(Row::Education(Education {
            code,
            scale,
            category: u8::try_from(category).unwrap_or(u8::MAX),
            percent,
            is_suppressed,
        }))?;
    }
    Ok(())
}
