//! Files to read, and what takes their rows.

use std::fs;
use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use market_files::{FileError, OccupationCode, Progress, Row, Sink, Summary};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Keeps all rows and reports.
#[derive(Default)]
pub struct Collected {
    pub rows: Vec<Row>,
    pub reports: Vec<Progress>,
}

impl Sink for Collected {
    fn row(&mut self, row: Row) -> ControlFlow<()> {
        self.rows.push(row);
        ControlFlow::Continue(())
    }

    fn progress(&mut self, progress: Progress) {
        self.reports.push(progress);
    }
}

/// A folder with files, gone at the end.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// An error as it is shown, with the path of the folder left out.
    pub fn said(&self, error: &FileError) -> String {
        let folder = self.path().to_str().unwrap();
        error
            .to_string()
            .replace(&format!("{folder}/"), "")
            .replace(folder, "FOLDER")
    }

    /// What a reader says of a file of some bytes.
    pub fn refused(&self, name: &str, content: impl AsRef<[u8]>, read: Read) -> String {
        let path = self.write(name, content);
        let error = read(&path, &mut Collected::default()).unwrap_err();
        self.said(&error)
    }
}

/// A reader of one file.
pub type Read = fn(&Path, &mut dyn Sink) -> Result<Summary, FileError>;

/// Reads what must be readable.
pub fn read(path: &Path, read: Read) -> (Vec<Row>, Summary) {
    let mut collected = Collected::default();
    let summary = read(path, &mut collected).unwrap_or_else(|error| panic!("{error}"));
    (collected.rows, summary)
}

pub fn code(text: &str) -> OccupationCode {
    OccupationCode::parse(text).unwrap()
}

/// A zip with compressed entries.
pub fn zip<B: AsRef<[u8]>>(entries: &[(&str, B)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_ref()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The parts of a workbook: sheets of XML by name, and the XML of the shared texts.
pub fn workbook_of(sheets: &[(&str, &str)], shared: &str) -> Vec<u8> {
    let kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut names = String::new();
    let mut parts =
        format!(r#"<Relationship Id="s" Type="{kinds}/sharedStrings" Target="sharedStrings.xml"/>"#);
    for (index, (name, _)) in sheets.iter().enumerate() {
        names += &format!(r#"<sheet name="{name}" sheetId="{index}" r:id="r{index}"/>"#);
        parts += &format!(
            r#"<Relationship Id="r{index}" Type="{kinds}/worksheet" Target="/xl/worksheets/sheet{index}.xml"/>"#
        );
    }
    let mut entries = vec![
        (
            "xl/workbook.xml".to_owned(),
            format!("<workbook><sheets>{names}</sheets></workbook>"),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!("<Relationships>{parts}</Relationships>"),
        ),
        ("xl/sharedStrings.xml".to_owned(), shared.to_owned()),
    ];
    for (index, (_, sheet)) in sheets.iter().enumerate() {
        entries.push((format!("xl/worksheets/sheet{index}.xml"), (*sheet).to_owned()));
    }
    let entries: Vec<(&str, &str)> = entries
        .iter()
        .map(|(name, xml)| (name.as_str(), xml.as_str()))
        .collect();
    zip(&entries)
}

/// A workbook of one sheet whose cells are shared texts; rows are numbered from the first of them.
pub fn workbook(first_row: usize, rows: &[&[&str]]) -> Vec<u8> {
    let mut shared = String::new();
    let mut data = String::new();
    let mut count = 0;
    for (index, row) in rows.iter().enumerate() {
        let number = first_row + index;
        data += &format!(r#"<row r="{number}">"#);
        for (column, text) in row.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let letter = char::from(b'A' + u8::try_from(column).unwrap());
            data += &format!(r#"<c r="{letter}{number}" t="s"><v>{count}</v></c>"#);
            shared += &format!("<si><t>{text}</t></si>");
            count += 1;
        }
        data += "</row>";
    }
    let sheet = format!("<worksheet><sheetData>{data}</sheetData></worksheet>");
    workbook_of(&[("Sheet 1", &sheet)], &format!("<sst>{shared}</sst>"))
}
