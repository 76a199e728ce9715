//! Listing, comparing, publishing and retiring versions.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::store;
use crate::audit::Act;
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

/// Names of titles that differ between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VersionDifference {
    /// Only the second one has them.
    pub additions: Vec<String>,
    /// Only the first one has them.
    pub removals: Vec<String>,
    /// Both have them, otherwise.
    pub alterations: Vec<String>,
}

/// The library of a customer, or the one that all share; it is made where there is none.
pub async fn find_library(
    db: &mut PgConnection,
    customer_id: Option<CustomerId>,
) -> Result<LibraryId, Failure> {
    Ok(store::find_or_insert_library(db, customer_id).await?)
}

/// Locks a library until the end of the transaction, so that its versions are made one after the other.
pub(in crate::market) async fn lock_library(
    db: &mut PgConnection,
    library_id: LibraryId,
) -> Result<(), Failure> {
    Ok(store::lock_library(db, library_id).await?)
}

/// All versions, the shared library's first, the newest of each library first.
pub async fn list_versions(db: &mut PgConnection) -> Result<Vec<ListedVersion>, Failure> {
    Ok(store::list_versions(db).await?)
}

/// What differs between two versions of a library.
pub async fn diff_versions(
    db: &mut PgConnection,
    library_id: LibraryId,
    from: VersionNumber,
    to: VersionNumber,
) -> Result<VersionDifference, Error> {
    for number in [from, to] {
        let status = store::find_status(db, library_id, number).await?;
        status.ok_or(Error::UnknownVersion(number))?;
    }
    Ok(store::diff_versions(db, library_id, (from, to)).await?)
}

/// Publishes the draft of a library: from the commit on it is the latest version. Returns its number, which is the one that
/// it is given here, if any: scripts that were written for another installation may name one.
pub async fn publish_version(
    db: &mut PgConnection,
    act: &Act,
    library_id: LibraryId,
    given: Option<VersionNumber>,
) -> Result<VersionNumber, Error> {
    store::lock_library(db, library_id).await?;
    let draft = store::find_draft(db, library_id).await?.ok_or(Error::NoDraft)?;
    let number = given.unwrap_or(draft);
    if let Some(last) = store::find_last_version(db, library_id).await?
        && last.number >= number
    {
        return Err(Error::NotAfter(number, last.number));
    }
    store::update_number(db, library_id, draft, number).await?;
    store::update_status(db, library_id, number, VersionStatus::Published, act.now).await?;
    record(db, act, "published", library_id, number).await?;
    Ok(number)
}

/// Retires a version: callers do not find it any more.
pub async fn retire_version(
    db: &mut PgConnection,
    act: &Act,
    library_id: LibraryId,
    number: VersionNumber,
) -> Result<(), Error> {
    store::lock_library(db, library_id).await?;
    match store::find_status(db, library_id, number).await? {
        None => return Err(Error::UnknownVersion(number)),
        Some(VersionStatus::Draft) => return Err(Error::Draft(number)),
        Some(VersionStatus::Retired) => return Err(Error::Retired(number)),
        Some(VersionStatus::Published) => {}
    }
    if store::count_published(db, library_id).await? == 1 {
        return Err(Error::Last(number));
    }
    store::update_status(db, library_id, number, VersionStatus::Retired, act.now).await?;
    record(db, act, "retired", library_id, number).await
}

async fn record(
    db: &mut PgConnection,
    act: &Act,
    action: &str,
    library_id: LibraryId,
    number: VersionNumber,
) -> Result<(), Error> {
    let detail = json!({ "library_id": library_id.0 });
    Ok(act
        .record(db, action, ("market_version", &number), detail)
        .await?)
}
