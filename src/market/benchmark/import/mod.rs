//! What a source has for Occupation Benchmark: rows, how they are written, and those that come with the service.

pub(in crate::market) mod built_in;
mod rows;
mod store;

use sqlx::PgConnection;

pub use built_in::{element_descriptions, merged_occupations};
pub use rows::{
    BenchmarkRows, FactKind, ImportedArea, ImportedElement, ImportedFact, ImportedWage,
    ImportedWageOccupation, WAGES,
};

/// Writes rows of a source.
pub(in crate::market) async fn insert_rows(
    db: &mut PgConnection,
    source_id: i32,
    rows: &BenchmarkRows,
) -> Result<(), sqlx::Error> {
    match rows {
        BenchmarkRows::Areas(rows) => store::insert_areas(db, source_id, rows).await,
        BenchmarkRows::WageOccupations(rows) => store::insert_wage_occupations(db, source_id, rows).await,
        BenchmarkRows::Wages(rows) => store::insert_wages(db, source_id, rows).await,
        BenchmarkRows::Elements(rows) => store::insert_elements(db, source_id, rows).await,
        BenchmarkRows::Facts(rows) => store::insert_facts(db, source_id, rows).await,
    }
}
