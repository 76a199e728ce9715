//! `Related Occupations.txt` and `Job Zones.txt`.

use std::collections::{HashMap, HashSet};

use super::{CODE, Known};
use crate::error::FileError;
use crate::intake::Intake;
use crate::problem::Problem;
use crate::row::{JobZone, Related, Row};
use crate::summary::SkipReason;
use crate::table::{Layout, Names, Table};

const OTHER: Names = &["Related O*NET-SOC Code"];
const TIER: Names = &["Relatedness Tier"];
const INDEX: Names = &["Index", "Related Index"];

/// The column of the job zone.
pub(super) const ZONE: Names = &["Job Zone"];
/// The columns that related occupations must have.
pub(super) const LAYOUT: Layout = &[CODE, OTHER, INDEX];

/// Reads which known occupations are related.
pub(super) fn read(table: &mut Table<'_>, known: &Known, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let code_column = table.column(CODE)?;
    let other_column = table.column(OTHER)?;
    let tier_column = table.optional(TIER);
    let index_column = table.column(INDEX)?;
    let mut seen = HashSet::new();
    while let Some(fields) = table.next()? {
        let code = fields.onet_code(code_column)?;
        let other = fields.onet_code(other_column)?;
        let index = fields.whole(index_column, (1, u32::from(u16::MAX)))?;
        let tier = match tier_column {
            Some(column) => fields.value(column)?.map(str::to_owned),
            None => None,
        };
        let reason = if !known.contains_key(&code) || !known.contains_key(&other) {
            SkipReason::UnknownOccupation
        } else if code == other {
            SkipReason::Itself
        } else if seen.insert((code, other)) {
            intake.give(Row::Related(Related {
                code,
                other,
                tier,
                index: u16::try_from(index).unwrap_or(u16::MAX),
            }))?;
            continue;
        } else {
            SkipReason::Repeated
        };
        intake.skip(fields.line(), reason);
    }
    Ok(())
}

/// Reads the job zones of known occupations.
pub(super) fn read_zones(
    table: &mut Table<'_>,
    known: &Known,
    intake: &mut Intake<'_>,
) -> Result<(), FileError> {
    let code_column = table.column(CODE)?;
    let zone_column = table.column(ZONE)?;
    let mut lines = HashMap::new();
    while let Some(fields) = table.next()? {
        let code = fields.onet_code(code_column)?;
        let zone = fields.whole(zone_column, (1, 5))?;
        if let Some(first_line) = lines.insert(code, fields.line()) {
            let value = code.to_string();
            return Err(fields.wrong(code_column, Problem::Duplicate { value, first_line }));
        }
        if known.contains_key(&code) {
            let zone = u8::try_from(zone).unwrap_or(u8::MAX);
            intake.give(Row::JobZone(JobZone { code, zone }))?;
        } else {
            intake.skip(fields.line(), SkipReason::UnknownOccupation);
        }
    }
    Ok(())
}
