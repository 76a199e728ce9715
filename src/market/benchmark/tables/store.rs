//! SQL of what Occupation Benchmark answers from.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use sqlx::PgConnection;

use super::wages::WageRow;
use crate::market::benchmark::import::{FactKind, ImportedFact};
use crate::market::sources::SourceKind;
use crate::market::versions::{LibraryId, Sequence};

/// A source of a version, and what it has for benchmarks.
pub(super) struct BenchmarkSource {
    pub source_id: i32,
    pub kind: SourceKind,
    pub has_wages: bool,
    pub fact_kinds: Vec<String>,
}

/// The sources, with what each of them has.
pub(super) async fn list_sources(
    connection: &mut PgConnection,
    source_ids: &[i32],
) -> Result<Vec<BenchmarkSource>, sqlx::Error> {
    sqlx::query_as!(
        BenchmarkSource,
        r#"select source_id, kind as "kind: SourceKind",
               exists (select from market_area as area where area.source_id = source.source_id) as "has_wages!",
               array(select distinct fact.kind from market_fact as fact where fact.source_id = source.source_id)
                   as "fact_kinds!"
           from market_source as source where source_id = any($1)"#,
        source_ids,
    )
    .fetch_all(connection)
    .await
}

/// The areas of a source by their codes, with their names.
pub(super) async fn list_areas(
    connection: &mut PgConnection,
    source_id: i32,
) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let rows = sqlx::query!(
        "select area, name from market_area where source_id = $1",
        source_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.area, row.name)).collect())
}

/// An occupation that a source has wages of.
pub(super) struct WageOccupation {
    pub code: String,
    pub name: String,
    pub row_code: String,
}

pub(super) async fn list_wage_occupations(
    connection: &mut PgConnection,
    source_id: i32,
) -> Result<Vec<WageOccupation>, sqlx::Error> {
    sqlx::query_as!(
        WageOccupation,
        "select code, name, row_code from market_wage_occupation where source_id = $1",
        source_id,
    )
    .fetch_all(connection)
    .await
}

/// The wages of some rows in an area.
pub(super) async fn list_wages(
    connection: &mut PgConnection,
    source_id: i32,
    area: &str,
    codes: &[&str],
) -> Result<Vec<WageRow>, sqlx::Error> {
    let rows = sqlx::query!(
        "select code, employment, employment_error, location_quotient, mean_error,
             hourly_mean, hourly_10, hourly_25, hourly_50, hourly_75, hourly_90,
             annual_mean, annual_10, annual_25, annual_50, annual_75, annual_90, top_coded
         from market_wage where source_id = $1 and area = $2 and code = any($3)",
        source_id,
        area,
        codes as &[&str],
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter().map(|row| WageRow {
        code: row.code,
        employment: row.employment,
        employment_error: row.employment_error,
        location_quotient: row.location_quotient,
        mean_error: row.mean_error,
        wages: [
            row.hourly_mean,
            row.hourly_10,
            row.hourly_25,
            row.hourly_50,
            row.hourly_75,
            row.hourly_90,
            row.annual_mean,
            row.annual_10,
            row.annual_25,
            row.annual_50,
            row.annual_75,
            row.annual_90,
        ],
        top_coded: row.top_coded,
    });
    Ok(rows.collect())
}

/// An occupation of a source, with its description where any source has one.
pub(super) struct NamedOccupation {
    pub code: String,
    pub name: String,
    pub description: String,
    pub kind: SourceKind,
}

/// The occupations of the sources; of one that several have, the newest source's that describes it.
pub(super) async fn list_occupations(
    connection: &mut PgConnection,
    source_ids: &[i32],
) -> Result<Vec<NamedOccupation>, sqlx::Error> {
    sqlx::query_as!(
        NamedOccupation,
        r#"select distinct on (code) code, name, description, source.kind as "kind: SourceKind"
           from market_occupation join market_source as source using (source_id)
           where source_id = any($1) order by code, (description = ''), source_id desc"#,
        source_ids,
    )
    .fetch_all(connection)
    .await
}

/// A skill or a field of knowledge.
pub(super) struct ElementRow {
    pub element_id: String,
    pub name: String,
    pub description: String,
}

/// The elements of the sources; of one that several have, the newest source's.
pub(super) async fn list_elements(
    connection: &mut PgConnection,
    source_ids: &[i32],
) -> Result<Vec<ElementRow>, sqlx::Error> {
    sqlx::query_as!(
        ElementRow,
        "select distinct on (element_id) element_id, name, description
         from market_element where source_id = any($1) order by element_id, source_id desc",
        source_ids,
    )
    .fetch_all(connection)
    .await
}

/// Hands over the facts of a source one by one, those of an occupation together: all of them would be many megabytes.
pub(super) async fn for_each_fact(
    connection: &mut PgConnection,
    source_id: i32,
    kinds: &[&str],
    mut take: impl FnMut(ImportedFact),
) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query_as!(
        ImportedFact,
        r#"select occupation, kind as "kind: FactKind", item, value, deviations, is_suppressed
           from market_fact where source_id = $1 and kind = any($2) order by occupation, kind, item"#,
        source_id,
        kinds as &[&str],
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        take(row);
    }
    Ok(())
}

/// Hands over the titles of a version by their keys: identifier, name and likeliest occupation.
pub(super) async fn for_each_title(
    connection: &mut PgConnection,
    library_id: LibraryId,
    sequence: Sequence,
    mut take: impl FnMut(String, String, String),
) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query!(
        r#"select title_id, name, occupations[1] as "occupation!" from market_title
           where library_id = $1 and from_sequence <= $2 and (to_sequence is null or to_sequence > $2)
               and cardinality(occupations) > 0
           order by key collate "C""#,
        library_id.0,
        sequence.0,
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        take(row.title_id, row.name, row.occupation);
    }
    Ok(())
}
