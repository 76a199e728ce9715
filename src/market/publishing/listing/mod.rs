//! Listing and comparing versions.

mod store;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::error::Error;
use crate::error::Failure;
use crate::ids::CustomerId;
use crate::market::versions::{LibraryId, VersionNumber, VersionStatus};

/// A version, as admins see it.
#[derive(Clone, Debug, Serialize)]
pub struct ListedVersion {
    /// Whose library it belongs to; `None`: the one that all share.
    pub customer_id: Option<CustomerId>,
    /// Its number.
    pub version: VersionNumber,
    /// Who may see it.
    pub status: VersionStatus,
    /// Titles in it.
    pub titles: u32,
    /// When it was composed.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub created_at: DateTime<Utc>,
    /// When it was published.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub published_at: Option<DateTime<Utc>>,
    /// What it was made of: kind and release.
    pub sources: Vec<String>,
}

/// What differs between two versions: names of titles, and how many rows that benchmarks are answered from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VersionDifference {
    /// Only the second one has them.
    pub additions: Vec<String>,
    /// Only the first one has them.
    pub removals: Vec<String>,
    /// Both have them, otherwise.
    pub alterations: Vec<String>,
    /// Wages of an occupation in an area.
    #[serde(skip_serializing_if = "CountedDifference::is_none")]
    pub wages: CountedDifference,
    /// What O\*NET says of occupations.
    #[serde(skip_serializing_if = "CountedDifference::is_none")]
    pub facts: CountedDifference,
}

/// How many titles or rows differ between two versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CountedDifference {
    /// Only the second one has them.
    pub additions: i64,
    /// Only the first one has them.
    pub removals: i64,
    /// Both have them, otherwise.
    pub alterations: i64,
}

impl CountedDifference {
    /// Whether nothing differs.
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// All versions, the shared library's first, the newest of each library first.
pub async fn list_versions(db: &mut PgConnection) -> Result<Vec<ListedVersion>, Failure> {
    Ok(store::list_versions(db).await?)
}

/// How many titles differ between two versions of a library.
pub async fn count_title_differences(
    db: &mut PgConnection,
    library_id: LibraryId,
    from: VersionNumber,
    to: VersionNumber,
) -> Result<CountedDifference, Error> {
    expect_both(db, library_id, [from, to]).await?;
    Ok(store::count_title_differences(db, library_id, (from, to)).await?)
}

/// Fails where the library lacks one of two versions.
async fn expect_both(
    db: &mut PgConnection,
    library_id: LibraryId,
    numbers: [VersionNumber; 2],
) -> Result<(), Error> {
    for number in numbers {
        let status = super::store::find_status(db, library_id, number).await?;
        status.ok_or(Error::UnknownVersion(number))?;
    }
    Ok(())
}

/// What differs between two versions of a library.
pub async fn diff_versions(
    db: &mut PgConnection,
    library_id: LibraryId,
    from: VersionNumber,
    to: VersionNumber,
) -> Result<VersionDifference, Error> {
    expect_both(db, library_id, [from, to]).await?;
    let mut difference = store::diff_versions(db, library_id, (from, to)).await?;
    let one = store::find_benchmark_sources(db, library_id, from).await?;
    let other = store::find_benchmark_sources(db, library_id, to).await?;
    difference.wages = store::diff_wages(db, one.wages, other.wages).await?;
    difference.facts = store::diff_facts(db, &one.facts, &other.facts).await?;
    Ok(difference)
}
