//! The flat files as a database: tables of names, and `cell` with the values `v01` to `v17` and their footnotes `f01` to
//! `f17`.

use std::path::Path;

use super::series::{Cell, ESTIMATES, Names, Occupation, estimate};
use crate::error::{FileError, shown, shown_path};
use crate::fields::one_line;
use crate::intake::Intake;
use crate::limits;
use crate::problem::Problem;
use crate::row::{Estimate, Row};
use crate::sqlite::{Database, Record, TableInfo};
use crate::summary::SkipReason;

/// Reads the database.
pub(super) fn read(path: &Path, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let mut database = Database::open(path, &intake.meter)?;
    let mut names = Names::default();
    let table = database.table("area")?;
    let [code, name] = columns(&table, ["area_code", "area_name"])?;
    database.scan(&table, limits::NAME_ROWS, &mut |record| {
        let code = record.text(code)?.to_owned();
        names.areas.insert(code, one_line(record.text(name)?));
        Ok(())
    })?;
    let table = database.table("occupation")?;
    let [code, name, level] = columns(&table, ["occupation_code", "occupation_name", "display_level"])?;
    database.scan(&table, limits::NAME_ROWS, &mut |record| {
        let occupation = Occupation {
            name: one_line(record.text(name)?),
            display_level: u32::try_from(record.integer(level)?).unwrap_or(u32::MAX),
        };
        names
            .occupations
            .insert(record.text(code)?.to_owned(), occupation);
        Ok(())
    })?;
    let table = database.table("cell")?;
    let columns = CellColumns::of(&table)?;
    let label = shown_path(path);
    intake.begin(&label);
    let mut row = 0;
    database.scan(&table, limits::WAGE_ROWS, &mut |record| {
        row += 1;
        read_cell(record, &columns, &names, row, intake)
    })?;
    intake.end(row);
    Ok(())
}

struct CellColumns {
    key: usize,
    values: Vec<(usize, usize)>,
}

impl CellColumns {
    fn of(table: &TableInfo) -> Result<Self, FileError> {
        let [key] = columns(table, ["key"])?;
        let pair = |number: usize| {
            let [value] = columns(table, [&format!("v{number:02}")])?;
            let [footnotes] = columns(table, [&format!("f{number:02}")])?;
            Ok((value, footnotes))
        };
        let values = (1..=ESTIMATES).map(pair).collect::<Result<_, FileError>>()?;
        Ok(Self { key, values })
    }
}

fn columns<const N: usize>(table: &TableInfo, names: [&str; N]) -> Result<[usize; N], FileError> {
    let mut columns = [0; N];
    for (column, name) in columns.iter_mut().zip(names) {
        *column = table.column(name)?;
    }
    Ok(columns)
}

fn read_cell(
    record: &Record<'_>,
    columns: &CellColumns,
    names: &Names,
    row: u64,
    intake: &mut Intake<'_>,
) -> Result<(), FileError> {
    let key = record.text(columns.key)?;
    let cell = Cell::parse(key)?;
    if !cell.is_of_all_industries() {
        intake.skip(row, SkipReason::PartOfEconomy);
        return Ok(());
    }
    let mut estimates = [Estimate::Missing; ESTIMATES];
    for (place, (value, footnotes)) in estimates.iter_mut().zip(&columns.values) {
        let text = record.text(*value)?.trim();
        *place = estimate(text, record.text(*footnotes)?).ok_or_else(|| {
            FileError::new(Problem::NotANumber {
                value: shown(text),
                wanted: format!("a number or a hyphen, for the series of {}", shown(key)),
            })
        })?;
    }
    let wage = names.wage(cell, &estimates)?;
    intake.give(Row::Wage(Box::new(wage)))
}
