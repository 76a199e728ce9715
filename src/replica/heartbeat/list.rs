//! The replicas that are alive, for those who ask whether all is well.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ALIVE_FOR, store};
use crate::error::Failure;

/// A replica, as it last said of itself. What is `None` its version does not say.
#[derive(Clone, Debug, Serialize)]
pub struct ReplicaInfo {
    /// Its identifier: another one after each start.
    pub replica_id: Uuid,
    /// The last heartbeat, within a second.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub seen_at: DateTime<Utc>,
    /// The version of the service.
    pub version: Option<String>,
    /// When it began to serve.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub started_at: Option<DateTime<Utc>>,
    /// What it finds the database to be: `up`, `read-only`, `standby`, `away` or `unknown`.
    pub database_state: Option<String>,
    /// Milliseconds that its memory was behind the database.
    pub feed_lag_ms: Option<i64>,
}

/// The replicas that were seen in the last seconds, the oldest first.
pub async fn list_replicas(db: &mut PgConnection) -> Result<Vec<ReplicaInfo>, Failure> {
    let rows = store::list_replicas(db, ALIVE_FOR).await?;
    let replicas = rows.into_iter().map(|row| ReplicaInfo {
        replica_id: row.replica_id,
        seen_at: row.seen_at,
        version: row.version,
        started_at: row.started_at,
        database_state: row.database_state,
        feed_lag_ms: row.feed_lag_ms,
    });
    Ok(replicas.collect())
}
