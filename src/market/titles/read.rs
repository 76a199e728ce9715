//! Reading the titles of a version.

use sqlx::PgConnection;
use title_engine::TitleId;

use super::store;
use super::title::Title;
use crate::error::Failure;
use crate::market::error::Error;
use crate::market::versions::PublishedVersion;

/// Titles that are read by one statement of a list.
pub const TITLES_PER_READ: i64 = 1000;

/// Where a part of a list begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TitlePosition {
    /// After so many titles of the version.
    Skip(i64),
    /// After the title with this key.
    After(String),
}

/// The title with this identifier; one that an earlier version had is found as well, and says when it was removed.
pub async fn find_title(
    db: &mut PgConnection,
    version: &PublishedVersion,
    title_id: TitleId,
) -> Result<Title, Error> {
    let found = find_titles(db, version, &[title_id]).await?;
    found
        .into_iter()
        .next()
        .ok_or(Error::UnknownTitle(title_id.to_string()))
}

/// The titles with these identifiers, in their order; those that neither the version nor an earlier one has are left out.
pub async fn find_titles(
    db: &mut PgConnection,
    version: &PublishedVersion,
    title_ids: &[TitleId],
) -> Result<Vec<Title>, Failure> {
    store::find_titles(db, version.library_id, version.sequence, title_ids).await
}

/// At most `limit` titles of the version by their keys, from a position on.
pub async fn read_titles(
    db: &mut PgConnection,
    version: &PublishedVersion,
    from: &TitlePosition,
    limit: i64,
) -> Result<Vec<Title>, Failure> {
    let (skip, after) = match from {
        TitlePosition::Skip(skip) => (*skip, ""),
        TitlePosition::After(key) => (0, key.as_str()),
    };
    store::list_titles(db, version.library_id, version.sequence, after, skip, limit).await
}
