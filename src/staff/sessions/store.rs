//! SQL of sessions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{SessionHash, SessionInfo, Stage};
use crate::db::delete_before;
use crate::ids::{SessionNumber, StaffId};

pub(super) struct NewSession<'a> {
    pub hash: SessionHash,
    pub number: SessionNumber,
    pub staff_id: StaffId,
    pub stage: Stage,
    pub form_key: [u8; 32],
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub elevated_until: Option<DateTime<Utc>>,
    pub address: Option<String>,
    pub user_agent: &'a str,
}

pub(super) async fn insert_session(
    connection: &mut PgConnection,
    new: &NewSession<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into staff_session (session_hash, session_number, staff_id, stage, form_key, created_at, seen_at, expires_at,
             elevated_until, address, user_agent)
         values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10)",
        new.hash.as_bytes(),
        new.number.0,
        new.staff_id.0,
        <&str>::from(new.stage),
        &new.form_key[..],
        new.now,
        new.expires_at,
        new.elevated_until,
        new.address.as_deref(),
        new.user_agent,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) struct SessionRow {
    pub session_number: SessionNumber,
    pub staff_id: StaffId,
    pub stage: Stage,
    pub form_key: Vec<u8>,
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub elevated_until: Option<DateTime<Utc>>,
}

pub(super) async fn find_session(
    connection: &mut PgConnection,
    hash: SessionHash,
) -> Result<Option<SessionRow>, sqlx::Error> {
    sqlx::query_as!(
        SessionRow,
        "select session_number, staff_id, stage, form_key, seen_at, expires_at, elevated_until
         from staff_session where session_hash = $1",
        hash.as_bytes(),
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn update_seen_at(
    connection: &mut PgConnection,
    hash: SessionHash,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update staff_session set seen_at = greatest(seen_at, $2) where session_hash = $1",
        hash.as_bytes(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn update_elevation(
    connection: &mut PgConnection,
    hash: SessionHash,
    new_hash: SessionHash,
    until: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update staff_session set session_hash = $2, elevated_until = $3 where session_hash = $1",
        hash.as_bytes(),
        new_hash.as_bytes(),
        until,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

pub(super) async fn list_sessions(
    connection: &mut PgConnection,
    staff_id: StaffId,
    now: DateTime<Utc>,
    seen_after: DateTime<Utc>,
) -> Result<Vec<SessionInfo>, sqlx::Error> {
    sqlx::query_as!(
        SessionInfo,
        "select session_number, created_at, seen_at, address, user_agent from staff_session
         where staff_id = $1 and stage = 'signed_in' and expires_at > $2 and seen_at > $3
         order by created_at desc, session_number",
        staff_id.0,
        now,
        seen_after,
    )
    .fetch_all(connection)
    .await
}

pub(super) async fn delete_session(
    connection: &mut PgConnection,
    hash: SessionHash,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from staff_session where session_hash = $1",
        hash.as_bytes()
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn delete_numbered(
    connection: &mut PgConnection,
    staff_id: StaffId,
    number: SessionNumber,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from staff_session where staff_id = $1 and session_number = $2",
        staff_id.0,
        number.0
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn delete_others(
    connection: &mut PgConnection,
    staff_id: StaffId,
    kept: Option<&SessionHash>,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from staff_session where staff_id = $1 and session_hash is distinct from $2",
        staff_id.0,
        kept.map(SessionHash::as_bytes),
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

pub(super) async fn delete_over(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    delete_before!(
        connection,
        "staff_session",
        "session_hash",
        "expires_at",
        now,
        limit
    )
}

pub(super) async fn find_hash(
    connection: &mut PgConnection,
    number: SessionNumber,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select session_hash from staff_session where session_number = $1",
        number.0
    )
    .fetch_optional(connection)
    .await
}
