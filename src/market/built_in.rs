//! The library that comes with the service (`market-data/SOURCES.md`), so that it answers out of the box: it is published at
//! the first call of a data API, unless something else was.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::benchmark;
use super::publishing::{self, compose_draft, find_library, list_versions, publish_version};
use super::sources::{
    ImportBatch, ImportOutcome, ImportWriter, ImportedOccupation, ImportedSkill, ImportedTitle, SourceKind,
};
use super::versions::LibraryId;
use crate::audit::Act;
use crate::db::Db;
use crate::error::Failure;

const OCCUPATIONS: &str = include_str!("../../market-data/occupations.tsv");
pub(super) const WAGES: &str = include_str!("../../market-data/wages.tsv");
const TITLES: &str = include_str!("../../market-data/titles.tsv");
pub(super) const ELEMENTS: &str = include_str!("../../market-data/elements.tsv");
pub(super) const SKILLS: &str = include_str!("../../market-data/skills.tsv");

/// What `market list` calls it.
pub const RELEASE: &str = "O*NET 29.2 and 26.1, OEWS May 2025";
/// The revision of SOC whose codes it uses.
pub(super) const CLASSIFICATION: &str = "2018";
/// How much an occupation counts that the words of a title do not point to, beside one that they do.
const OTHER_WEIGHT: f32 = 0.2;

/// A table of `market-data`: rows by the names of their columns.
pub(super) struct Table {
    columns: HashMap<&'static str, usize>,
    rows: std::str::Lines<'static>,
}

/// One row of a table.
pub(super) struct Row<'a> {
    columns: &'a HashMap<&'static str, usize>,
    fields: Vec<&'static str>,
}

impl Table {
    /// The table that a text with a header holds.
    pub fn new(text: &'static str) -> Self {
        let mut rows = text.lines();
        let header = rows.next().unwrap_or_default();
        Self {
            columns: header
                .split('\t')
                .enumerate()
                .map(|(index, name)| (name, index))
                .collect(),
            rows,
        }
    }

    /// What is read of each row.
    pub fn map<T>(self, read: impl Fn(&Row<'_>) -> T) -> Vec<T> {
        let row = |line: &'static str| Row {
            columns: &self.columns,
            fields: line.split('\t').collect(),
        };
        self.rows.map(|line| read(&row(line))).collect()
    }
}

impl Row<'_> {
    /// A field; empty where the table has no such column.
    pub fn get(&self, column: &str) -> &'static str {
        let index = self.columns.get(column);
        index
            .and_then(|index| self.fields.get(*index))
            .copied()
            .unwrap_or_default()
    }
}

/// Publishes the built-in library as the first version of the one that all share, unless that has a version already.
pub(super) async fn publish_built_in(db: &Db, now: DateTime<Utc>) -> Result<(), Failure> {
    let act = Act::by_system(now);
    let published = db
        .long_transaction(async |db| {
            // Makes the library and locks it: of several replicas that come here, one publishes.
            let library_id = find_library(db, None).await?;
            publishing::lock_library(db, library_id).await?;
            let versions = list_versions(db).await?;
            if versions.iter().any(|version| version.customer_id.is_none()) {
                return Ok(None);
            }
            import_built_in(db, &act, library_id).await?;
            compose_draft(db, &act, library_id).await?;
            publish_version(db, &act, library_id, None).await.map(Some)
        })
        .await;
    match published {
        Ok(Some(version)) => {
            tracing::info!(version = %version, "published the built-in data");
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(publishing::Error::Failure(failure)) => Err(failure),
        Err(other) => Err(Failure::internal(other)),
    }
}

/// Imports what comes with the service as sources of a library: one for titles, and one for benchmarks. `db` must be in a transaction.
pub async fn import_built_in(
    db: &mut PgConnection,
    act: &Act,
    library_id: LibraryId,
) -> Result<ImportOutcome, Failure> {
    let mut writer = ImportWriter::begin(db, act, library_id, SourceKind::BuiltIn, CLASSIFICATION).await?;
    for batch in batches() {
        writer.write(db, &batch).await?;
    }
    let titles = writer.finish(db, act, RELEASE).await?;
    let benchmark = benchmark::import_built_in(db, act, library_id).await?;
    // Something is new where one of the two is.
    Ok(match titles {
        ImportOutcome::Unchanged => benchmark,
        imported @ ImportOutcome::Imported { .. } => imported,
    })
}

fn batches() -> [ImportBatch; 3] {
    [
        ImportBatch::Occupations(occupations()),
        ImportBatch::Titles(titles()),
        ImportBatch::Skills(skills()),
    ]
}

fn occupations() -> Vec<ImportedOccupation> {
    let employment = employment();
    Table::new(OCCUPATIONS).map(|row| ImportedOccupation {
        code: row.get("code").to_owned(),
        name: row.get("name").to_owned(),
        description: row.get("description").to_owned(),
        employment: employment.get(row.get("code")).copied(),
    })
}

/// How many people are employed in each occupation; where several have one number together, each has its part.
fn employment() -> HashMap<&'static str, i64> {
    let rows = Table::new(WAGES).map(|row| (row.get("OCC_CODE"), row.get("SOC_CODES"), row.get("TOT_EMP")));
    let mut employment = HashMap::new();
    for (code, together, people) in rows {
        let Ok(people) = people.parse::<i64>() else {
            continue;
        };
        employment.insert(code, people);
        let codes: Vec<&str> = together.split_whitespace().collect();
        let count = i64::try_from(codes.len()).unwrap_or(1).max(1);
        for code in codes {
            employment.insert(code, people / count);
        }
    }
    employment
}

fn titles() -> Vec<ImportedTitle> {
    let names = Table::new(OCCUPATIONS).map(|row| (row.get("level"), row.get("code"), row.get("name")));
    // The name of an occupation is evidence for it, and no title: it is in the plural.
    let names = names
        .into_iter()
        .filter(|(level, ..)| matches!(*level, "detailed" | "onet"))
        .map(|(_, code, name)| title(name, code, 1.0, true));
    let rows = Table::new(TITLES).map(|row| {
        let codes: Vec<&str> = row.get("codes").split(' ').collect();
        (row.get("title"), codes, row.get("match") == "narrowed")
    });
    let rows = rows.into_iter().flat_map(|(name, codes, is_narrowed)| {
        codes.into_iter().enumerate().map(move |(place, code)| {
            let weight = if is_narrowed && place > 0 {
                OTHER_WEIGHT
            } else {
                1.0
            };
            title(name, code, weight, false)
        })
    });
    names.chain(rows).collect()
}

fn title(title: &str, occupation: &str, weight: f32, is_alias: bool) -> ImportedTitle {
    ImportedTitle {
        title: title.to_owned(),
        occupation: occupation.to_owned(),
        weight,
        is_alias,
    }
}

fn skills() -> Vec<ImportedSkill> {
    let elements: HashMap<&str, &str> = Table::new(ELEMENTS)
        .map(|row| (row.get("element_id"), row.get("name")))
        .into_iter()
        .collect();
    let rows = Table::new(SKILLS).map(|row| {
        let rank: i16 = row.get("rank").parse().ok()?;
        Some(ImportedSkill {
            occupation: row.get("code").to_owned(),
            rank,
            name: (*elements.get(row.get("element_id"))?).to_owned(),
        })
    });
    rows.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_what_the_service_answers_from() {
        let occupations = occupations();
        let developers = occupations.iter().find(|row| row.code == "15-1252").unwrap();
        assert_eq!(developers.name, "Software Developers");
        assert_eq!(developers.employment, Some(1_687_890));
        assert!(!developers.description.is_empty());
        // One of the codes that OEWS merges.
        let merged = occupations.iter().find(|row| row.code == "13-1022").unwrap();
        assert!(merged.employment.is_some());
        let titles = titles();
        assert!(titles.iter().filter(|title| !title.is_alias).count() > 4900);
        assert!(
            titles
                .iter()
                .all(|title| !title.title.is_empty() && title.occupation.len() >= 7)
        );
        let dealer = titles
            .iter()
            .filter(|title| title.title == "21 Dealer")
            .map(|title| title.weight);
        assert_eq!(dealer.collect::<Vec<_>>()[..2], [1.0, OTHER_WEIGHT]);
        let skills = skills();
        assert!(skills.len() > 5000, "{}", skills.len());
        assert!(skills.iter().all(|skill| (1..=20).contains(&skill.rank)));
    }
}
