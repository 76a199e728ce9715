//! The flat files: `oe.area` and `oe.occupation` with names, and `oe.data.0.Current` with a row for each estimate.

use std::path::Path;

use super::series::{CELL_LEN, Cell, ESTIMATES, Names, Occupation, estimate};
use crate::error::{FileError, shown, shown_path};
use crate::fields::Fields;
use crate::intake::{Intake, Plan};
use crate::limits;
use crate::problem::Problem;
use crate::row::{Estimate, Row};
use crate::seen::Seen;
use crate::source::{Container, Member};
use crate::summary::SkipReason;
use crate::table::{self, Column, Layout, Table};
use crate::text::Separation;

const AREA_CODE: table::Names = &["area_code"];
const AREA_NAME: table::Names = &["area_name"];
const OCCUPATION_CODE: table::Names = &["occupation_code"];
const OCCUPATION_NAME: table::Names = &["occupation_name"];
const DISPLAY_LEVEL: table::Names = &["display_level"];
const SERIES: table::Names = &["series_id"];
const YEAR: table::Names = &["year"];
const VALUE: table::Names = &["value"];
const FOOTNOTES: table::Names = &["footnote_codes"];

/// The file with the estimates, by the name of its first.
const DATA: &str = "oe.data.0.Current";

/// Reads the flat files of a folder.
pub(super) fn read_folder(path: &Path, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let container = Container::open(path)?;
    let file = |name: &'static str| match container.find(name)? {
        Some(Member::File { path, .. }) => Ok(path),
        _ => Err(FileError::new(Problem::MissingFile {
            file: name,
            hint: String::new(),
            advice: "name the folder of the flat files, or a workbook such as `all_data_M_2025.xlsx`",
        })),
    };
    let (areas, occupations, data) = (file("oe.area")?, file("oe.occupation")?, file(DATA)?);
    for path in [&areas, &occupations, &data] {
        intake.expect(path)?;
    }
    let mut names = Names::default();
    read(
        &areas,
        (&[&[AREA_CODE, AREA_NAME]], limits::NAME_ROWS),
        intake,
        |table, _| read_areas(table, &mut names),
    )?;
    let layout: &[Layout] = &[&[OCCUPATION_CODE, OCCUPATION_NAME, DISPLAY_LEVEL]];
    read(&occupations, (layout, limits::NAME_ROWS), intake, |table, _| {
        read_occupations(table, &mut names)
    })?;
    let layout: &[Layout] = &[&[SERIES, YEAR, VALUE, FOOTNOTES]];
    read(&data, (layout, limits::SERIES_ROWS), intake, |table, intake| {
        read_data(table, &names, intake)
    })
}

fn read(
    path: &Path,
    (layouts, limit): (&'static [Layout], u64),
    intake: &mut Intake<'_>,
    mut read: impl FnMut(&mut Table<'_>, &mut Intake<'_>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let plan = Plan {
        separation: Separation::Tabs,
        layouts,
        limit,
    };
    let result = intake.read_file(path, plan, &mut |_, table, intake| read(table, intake));
    result.map_err(|error| error.in_file(&shown_path(path)))
}

fn read_areas(table: &mut Table<'_>, names: &mut Names) -> Result<(), FileError> {
    let (code, name) = (table.column(AREA_CODE)?, table.column(AREA_NAME)?);
    while let Some(fields) = table.next()? {
        let code = fields.required(code, limits::NAME)?.to_owned();
        names.areas.insert(code, fields.name(name)?);
    }
    Ok(())
}

fn read_occupations(table: &mut Table<'_>, names: &mut Names) -> Result<(), FileError> {
    let (code, name) = (table.column(OCCUPATION_CODE)?, table.column(OCCUPATION_NAME)?);
    let level = table.column(DISPLAY_LEVEL)?;
    while let Some(fields) = table.next()? {
        let occupation = Occupation {
            name: fields.name(name)?,
            display_level: fields.whole(level, (0, 3))?,
        };
        let code = fields.required(code, limits::NAME)?.to_owned();
        names.occupations.insert(code, occupation);
    }
    Ok(())
}

/// The cell that is being read, whose rows follow one another.
struct Group {
    cell: String,
    /// The line of its first row.
    line: u64,
    estimates: [Estimate; ESTIMATES],
}

fn read_data(table: &mut Table<'_>, names: &Names, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let columns = [
        table.column(SERIES)?,
        table.column(YEAR)?,
        table.column(VALUE)?,
        table.column(FOOTNOTES)?,
    ];
    let [series_column, year_column, ..] = columns;
    let mut group: Option<Group> = None;
    let mut done = Seen::default();
    let mut first_year: Option<String> = None;
    while let Some(fields) = table.next()? {
        let series = fields.required(series_column, limits::NAME)?;
        let year = fields.required(year_column, limits::NAME)?;
        if let Some(first) = first_year.as_ref().filter(|first| *first != year) {
            let (first, other) = (first.clone(), shown(year));
            return Err(fields.wrong(year_column, Problem::SeveralYears { first, other }));
        }
        first_year.get_or_insert_with(|| shown(year));
        let (cell, kind) = split(series).map_err(|error| fields.locate(series_column, error))?;
        if !Cell::parse(cell)
            .map_err(|error| fields.locate(series_column, error))?
            .is_of_all_industries()
        {
            intake.skip(fields.line(), SkipReason::PartOfEconomy);
            continue;
        }
        if group.as_ref().is_none_or(|group| group.cell != cell) {
            hand_on(group.take(), names, intake)?;
            if done.note(&cell, fields.line()).is_some() {
                let code = cell.to_owned();
                return Err(fields.wrong(series_column, Problem::Scattered { code }));
            }
        }
        let group = group.get_or_insert_with(|| Group {
            cell: cell.to_owned(),
            line: fields.line(),
            estimates: [Estimate::Missing; ESTIMATES],
        });
        if let Some(place) = group.estimates.get_mut(kind) {
            *place = value(fields, columns)?;
        }
    }
    hand_on(group, names, intake)
}

/// The code of the cell, and what is estimated, from 0.
fn split(series: &str) -> Result<(&str, usize), FileError> {
    let parts = series.split_at_checked(CELL_LEN).and_then(|(cell, kind)| {
        let kind = kind.parse::<usize>().ok()?.checked_sub(1)?;
        (kind < ESTIMATES).then_some((cell, kind))
    });
    parts.ok_or_else(|| FileError::new(Problem::MalformedSeries { value: shown(series) }))
}

fn value(fields: Fields<'_>, columns: [Column; 4]) -> Result<Estimate, FileError> {
    let [_, _, value_column, footnote_column] = columns;
    let text = fields.text(value_column, limits::NAME)?;
    let footnotes = fields.text(footnote_column, limits::NAME)?;
    estimate(text, footnotes).ok_or_else(|| {
        fields.wrong(
            value_column,
            Problem::NotANumber {
                value: shown(text),
                wanted: "a number or a hyphen".to_owned(),
            },
        )
    })
}

fn hand_on(group: Option<Group>, names: &Names, intake: &mut Intake<'_>) -> Result<(), FileError> {
    let Some(group) = group else {
        return Ok(());
    };
    let cell = Cell::parse(&group.cell)?;
    let wage = names
        .wage(cell, &group.estimates)
        .map_err(|error| error.at_line(group.line))?;
    intake.give(Row::Wage(Box::new(wage)))
}
