//! SQL of retiring and restoring.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::SecretId;

/// Marks a secret as retired, since when and until when that can be taken back. Its hash stays for the record, and its sealed
/// form as long as it can be taken back.
pub(super) async fn update_retired(
    connection: &mut PgConnection,
    secret_id: SecretId,
    retired_at: DateTime<Utc>,
    restorable_until: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update client_secret set retired_at = $2, restorable_until = $3,
             sealed_secret = case when $3::timestamptz is null then null else sealed_secret end,
             sealing_key_id = case when $3::timestamptz is null then null else sealing_key_id end
         where secret_id = $1",
        secret_id.0,
        retired_at,
        restorable_until,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes a retired secret one that is accepted again.
pub(super) async fn update_restored(
    connection: &mut PgConnection,
    secret_id: SecretId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update client_secret set retired_at = null, restorable_until = null where secret_id = $1",
        secret_id.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes the sealed form of retired secrets that cannot be restored any more, of so many at most; returns of how many.
///
/// Those that the version before retired meanwhile have none.
pub(super) async fn delete_sealed_of_retired(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let updated = sqlx::query!(
        "update client_secret set sealed_secret = null, sealing_key_id = null where secret_id in (
             select secret_id from client_secret
             where retired_at is not null and sealed_secret is not null and restorable_until <= $1
             order by restorable_until limit $2 for update skip locked)",
        now,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected())
}
