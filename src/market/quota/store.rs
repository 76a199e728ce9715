//! SQL of quotas.

use chrono::NaiveDate;
use sqlx::PgConnection;

use crate::ids::ClientId;

/// What is used then; `None`, and nothing is added, where it would be more than `limit`.
pub(super) async fn add_use(
    connection: &mut PgConnection,
    client_id: &ClientId,
    period_start: NaiveDate,
    count: i64,
    limit: i64,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into quota_use as own (client_id, period_start, used) select $1, $2, $3::bigint where $3::bigint <= $4::bigint
         on conflict on constraint quota_use_pkey do update set used = own.used + $3::bigint where own.used + $3::bigint <= $4::bigint
         returning used",
        client_id.as_str(),
        period_start,
        count,
        limit,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn find_use(
    connection: &mut PgConnection,
    client_id: &ClientId,
    period_start: NaiveDate,
) -> Result<i64, sqlx::Error> {
    let used = sqlx::query_scalar!(
        "select used from quota_use where client_id = $1 and period_start = $2",
        client_id.as_str(),
        period_start,
    )
    .fetch_optional(connection)
    .await?;
    Ok(used.unwrap_or_default())
}

/// Deletes at most `limit` rows of periods that began before `day`; returns how many.
pub(super) async fn delete_before(
    connection: &mut PgConnection,
    day: NaiveDate,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    // A row that is locked keeps its ctid, so none of them is looked up again by its key.
    let deleted = sqlx::query!(
        "delete from quota_use where ctid = any(array(
             select ctid from quota_use where period_start < $1
             order by period_start limit $2 for update skip locked))",
        day,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
