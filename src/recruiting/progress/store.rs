//! SQL of the status and the result of invitations.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use crate::ids::InvitationId;
use crate::recruiting::invitations::{InvitationResult, Status};
use crate::text::HttpsUrl;

/// Stores the status; returns the time of the change in the precision of the database.
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

/// Sets the status of at most `limit` overdue invitations to expired; returns which. It skips those that are being changed.
pub(super) async fn expire_invitations(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<InvitationId>, sqlx::Error> {
    sqlx::query_scalar!(
        "with overdue as (
            select invitation_id from invitation where status = 'invited' and expires_at <= $1
            order by expires_at limit $2 for update skip locked
         )
         update invitation set status = 'expired', status_changed_at = $1
         from overdue where invitation.invitation_id = overdue.invitation_id
         returning invitation.invitation_id",
        now,
        limit,
    )
    .fetch_all(connection)
    .await
}
