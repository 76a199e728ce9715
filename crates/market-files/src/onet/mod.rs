//! O*NET's database, of either layout.

mod education;
mod files;
mod occupations;
mod ratings;
mod related;
mod software;
mod titles;

use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::path::Path;

use crate::code::OccupationCode;
use crate::error::{FileError, shown_path};
use crate::intake::Intake;
use crate::limits;
use crate::sink::Sink;
use crate::source::{Container, Meter, look_at};
use crate::summary::Summary;
use crate::table::Names;
use files::Files;

/// The code of an occupation, in every file.
const CODE: Names = &["O*NET-SOC Code"];

/// The occupations of the database, with the lines where they stand.
pub(crate) type Known = HashMap<OccupationCode, u64>;

/// Reads a database of O*NET: a folder or a zip of its text files, wherever in it they lie; or a workbook of its alternate
/// titles, of which the occupations have no descriptions.
///
/// `Occupation Data.txt` must be there; the summary says what the others that are missing mean.
pub fn read_onet(source: &Path, sink: &mut dyn Sink) -> Result<Summary, FileError> {
    let mut intake = Intake::new(sink);
    let is_workbook = source
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"));
    if is_workbook && !is_folder(source) {
        titles::read_workbook(source, &mut intake)?;
        return Ok(intake.finish());
    }
    let named = |error: FileError| error.in_file(&shown_path(source));
    let mut container = Container::open(source).map_err(named)?;
    let files = Files::find(&container).map_err(named)?;
    intake.summary.release = release(&mut container).map_err(named)?;
    for (file, meaning) in files.missing() {
        intake.miss(file, meaning);
    }
    files.expect(&intake);
    let mut known = Known::new();
    for (file, member) in files.found() {
        file.read(&mut container, member, &mut known, &mut intake)?;
    }
    Ok(intake.finish())
}

fn is_folder(path: &Path) -> bool {
    look_at(path).is_ok_and(|metadata| metadata.is_dir())
}

/// The release that `Read Me.txt` names in its first line, "O*NET 30.3 Database".
fn release(container: &mut Container) -> Result<Option<String>, FileError> {
    let Some(member) = container.find("Read Me.txt")? else {
        return Ok(None);
    };
    let label = container.label(&member);
    let meter = Meter::default();
    let mut line = Vec::new();
    let read = container.with_reader(&member, &meter, |reader| {
        let mut start = reader.take(limits::NAME as u64);
        start
            .read_until(b'\n', &mut line)
            .map_err(crate::source::read_failed)
    });
    read.map_err(|error| error.in_file(&label))?;
    let line = String::from_utf8_lossy(&line);
    let release = line.split_whitespace().find(|word| {
        let digits_and_point = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        digits_and_point && word.contains('.')
    });
    Ok(release.map(str::to_owned))
}
