//! SQL of the heartbeats. All instants are the database server's.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

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
    replica_id: Uuid,
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
               insert into replica (replica_id) values ($1)
               on conflict on constraint replica_pkey do update set seen_at = now()
           )
           select count(*) filter (where replica_id <> $1 and seen_at > now() - make_interval(secs => $2)) as "others!",
                  count(*) filter (where replica_id = $1) = 0 as "is_new!"
           from replica"#,
        replica_id,
        alive_for.as_secs_f64(),
        kept_for.as_secs_f64(),
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
