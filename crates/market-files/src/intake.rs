//! Reading one file after the other: rows to the sink, how far it is, and what to sum up.

use std::io::BufRead;
use std::path::Path;

use crate::error::{FileError, shown_path};
use crate::limits;
use crate::problem::Problem;
use crate::row::Row;
use crate::sink::Sink;
use crate::source::{self, Meter};
use crate::summary::{FileSummary, MissingFile, SkipReason, Summary};
use crate::table::{Layout, Search, Table, wanted};
use crate::text::{self, Separation};
use crate::xlsx::Workbook;

/// After so many rows the sink hears how far reading is.
const ROWS_PER_REPORT: u64 = 1024;

/// What is read goes through here to the sink.
pub(crate) struct Intake<'s> {
    sink: &'s mut dyn Sink,
    pub(crate) meter: Meter,
    current: FileSummary,
    since_report: u64,
    pub(crate) summary: Summary,
}

/// Reads the rows of a table, of the layout of an index.
pub(crate) type ReadTable<'f> =
    dyn FnMut(usize, &mut Table<'_>, &mut Intake<'_>) -> Result<(), FileError> + 'f;

/// Reads a list that somebody made, with the columns of one layout: a text that is separated by tabs, commas or semicolons, or
/// a workbook.
pub(crate) fn read_list(
    path: &Path,
    layouts: &'static [Layout],
    sink: &mut dyn Sink,
    read: impl Fn(&mut Table<'_>, &mut Intake<'_>) -> Result<(), FileError>,
) -> Result<Summary, FileError> {
    let plan = Plan {
        separation: Separation::Detected,
        layouts,
        limit: limits::OWN_ROWS,
    };
    let mut intake = Intake::new(sink);
    intake.expect(path)?;
    intake.read_file(path, plan, &mut |_, table, intake| read(table, intake))?;
    Ok(intake.finish())
}

impl<'s> Intake<'s> {
    pub(crate) fn new(sink: &'s mut dyn Sink) -> Self {
        Self {
            sink,
            meter: Meter::default(),
            current: FileSummary::default(),
            since_report: 0,
            summary: Summary::default(),
        }
    }

    /// Hands a row on.
    pub(crate) fn give(&mut self, row: Row) -> Result<(), FileError> {
        self.current.handed_on += 1;
        if self.sink.row(row).is_break() {
            return Err(FileError::new(Problem::Stopped));
        }
        self.since_report += 1;
        if self.since_report >= ROWS_PER_REPORT {
            self.report();
        }
        Ok(())
    }

    /// Leaves a row out, for a reason.
    pub(crate) fn skip(&mut self, line: u64, reason: SkipReason) {
        self.current.skip(line, reason);
        self.since_report += 1;
        if self.since_report >= ROWS_PER_REPORT {
            self.report();
        }
    }

    /// Notes a file that is not there.
    pub(crate) fn miss(&mut self, file: &'static str, meaning: &'static str) {
        self.summary.missing.push(MissingFile { file, meaning });
    }

    fn report(&mut self) {
        self.since_report = 0;
        self.sink.progress(self.meter.progress());
    }

    /// Ends the last file.
    pub(crate) fn finish(mut self) -> Summary {
        self.meter.finish();
        self.report();
        self.summary
    }

    /// Reads a table as one file.
    fn read_table(
        &mut self,
        label: &str,
        (layout, mut table): (usize, Table<'_>),
        read: &mut ReadTable<'_>,
    ) -> Result<(), FileError> {
        self.begin(label);
        let result = read(layout, &mut table, self);
        result.map_err(|error| match table.sheet() {
            Some(sheet) => error.in_sheet(sheet),
            None => error,
        })?;
        self.end(table.count());
        Ok(())
    }

    /// Begins a file.
    pub(crate) fn begin(&mut self, label: &str) {
        self.current = FileSummary {
            file: label.to_owned(),
            ..FileSummary::default()
        };
    }

    /// Ends a file that had so many rows.
    pub(crate) fn end(&mut self, rows: u64) {
        self.current.rows = rows;
        self.summary.files.push(std::mem::take(&mut self.current));
        self.report();
    }

    /// Reads a file that stands on its own: a workbook, or a text that is separated as its header says.
    pub(crate) fn read_file(
        &mut self,
        path: &Path,
        plan: Plan,
        read: &mut ReadTable<'_>,
    ) -> Result<(), FileError> {
        let result = if is_workbook(path)? {
            self.read_workbook(path, plan, read)
        } else {
            self.read_text(path, plan, read)
        };
        result.map_err(|error| error.in_file(&shown_path(path)))
    }

    fn read_text(&mut self, path: &Path, plan: Plan, read: &mut ReadTable<'_>) -> Result<(), FileError> {
        let reader = source::reader(path, &self.meter)?;
        self.read_from(reader, &shown_path(path), plan, read)
    }

    /// Reads a text, whose label messages and the summary use.
    pub(crate) fn read_from(
        &mut self,
        reader: impl BufRead,
        label: &str,
        plan: Plan,
        read: &mut ReadTable<'_>,
    ) -> Result<(), FileError> {
        let rows = text::rows(reader, plan.separation)?;
        let table = Table::with_header_on_top(rows, plan.layouts, plan.limit)?;
        self.read_table(label, table, read)
    }

    /// Reads the first sheet that has a header of one of the layouts.
    fn read_workbook(&mut self, path: &Path, plan: Plan, read: &mut ReadTable<'_>) -> Result<(), FileError> {
        let label = shown_path(path);
        let meter = self.meter.clone();
        let mut workbook = Workbook::open(path, &meter)?;
        let mut nearest: Option<(usize, FileError)> = None;
        for index in 0..workbook.len() {
            let Some(rows) = workbook.sheet(index, &meter)? else {
                break;
            };
            match Table::search(rows, plan.layouts, plan.limit)? {
                Search::Found(layout, table) => return self.read_table(&label, (layout, table), read),
                Search::Nearly(count, error) => {
                    if nearest.as_ref().is_none_or(|(most, _)| count > *most) {
                        nearest = Some((count, error));
                    }
                }
                Search::Nothing => {}
            }
        }
        Err(match nearest {
            Some((_, error)) => error,
            None => FileError::new(Problem::NoHeader {
                looked_at: limits::PREAMBLE,
                wanted: wanted(plan.layouts),
            }),
        })
    }

    /// Adds the size of a text to what is going to be read; a workbook adds its own when it is opened.
    pub(crate) fn expect(&self, path: &Path) -> Result<(), FileError> {
        if !is_workbook(path)? {
            let size = source::look_at(path)
                .map_err(|error| error.in_file(&shown_path(path)))?
                .len();
            self.meter.expect(size);
        }
        Ok(())
    }
}

/// How a file is read.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// How a text is separated.
    pub(crate) separation: Separation,
    /// The layouts that it may have.
    pub(crate) layouts: &'static [Layout],
    /// The most rows.
    pub(crate) limit: u64,
}

/// Whether a file is a workbook: by what it begins with, or by what its name promises.
fn is_workbook(path: &Path) -> Result<bool, FileError> {
    let promises = path.extension().is_some_and(|extension| {
        ["xlsx", "xlsm", "xls"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    });
    if promises {
        return Ok(true);
    }
    let named = |error: FileError| error.in_file(&shown_path(path));
    let (mut file, _) = source::open(path, limits::UNPACKED_MIB).map_err(named)?;
    let found = source::recognise(&mut file).map_err(named)?;
    Ok(found.is_none_or(|found| found == source::OLD_WORKBOOK))
}
