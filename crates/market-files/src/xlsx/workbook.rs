//! A workbook: the names and parts of its sheets.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;

use super::sheet::SheetRows;
use super::strings::SharedStrings;
use super::xml::{Piece, Tag, Xml, broken};
use crate::error::{FileError, shown, shown_path};
use crate::problem::Problem;
use crate::record::Rows;
use crate::source::{Archive, Meter, Part};

/// The most sheets, and the most parts that a workbook names.
const PARTS: usize = 1_000;
/// What to do with a file that is no workbook.
const ADVICE: &str = "open it in a spreadsheet program and save it as XLSX, without a password";

/// An open workbook.
pub(crate) struct Workbook {
    archive: Archive,
    sheets: Vec<Sheet>,
    strings: SharedStrings,
}

struct Sheet {
    name: String,
    part: Part,
}

/// A part that the workbook names.
struct Relation {
    kind: String,
    target: String,
}

impl Workbook {
    /// Opens a workbook, and adds the sizes of its sheets to what is going to be read.
    pub(crate) fn open(path: &Path, meter: &Meter) -> Result<Self, FileError> {
        let mut archive = Archive::open(path, "an XLSX workbook", ADVICE)?;
        // What the workbook says of itself is small and does not count.
        let uncounted = Meter::default();
        let Some(part) = archive.part("xl/workbook.xml").cloned() else {
            return Err(FileError::new(Problem::WrongFormat {
                found: other_format(&archive),
                wanted: "an XLSX workbook",
                advice: ADVICE,
            }));
        };
        let names = read_part(path, &mut archive, &part, &uncounted, |reader| {
            sheet_names(reader)
        })?;
        let relations = match archive.part("xl/_rels/workbook.xml.rels").cloned() {
            Some(part) => read_part(path, &mut archive, &part, &uncounted, |reader| relations(reader))?,
            None => HashMap::new(),
        };
        let find = |id: &str| {
            relations
                .get(id)
                .and_then(|relation| archive.part(&path_of(&relation.target)))
        };
        let sheets: Vec<Sheet> = names
            .into_iter()
            .filter_map(|(name, id)| find(&id).cloned().map(|part| Sheet { name, part }))
            .collect();
        let shared = relations
            .values()
            .find(|relation| relation.kind.ends_with("/sharedStrings"));
        let shared = shared.and_then(|relation| archive.part(&path_of(&relation.target)).cloned());
        for part in sheets.iter().map(|sheet| &sheet.part).chain(&shared) {
            meter.expect(part.size);
        }
        let strings = match shared {
            Some(part) => read_part(path, &mut archive, &part, meter, |reader| {
                SharedStrings::read(reader)
            })?,
            None => SharedStrings::default(),
        };
        Ok(Self {
            archive,
            sheets,
            strings,
        })
    }

    /// The number of sheets.
    pub(crate) fn len(&self) -> usize {
        self.sheets.len()
    }

    /// The rows of a sheet by its index from 0; `None` if there are not so many.
    pub(crate) fn sheet(
        &mut self,
        index: usize,
        meter: &Meter,
    ) -> Result<Option<Box<dyn Rows + '_>>, FileError> {
        let Some(sheet) = self.sheets.get(index) else {
            return Ok(None);
        };
        let reader = self
            .archive
            .read(&sheet.part, meter)
            .map_err(|error| error.in_sheet(&sheet.name))?;
        Ok(Some(Box::new(SheetRows::new(reader, &self.strings, &sheet.name))))
    }
}

/// Reads a part of the workbook, which errors name.
fn read_part<T>(
    path: &Path,
    archive: &mut Archive,
    part: &Part,
    meter: &Meter,
    read: impl FnOnce(&mut dyn BufRead) -> Result<T, FileError>,
) -> Result<T, FileError> {
    let result = archive.read(part, meter).and_then(|mut reader| read(&mut reader));
    result.map_err(|error| error.in_file(&format!("{}: {}", shown_path(path), shown(&part.name))))
}

/// What a zip without a workbook of this format is, with its article.
fn other_format(archive: &Archive) -> &'static str {
    if archive.part("xl/workbook.bin").is_some() {
        "an XLSB workbook"
    } else if archive.part("content.xml").is_some() {
        "an OpenDocument file"
    } else {
        "a zip of something else"
    }
}

/// The names of the sheets with the identifiers of their parts, in order.
fn sheet_names(reader: impl BufRead) -> Result<Vec<(String, String)>, FileError> {
    let mut names = Vec::new();
    let mut xml = Xml::new(reader);
    loop {
        match xml.next()? {
            Piece::Open(Tag::Sheet, element) => {
                if let (Some(name), Some(id)) = (element.attribute(b"name")?, element.attribute(b"id")?) {
                    names.push((name, id));
                }
                if names.len() > PARTS {
                    return Err(broken("it has more than 1 000 sheets"));
                }
            }
            Piece::End => return Ok(names),
            Piece::Open(..) | Piece::Close(_) | Piece::Text(_) => {}
        }
    }
}

/// The parts that the workbook names, by identifier.
fn relations(reader: impl BufRead) -> Result<HashMap<String, Relation>, FileError> {
    let mut relations = HashMap::new();
    let mut xml = Xml::new(reader);
    loop {
        match xml.next()? {
            Piece::Open(Tag::Relationship, element) => {
                let id = element.attribute(b"Id")?;
                let kind = element.attribute(b"Type")?;
                let target = element.attribute(b"Target")?;
                if let (Some(id), Some(kind), Some(target)) = (id, kind, target) {
                    relations.insert(id, Relation { kind, target });
                }
                if relations.len() > PARTS {
                    return Err(broken("it has more than 1 000 parts"));
                }
            }
            Piece::End => return Ok(relations),
            Piece::Open(..) | Piece::Close(_) | Piece::Text(_) => {}
        }
    }
}

/// The path in the zip of a target, which is relative to `xl/` unless it begins with a slash.
fn path_of(target: &str) -> String {
    match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("xl/{target}"),
    }
}
