//! How many calls are refused, by hour, and who is refused most.

mod store;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::find::RefusalGroup;
use crate::error::Failure;
use crate::hours::HourCount;
use crate::ids::ClientId;

/// How many calls were refused in the hours from `since` on, of one client or of all callers; an hour without any is not in it.
pub async fn list_by_hour(
    db: &mut PgConnection,
    client_id: Option<&ClientId>,
    since: DateTime<Utc>,
) -> Result<Vec<HourCount>, Failure> {
    Ok(store::list_by_hour(db, client_id, since).await?)
}

/// The callers and reasons of most refusals in the hours from `since` on, the most first, at most `limit`.
pub async fn list_most_refused(
    db: &mut PgConnection,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<RefusalGroup>, Failure> {
    let rows = store::list_most_refused(db, since, limit).await?;
    Ok(rows.into_iter().map(RefusalGroup::from).collect())
}
