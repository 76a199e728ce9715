//! Publishing and retiring versions.

use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::CustomerId;
use crate::market::versions::{LibraryId, VersionNumber, VersionStatus};

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
