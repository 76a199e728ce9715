//! SQL of how invitations go on.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::status::CallbackType;
use crate::ids::InvitationId;
use crate::recruiting::invitations::{InvitationResult, Status};
use crate::text::HttpsUrl;

/// Answers since when the status is what it is, to the precision of the database.
pub(super) async fn update_status(
    connection: &mut PgConnection,
    invitation_id: InvitationId,
    status: Status,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(
        "update invitation set status = $2, status_changed_at = $3 where invitation_id = $1 returning status_changed_at",
        invitation_id.0,
        status.as_str(),
        now,
    )
    .fetch_one(connection)
    .await
}

pub(super) async fn update_result(
    connection: &mut PgConnection,
    invitation_id: InvitationId,
    result: &InvitationResult,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update invitation set overall_score = $2, scores = $3, video_url = $4, result_at = $5
         where invitation_id = $1",
        invitation_id.0,
        result.overall_score,
        json!(result.scores),
        result.video_url.as_ref().map(HttpsUrl::as_str),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The event of a change that this transaction made, where Talentsoft wants to be told.
pub(super) async fn insert_callback(
    connection: &mut PgConnection,
    invitation_id: InvitationId,
    kind: CallbackType,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at)
         select invitation_id, 'callback', $2, status, $3, $3 from invitation
         where invitation_id = $1 and callback_url is not null",
        invitation_id.0,
        kind.as_str(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets overdue invitations expire, with their events; those that somebody is changing are left for the next time.
pub(super) async fn expire_invitations(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with overdue as (
            select invitation_id from invitation where status = 'invited' and expires_at <= $1
            order by expires_at limit $2 for update skip locked
        ), expired as (
            update invitation set status = 'expired', status_changed_at = $1
            from overdue where invitation.invitation_id = overdue.invitation_id
            returning invitation.invitation_id, invitation.callback_url
        ), told as (
            insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at)
            select invitation_id, 'callback', 'invitation.status_changed', 'expired', $1, $1
            from expired where callback_url is not null
        )
        select count(*) as "count!" from expired"#,
        now,
        limit,
    )
    .fetch_one(connection)
    .await
    .map(i64::unsigned_abs)
}
