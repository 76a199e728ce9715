//! Reads the library and the coded titles from the files as their publishers give them out.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs;
use std::path::Path;

use calamine::{Reader as _, Xlsx, open_workbook};
use title_engine::TitleId;
use title_engine::key;
use title_engine::library::{CodedTitle, Evidence, Library, Occupation, TitleRow};
use title_engine::{OccupationCode, Soc};

/// Whatever keeps a file from being read.
pub type Failure = Box<dyn Error>;

/// How strongly a title belongs to an occupation, by where it stands.
pub const NAME: f32 = 3.0;
pub const DIRECT_MATCH: f32 = 2.0;
pub const REPORTED: f32 = 1.5;
pub const ALTERNATE: f32 = 1.0;

/// A row of a file of coded titles.
#[derive(Clone, Debug)]
pub struct Coded {
    pub title: String,
    pub soc: Soc,
    pub socs: Vec<(Soc, f32)>,
}

impl Coded {
    /// The row as a library takes it.
    pub fn row(&self) -> CodedTitle {
        let evidence = self.socs.iter().map(|(soc, count)| Evidence {
            occupation: (*soc).into(),
            weight: *count,
        });
        CodedTitle {
            name: self.title.clone(),
            evidence: evidence.collect(),
        }
    }
}

/// The rows of a text file with tabs, without its header, with the columns of these names.
fn columns(path: &Path, names: &[&str]) -> Result<Vec<Vec<String>>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let mut places = Vec::new();
    for name in names {
        let place = header.iter().position(|column| column == name);
        places.push(place.ok_or_else(|| format!("{}: no column {name}", path.display()))?);
    }
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        places
            .iter()
            .map(|place| cells.get(*place).copied().unwrap_or_default().to_owned())
            .collect()
    });
    Ok(rows.collect())
}

/// The library of O*NET and the SOC below `data`, with employment by `employment`.
pub fn library(data: &Path, employment: &Path) -> Result<Library, Failure> {
    let people: HashMap<String, u64> = columns(employment, &["soc", "employment"])?
        .into_iter()
        .filter_map(|row| Some((row.first()?.clone(), row.get(1)?.parse().ok()?)))
        .collect();
    let onet = data.join("onet-27.0");
    let mut library = Library::default();
    let mut titles = Titles::default();
    for row in columns(
        &onet.join("Occupation Data.txt"),
        &["O*NET-SOC Code", "Title", "Description"],
    )? {
        let [code, name, description] = row.as_slice() else {
            continue;
        };
        let code: OccupationCode = code.parse()?;
        titles.add(code, name, NAME);
        let soc = code.soc().to_string();
        let broad = format!("{}0", soc.get(..6).unwrap_or_default());
        let employment = people.get(&soc).or_else(|| people.get(&broad)).copied();
        let (name, description) = (name.clone(), description.clone());
        library.occupations.push(Occupation {
            code,
            name,
            description,
            employment,
        });
    }
    for (file, column, weight) in [
        ("Alternate Titles.txt", "Alternate Title", ALTERNATE),
        ("Sample of Reported Titles.txt", "Reported Job Title", REPORTED),
    ] {
        for row in columns(&onet.join(file), &["O*NET-SOC Code", column])? {
            if let [code, name] = row.as_slice() {
                titles.add(code.parse()?, name, weight);
            }
        }
    }
    for (code, name) in sheet(&data.join("onet-alternate-titles-30.0.xlsx"))? {
        titles.add(code, &name, ALTERNATE);
    }
    for (code, name) in sheet(&data.join("soc-2018/soc_2018_direct_match_title_file.xlsx"))? {
        titles.add(code, &name, DIRECT_MATCH);
    }
    library.titles = titles.rows();
    Ok(library)
}

/// The codes and titles of the first and the third column of a workbook; the header may stand below some lines.
fn sheet(path: &Path) -> Result<Vec<(OccupationCode, String)>, Failure> {
    let mut book: Xlsx<_> = open_workbook(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let sheet = book.worksheet_range_at(0).ok_or("an xlsx without a sheet")??;
    let mut found = Vec::new();
    for row in sheet.rows() {
        let cell = |index: usize| {
            row.get(index)
                .and_then(calamine::DataType::as_string)
                .unwrap_or_default()
        };
        if let Ok(code) = cell(0).trim().parse() {
            found.push((code, cell(2).trim().to_owned()));
        }
    }
    Ok(found)
}

/// The coded titles of one file.
pub fn coded(path: &Path) -> Result<Vec<Coded>, Failure> {
    let mut rows = Vec::new();
    for row in columns(path, &["title", "soc", "socs"])? {
        let [title, soc, socs] = row.as_slice() else {
            continue;
        };
        let socs = socs.split('|').filter_map(|one| {
            let (soc, count) = one.split_once(':')?;
            Some((soc.parse().ok()?, count.parse().ok()?))
        });
        rows.push(Coded {
            title: title.clone(),
            soc: soc.parse()?,
            socs: socs.collect(),
        });
    }
    Ok(rows)
}

/// Titles by their keys.
#[derive(Default)]
struct Titles(BTreeMap<String, TitleRow>);

impl Titles {
    fn add(&mut self, occupation: OccupationCode, name: &str, weight: f32) {
        let row = self.0.entry(key(name)).or_insert_with(|| TitleRow {
            id: TitleId::of_name(name),
            name: name.to_owned(),
            evidence: Vec::new(),
        });
        row.evidence.push(Evidence { occupation, weight });
    }

    fn rows(self) -> Vec<TitleRow> {
        self.0.into_values().collect()
    }
}
