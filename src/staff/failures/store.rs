//! SQL of failed sign-ins.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;

use super::Count;
use crate::db::delete_before;
use crate::ids::StaffId;

fn interval(period: chrono::TimeDelta) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: period.num_microseconds().unwrap_or(i64::MAX),
    }
}

/// Counts a failure, unless failures are counted beyond `most` already; returns until when they are counted now.
pub(super) async fn add_failure(
    connection: &mut PgConnection,
    count: &Count,
    now: DateTime<Utc>,
    most: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into staff_failure as known (count_key, staff_id, used_until) values ($1, $2, $3::timestamptz + $4::interval)
         on conflict (count_key) do update set used_until = greatest(known.used_until, $3) + $4, staff_id = excluded.staff_id
         where known.used_until <= $5
         returning used_until",
        &count.key[..],
        count.staff_id.map(|id| id.0),
        now,
        interval(count.limit.period),
        most,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn take_back(connection: &mut PgConnection, count: &Count) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update staff_failure set used_until = used_until - $2::interval where count_key = $1",
        &count.key[..],
        interval(count.limit.period),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn delete_of_staff(
    connection: &mut PgConnection,
    staff_id: StaffId,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from staff_failure where staff_id = $1", staff_id.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn delete_over(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    delete_before!(connection, "staff_failure", "count_key", "used_until", now, limit)
}
