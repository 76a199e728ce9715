//! SQL of second factors.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::StaffId;
use crate::keys::SealingKeyId;

pub(super) struct TotpRow {
    pub sealed_key: Vec<u8>,
    pub sealing_key_id: SealingKeyId,
    pub last_step: i64,
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Stores a key that is not confirmed; returns false if there is one that is.
pub(super) async fn insert_totp(
    connection: &mut PgConnection,
    staff_id: StaffId,
    row: &TotpRow,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "insert into staff_totp as known (staff_id, sealed_key, sealing_key_id, last_step, created_at)
         values ($1, $2, $3, $4, $5)
         on conflict (staff_id) do update
             set sealed_key = excluded.sealed_key, sealing_key_id = excluded.sealing_key_id, created_at = excluded.created_at
             where known.confirmed_at is null",
        staff_id.0,
        row.sealed_key,
        row.sealing_key_id.0,
        row.last_step,
        now,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(super) async fn find_totp(
    connection: &mut PgConnection,
    staff_id: StaffId,
) -> Result<Option<TotpRow>, sqlx::Error> {
    sqlx::query_as!(
        TotpRow,
        "select sealed_key, sealing_key_id, last_step, confirmed_at from staff_totp where staff_id = $1",
        staff_id.0
    )
    .fetch_optional(connection)
    .await
}

/// Confirms a key by the step of a code; returns false if it was confirmed meanwhile.
pub(super) async fn confirm_totp(
    connection: &mut PgConnection,
    staff_id: StaffId,
    step: i64,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let confirmed = sqlx::query!(
        "update staff_totp set confirmed_at = $3, last_step = $2 where staff_id = $1 and confirmed_at is null",
        staff_id.0,
        step,
        now,
    )
    .execute(connection)
    .await?;
    Ok(confirmed.rows_affected() == 1)
}

/// Uses the code of a step up; returns false if it or a later one was used.
pub(super) async fn use_step(
    connection: &mut PgConnection,
    staff_id: StaffId,
    step: i64,
) -> Result<bool, sqlx::Error> {
    let used = sqlx::query!(
        "update staff_totp set last_step = $2 where staff_id = $1 and last_step < $2",
        staff_id.0,
        step
    )
    .execute(connection)
    .await?;
    Ok(used.rows_affected() == 1)
}

pub(super) async fn delete_totp(
    connection: &mut PgConnection,
    staff_id: StaffId,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!("delete from staff_totp where staff_id = $1", staff_id.0)
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn insert_recovery_codes(
    connection: &mut PgConnection,
    staff_id: StaffId,
    hashes: &[Vec<u8>],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into staff_recovery_code (staff_id, code_hash) select $1, unnest($2::bytea[])",
        staff_id.0,
        hashes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn delete_recovery_codes(
    connection: &mut PgConnection,
    staff_id: StaffId,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from staff_recovery_code where staff_id = $1", staff_id.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Uses a recovery code up; returns false if there is none like it.
pub(super) async fn use_recovery_code(
    connection: &mut PgConnection,
    staff_id: StaffId,
    hash: &[u8],
) -> Result<bool, sqlx::Error> {
    let used = sqlx::query!(
        "delete from staff_recovery_code where staff_id = $1 and code_hash = $2",
        staff_id.0,
        hash
    )
    .execute(connection)
    .await?;
    Ok(used.rows_affected() == 1)
}

pub(super) async fn count_recovery_codes(
    connection: &mut PgConnection,
    staff_id: StaffId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from staff_recovery_code where staff_id = $1"#,
        staff_id.0
    )
    .fetch_one(connection)
    .await
}
