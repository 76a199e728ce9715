//! How many calls are refused, by hour, and who is refused most.

mod store;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::error::Failure;
use crate::hours::HourCount;
use crate::ids::ClientId;

/// A client, and how many of its calls were refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedClient {
    /// The client.
    pub client_id: ClientId,
    /// How many calls that named it were refused.
    pub refused: i64,
    /// The reason of most of them, as the metrics name it.
    pub main_reason: String,
}

/// How many calls were refused in the hours from `since` on, of one client or of all callers; an hour without any is not in it.
pub async fn list_by_hour(
    db: &mut PgConnection,
    client_id: Option<&ClientId>,
    since: DateTime<Utc>,
) -> Result<Vec<HourCount>, Failure> {
    Ok(store::list_by_hour(db, client_id, since).await?)
}

/// The clients of which most calls were refused in the hours from `since` on, the most first, at most `limit`.
pub async fn list_most_refused(
    db: &mut PgConnection,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<RefusedClient>, Failure> {
    let rows = store::list_most_refused(db, since, limit).await?;
    let clients = rows.into_iter().filter_map(|row| {
        Some(RefusedClient {
            client_id: row.client_id.parse().ok()?,
            refused: row.refused,
            main_reason: row.main_reason,
        })
    });
    Ok(clients.collect())
}
