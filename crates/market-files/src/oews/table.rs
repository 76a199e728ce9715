//! `all_data_M_YYYY.xlsx`, one of its parts, or a CSV of either: a row for each area and occupation.

use std::path::Path;

use crate::error::{FileError, shown};
use crate::fields::Fields;
use crate::intake::{Intake, Plan};
use crate::limits;
use crate::problem::Problem;
use crate::row::{Area, Estimate, OccupationLevel, Row, Wage};
use crate::seen::Seen;
use crate::summary::SkipReason;
use crate::table::{Column, Layout, Names, Table};
use crate::text::Separation;

const AREA: Names = &["AREA"];
const AREA_TITLE: Names = &["AREA_TITLE"];
const AREA_TYPE: Names = &["AREA_TYPE"];
const OCC_CODE: Names = &["OCC_CODE"];
const OCC_TITLE: Names = &["OCC_TITLE"];
const O_GROUP: Names = &["O_GROUP"];
const I_GROUP: Names = &["I_GROUP"];
const TOT_EMP: Names = &["TOT_EMP"];
const EMP_PRSE: Names = &["EMP_PRSE"];
const JOBS_1000: Names = &["JOBS_1000"];
const LOC_QUOTIENT: Names = &["LOC_QUOTIENT"];
const H_MEAN: Names = &["H_MEAN"];
const A_MEAN: Names = &["A_MEAN"];
const MEAN_PRSE: Names = &["MEAN_PRSE"];
const HOURLY: [Names; 5] = [
    &["H_PCT10"],
    &["H_PCT25"],
    &["H_MEDIAN"],
    &["H_PCT75"],
    &["H_PCT90"],
];
const ANNUAL: [Names; 5] = [
    &["A_PCT10"],
    &["A_PCT25"],
    &["A_MEDIAN"],
    &["A_PCT75"],
    &["A_PCT90"],
];

/// The columns that must be there; the files of one kind of area lack some of the others.
const LAYOUT: Layout = &[
    AREA, AREA_TITLE, AREA_TYPE, OCC_CODE, OCC_TITLE, O_GROUP, TOT_EMP, H_MEAN, A_MEAN, HOURLY[0], HOURLY[1],
    HOURLY[2], HOURLY[3], HOURLY[4], ANNUAL[0], ANNUAL[1], ANNUAL[2], ANNUAL[3], ANNUAL[4],
];

/// Reads a workbook or a CSV.
pub(super) fn read_file(path: &Path, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let plan = Plan {
        separation: Separation::Detected,
        layouts: &[LAYOUT],
        limit: limits::WAGE_ROWS,
    };
    intake.expect(path)?;
    intake.read_file(path, plan, &mut |_, table, intake| read(table, intake))
}

struct Columns {
    area: Column,
    area_title: Column,
    area_type: Column,
    code: Column,
    title: Column,
    group: Column,
    industry: Option<Column>,
    estimates: Estimates,
}

struct Estimates {
    employment: Column,
    employment_rse: Option<Column>,
    jobs_1000: Option<Column>,
    location_quotient: Option<Column>,
    hourly_mean: Column,
    annual_mean: Column,
    mean_rse: Option<Column>,
    hourly: [Option<Column>; 5],
    annual: [Option<Column>; 5],
}

impl Columns {
    fn of(table: &Table<'_>) -> Result<Self, FileError> {
        Ok(Self {
            area: table.column(AREA)?,
            area_title: table.column(AREA_TITLE)?,
            area_type: table.column(AREA_TYPE)?,
            code: table.column(OCC_CODE)?,
            title: table.column(OCC_TITLE)?,
            group: table.column(O_GROUP)?,
            industry: table.optional(I_GROUP),
            estimates: Estimates {
                employment: table.column(TOT_EMP)?,
                employment_rse: table.optional(EMP_PRSE),
                jobs_1000: table.optional(JOBS_1000),
                location_quotient: table.optional(LOC_QUOTIENT),
                hourly_mean: table.column(H_MEAN)?,
                annual_mean: table.column(A_MEAN)?,
                mean_rse: table.optional(MEAN_PRSE),
                hourly: HOURLY.map(|names| table.optional(names)),
                annual: ANNUAL.map(|names| table.optional(names)),
            },
        })
    }
}

fn read(table: &mut Table<'_>, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let columns = Columns::of(table)?;
    let (mut seen, mut seen_at_level) = (Seen::default(), Seen::default());
    while let Some(fields) = table.next()? {
        let industry = match columns.industry {
            Some(column) => fields.value(column)?,
            None => None,
        };
        if industry.is_some_and(|industry| industry != "cross-industry") {
            intake.skip(fields.line(), SkipReason::PartOfEconomy);
            continue;
        }
        let wage = wage(fields, &columns)?;
        if let Some(first_line) = seen_at_level.note(&(&wage.area, wage.code, wage.level), fields.line()) {
            let value = format!("{} in {}", wage.code, shown(&wage.area_title));
            return Err(fields.wrong(columns.code, Problem::Duplicate { value, first_line }));
        }
        // An occupation that OEWS merges with its neighbours is listed twice: as a broad one and as a detailed one.
        if seen.note(&(&wage.area, wage.code), fields.line()).is_some() {
            intake.skip(fields.line(), SkipReason::Repeated);
            continue;
        }
        intake.give(Row::Wage(Box::new(wage)))?;
    }
    Ok(())
}

fn wage(fields: Fields<'_>, columns: &Columns) -> Result<Wage, FileError> {
    let estimates = &columns.estimates;
    Ok(Wage {
        area: area(fields, columns)?,
        area_title: fields.name(columns.area_title)?,
        code: fields.code(columns.code)?,
        title: fields.name(columns.title)?,
        level: level(fields, columns.group)?,
        employment: estimate(fields, Some(estimates.employment))?,
        employment_rse: estimate(fields, estimates.employment_rse)?,
        jobs_1000: estimate(fields, estimates.jobs_1000)?,
        location_quotient: estimate(fields, estimates.location_quotient)?,
        hourly_mean: estimate(fields, Some(estimates.hourly_mean))?.as_wage(),
        annual_mean: estimate(fields, Some(estimates.annual_mean))?.as_wage(),
        mean_rse: estimate(fields, estimates.mean_rse)?,
        hourly: percentiles(fields, estimates.hourly)?,
        annual: percentiles(fields, estimates.annual)?,
    })
}

/// The area; a workbook may have lost the zeros before its code.
fn area(fields: Fields<'_>, columns: &Columns) -> Result<Area, FileError> {
    let code = fields.whole(columns.area, (0, 9_999_999))?;
    Ok(match fields.whole(columns.area_type, (1, 6))? {
        1 => Area::Nation,
        2 | 3 if code < 100 => Area::State(format!("{code:02}")),
        4 if code < 100_000 => Area::Metropolitan(format!("{code:05}")),
        _ => Area::Other(format!("{code:07}")),
    })
}

fn level(fields: Fields<'_>, column: Column) -> Result<Option<OccupationLevel>, FileError> {
    let word = fields.required(column, limits::NAME)?;
    Ok(match word.to_ascii_lowercase().as_str() {
        "total" => None,
        "major" => Some(OccupationLevel::Major),
        "minor" => Some(OccupationLevel::Minor),
        "broad" => Some(OccupationLevel::Broad),
        "detailed" => Some(OccupationLevel::Detailed),
        _ => return Err(fields.not_allowed(column, word, "total, major, minor, broad, detailed")),
    })
}

fn percentiles(fields: Fields<'_>, columns: [Option<Column>; 5]) -> Result<[Estimate; 5], FileError> {
    let mut estimates = [Estimate::Missing; 5];
    for (to, column) in estimates.iter_mut().zip(columns) {
        *to = estimate(fields, column)?.as_wage();
    }
    Ok(estimates)
}

/// Reads a number as OEWS writes it, perhaps with commas between thousands, or the sign that stands for one.
fn estimate(fields: Fields<'_>, column: Option<Column>) -> Result<Estimate, FileError> {
    let Some(column) = column else {
        return Ok(Estimate::Missing);
    };
    Ok(match fields.value(column)? {
        None | Some("*" | "**" | "~") => Estimate::Missing,
        Some("#") => Estimate::TopCoded,
        Some(number) if number.contains(',') => {
            let digits = number.replace(',', "");
            Estimate::Value(fields.parse_number(column, &digits, (0.0, 1e12))?)
        }
        Some(number) => Estimate::Value(fields.parse_number(column, number, (0.0, 1e12))?),
    })
}
