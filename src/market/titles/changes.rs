//! What a version changed against the one before it.

use serde::Serialize;
use sqlx::PgConnection;

use super::store;
use crate::error::Failure;
use crate::market::versions::PublishedVersion;

/// A title that was changed; here its name is called `title` (Lightcast contract T5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TitleName {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub title: String,
}

/// The titles that a version has more, has no more, and has otherwise than the version before it, each by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Titles that the version before did not have.
    pub additions: Vec<TitleName>,
    /// Titles that this version does not have any more.
    pub removals: Vec<TitleName>,
    /// Titles with another name, level or occupation; the name is the new one.
    pub alterations: Vec<TitleName>,
}

/// What the version changed. The first version of a library added all of its titles.
pub async fn list_changes(db: &mut PgConnection, version: &PublishedVersion) -> Result<Changes, Failure> {
    Ok(store::list_changes(db, version.library_id, version.sequence).await?)
}
