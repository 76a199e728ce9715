//! SQL of the heartbeats. All instants are the database server's.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// What a replica says of itself.
pub(super) struct Facts {
    pub replica_id: Uuid,
    pub version: &'static str,
    pub started_at: DateTime<Utc>,
    pub database_state: String,
    /// `None`: it has not polled yet.
    pub feed_lag_ms: Option<i64>,
}

/// What a replica learns when it says that it is there.
pub(super) struct Beat {
    /// The other replicas that are alive.
    pub others: i64,
    /// The replica was not in the table, or no longer.
    pub is_new: bool,
}

/// Says that a replica is there; counts the others that were seen within `alive_for`, and deletes those that were not for
/// `kept_for`.
pub(super) async fn beat(
    connection: &mut PgConnection,
    facts: &Facts,
    alive_for: Duration,
    kept_for: Duration,
) -> Result<Beat, sqlx::Error> {
    // Every part of the statement sees the table as it was before.
    sqlx::query_as!(
        Beat,
        r#"with gone as (
               delete from replica
               where replica_id <> $1 and seen_at < now() - make_interval(secs => $3)
           ), seen as (
               insert into replica (replica_id, version, started_at, database_state, feed_lag_ms) values ($1, $4, $5, $6, $7)
               on conflict on constraint replica_pkey do update set
                   seen_at = now(), database_state = excluded.database_state, feed_lag_ms = excluded.feed_lag_ms
           )
           select count(*) filter (where replica_id <> $1 and seen_at > now() - make_interval(secs => $2)) as "others!",
                  count(*) filter (where replica_id = $1) = 0 as "is_new!"
           from replica"#,
        facts.replica_id,
        alive_for.as_secs_f64(),
        kept_for.as_secs_f64(),
        facts.version,
        facts.started_at,
        facts.database_state,
        facts.feed_lag_ms,
    )
    .fetch_one(connection)
    .await
}

/// The present instant.
pub(super) async fn find_now(connection: &mut PgConnection) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(r#"select now() as "now!""#)
        .fetch_one(connection)
        .await
}

/// How many of the other replicas that were seen within `alive_for` have not been since `instant`.
pub(super) async fn count_unseen_since(
    connection: &mut PgConnection,
    replica_id: Uuid,
    instant: DateTime<Utc>,
    alive_for: Duration,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from replica
           where replica_id <> $1 and seen_at <= $2 and seen_at > now() - make_interval(secs => $3)"#,
        replica_id,
        instant,
        alive_for.as_secs_f64(),
    )
    .fetch_one(connection)
    .await
}

/// Deletes a replica that stops.
pub(super) async fn delete_replica(
    connection: &mut PgConnection,
    replica_id: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from replica where replica_id = $1", replica_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// A replica, as it last said of itself; all but the first two are null where its version does not say it.
pub(super) struct ReplicaRow {
    pub replica_id: Uuid,
    pub seen_at: DateTime<Utc>,
    pub version: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub database_state: Option<String>,
    pub feed_lag_ms: Option<i64>,
}

/// The replicas that were seen within `alive_for`, the oldest first.
pub(super) async fn list_replicas(
    connection: &mut PgConnection,
    alive_for: Duration,
) -> Result<Vec<ReplicaRow>, sqlx::Error> {
    sqlx::query_as!(
        ReplicaRow,
        "select replica_id, seen_at, version, started_at, database_state, feed_lag_ms from replica
         where seen_at > now() - make_interval(secs => $1) order by started_at nulls first, replica_id",
        alive_for.as_secs_f64(),
    )
    .fetch_all(connection)
    .await
}
