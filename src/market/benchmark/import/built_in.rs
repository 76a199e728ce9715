//! What comes with the service for Occupation Benchmark: wages of the nation, and ratings of skills and knowledge
//! (`market-data/SOURCES.md`).

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;

use super::rows::{
    BenchmarkRows, FactKind, ImportedArea, ImportedElement, ImportedFact, ImportedWage,
    ImportedWageOccupation, WAGES,
};
use crate::audit::Act;
use crate::error::Failure;
use crate::market::built_in::{self, CLASSIFICATION, Row, Table};
use crate::market::publishing::find_library;
use crate::market::sources::{ImportBatch, ImportOutcome, ImportWriter, Source, SourceKind};
use crate::market::versions::LibraryId;

/// What `market list` calls it.
const RELEASE: &str = "OEWS May 2025, O*NET 26.1";
/// The area of the nation.
const NATION: &str = "us";
/// The sign of a wage at or above the highest that is published.
const TOP_CODED: &str = "#";
/// The columns of the wages of one row, in their order.
const WAGE_COLUMNS: [&str; WAGES] = [
    "H_MEAN", "H_PCT10", "H_PCT25", "H_MEDIAN", "H_PCT75", "H_PCT90", "A_MEAN", "A_PCT10", "A_PCT25",
    "A_MEDIAN", "A_PCT75", "A_PCT90",
];

/// Imports what comes with the service as a source of a library. `db` must be in a transaction.
pub(in crate::market) async fn import_built_in(
    db: &mut PgConnection,
    act: &Act,
    library_id: LibraryId,
) -> Result<ImportOutcome, Failure> {
    let kind = SourceKind::BuiltInBenchmark;
    let mut writer = ImportWriter::begin(db, act, library_id, kind, CLASSIFICATION).await?;
    for rows in rows() {
        writer.write(db, &ImportBatch::Benchmark(rows)).await?;
    }
    writer.finish(db, act, RELEASE).await
}

/// Sees to it that a version that is made of these sources can be asked for benchmarks, and has titles: what is missing comes
/// into the library that all share. Says whether something was missing. `db` must be in a transaction.
pub(in crate::market) async fn complete_sources(
    db: &mut PgConnection,
    act: &Act,
    sources: &[Source],
) -> Result<bool, Failure> {
    let has_titles = sources.iter().any(|source| source.kind.has_titles());
    let has_benchmark = sources
        .iter()
        .any(|source| source.kind == SourceKind::BuiltInBenchmark);
    if has_titles && has_benchmark {
        return Ok(false);
    }
    let shared = find_library(db, None).await?;
    if !has_titles {
        built_in::import_built_in(db, act, shared).await?;
    } else if !has_benchmark {
        import_built_in(db, act, shared).await?;
    }
    Ok(true)
}

/// The occupations that OEWS has in the row of another code, with that code.
#[must_use]
pub fn merged_occupations() -> Vec<(&'static str, &'static str)> {
    let rows = Table::new(built_in::WAGES).map(|row| (row.get("OCC_CODE"), row.get("SOC_CODES")));
    let merged = rows.into_iter().flat_map(|(row_code, codes)| {
        let codes = codes.split_whitespace().filter(move |code| *code != row_code);
        codes.map(move |code| (code, row_code))
    });
    merged.collect()
}

/// What O\*NET says of its skills and fields of knowledge, by their identifiers.
#[must_use]
pub fn element_descriptions() -> HashMap<&'static str, &'static str> {
    let rows = Table::new(built_in::ELEMENTS).map(|row| (row.get("element_id"), row.get("description")));
    rows.into_iter().collect()
}

fn rows() -> [BenchmarkRows; 5] {
    let nation = ImportedArea {
        area: NATION.to_owned(),
        name: "United States".to_owned(),
    };
    [
        BenchmarkRows::Areas(vec![nation]),
        BenchmarkRows::WageOccupations(wage_occupations()),
        BenchmarkRows::Wages(Table::new(built_in::WAGES).map(wage)),
        BenchmarkRows::Elements(elements()),
        BenchmarkRows::Facts(ratings()),
    ]
}

fn wage_occupations() -> Vec<ImportedWageOccupation> {
    let mut occupations = Table::new(built_in::WAGES).map(|row| ImportedWageOccupation {
        code: row.get("OCC_CODE").to_owned(),
        name: row.get("OCC_TITLE").to_owned(),
        row_code: row.get("OCC_CODE").to_owned(),
    });
    occupations.extend(
        merged_occupations()
            .into_iter()
            .map(|(code, row_code)| ImportedWageOccupation {
                code: code.to_owned(),
                name: String::new(),
                row_code: row_code.to_owned(),
            }),
    );
    occupations
}

fn wage(row: &Row<'_>) -> ImportedWage {
    let number = |column| row.get(column).parse().ok();
    let top_coded = WAGE_COLUMNS.iter().enumerate().fold(0, |bits, (index, column)| {
        bits | (i16::from(row.get(column) == TOP_CODED) << index)
    });
    ImportedWage {
        area: NATION.to_owned(),
        code: row.get("OCC_CODE").to_owned(),
        employment: row.get("TOT_EMP").parse().ok(),
        employment_error: number("EMP_PRSE"),
        // It is 1 by its definition, and BLS does not print it.
        location_quotient: Some(1.0),
        mean_error: number("MEAN_PRSE"),
        wages: WAGE_COLUMNS.map(number),
        top_coded,
    }
}

fn elements() -> Vec<ImportedElement> {
    Table::new(built_in::ELEMENTS).map(|row| ImportedElement {
        element_id: row.get("element_id").to_owned(),
        name: row.get("name").to_owned(),
        description: row.get("description").to_owned(),
    })
}

fn ratings() -> Vec<ImportedFact> {
    let knowledge: HashSet<&str> = Table::new(built_in::ELEMENTS)
        .map(|row| (row.get("element_id"), row.get("kind")))
        .into_iter()
        .filter(|(_, kind)| *kind == "knowledge")
        .map(|(element_id, _)| element_id)
        .collect();
    let rows = Table::new(built_in::SKILLS).map(|row| {
        let element_id = row.get("element_id");
        Some(ImportedFact {
            occupation: row.get("code").to_owned(),
            kind: if knowledge.contains(element_id) {
                FactKind::Knowledge
            } else {
                FactKind::Skill
            },
            item: element_id.to_owned(),
            value: row.get("rating").parse().ok()?,
            deviations: row.get("z").parse().ok(),
            is_suppressed: false,
        })
    });
    rows.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_what_is_published() {
        let wages = Table::new(built_in::WAGES).map(wage);
        let developers = wages.iter().find(|wage| wage.code == "15-1252").unwrap();
        assert_eq!(developers.employment, Some(1_687_890.0));
        assert_eq!(developers.wages[9], Some(135_980.0));
        assert_eq!(developers.mean_error, Some(0.4));
        assert!(wages.iter().all(|wage| wage.top_coded == 0));
        let merged = merged_occupations();
        assert_eq!(merged.len(), 28);
        assert!(merged.contains(&("13-1022", "13-1020")) && merged.contains(&("21-1014", "21-1018")));
        assert_eq!(elements().len(), 68);
        let ratings = ratings();
        assert_eq!(ratings.len(), 17_170);
        assert!(ratings.iter().all(|fact| (0.0..=1.0).contains(&fact.value)));
        assert!(element_descriptions().contains_key("2.A.1.a"));
    }
}
