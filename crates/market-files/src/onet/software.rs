//! `Technology Skills.txt`, since 30.3 `Software Skills.txt`: programs that are used in occupations.

use super::files::{ELEMENT_ID, ELEMENT_NAME};
use super::{CODE, Known};
use crate::error::FileError;
use crate::fields::one_line;
use crate::intake::Intake;
use crate::row::{Row, Software};
use crate::seen::Seen;
use crate::summary::SkipReason;
use crate::table::{Layout, Names, Table};

const EXAMPLE: Names = &["Workplace Example", "Example"];
const CATEGORY: Names = &["Commodity Title", "Element Name"];
const HOT: Names = &["Hot Technology"];
const IN_DEMAND: Names = &["In Demand"];

/// The columns that must be there.
pub(super) const LAYOUT: Layout = &[CODE, EXAMPLE, CATEGORY, HOT];

/// Reads the programs of known occupations.
pub(super) fn read(table: &mut Table<'_>, known: &Known, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let code_column = table.column(CODE)?;
    let example = table.column(EXAMPLE)?;
    let category_column = table.column(CATEGORY)?;
    let hot = table.column(HOT)?;
    let in_demand = table.optional(IN_DEMAND);
    // Before 30.3 categories are commodities, which are no elements.
    let element = table
        .optional(ELEMENT_NAME)
        .and_then(|_| table.optional(ELEMENT_ID));
    let mut seen = Seen::default();
    while let Some(fields) = table.next()? {
        let code = fields.onet_code(code_column)?;
        let category = fields.name(category_column)?;
        // A category without an example stands for all programs of it.
        let name = fields.value(example)?.map_or_else(|| category.clone(), one_line);
        let element_id = match element {
            Some(column) => fields.value(column)?.map(str::to_owned),
            None => None,
        };
        let is_hot = fields.flag(Some(hot))?;
        let is_in_demand = fields.flag(in_demand)?;
        if !known.contains_key(&code) {
            intake.skip(fields.line(), SkipReason::UnknownOccupation);
            continue;
        }
        if seen.note(&(code, &name, &category), fields.line()).is_some() {
            intake.skip(fields.line(), SkipReason::Repeated);
            continue;
        }
        intake.give(Row::Software(Software {
            code,
            name,
            category,
            element_id,
            is_hot,
            is_in_demand,
        }))?;
    }
    Ok(())
}
