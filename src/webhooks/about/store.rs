//! SQL of events by their invitations.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::InvitationId;

/// How many events are about these invitations.
pub(super) async fn count_about(
    connection: &mut PgConnection,
    invitation_ids: &[InvitationId],
) -> Result<i64, sqlx::Error> {
    let invitation_ids: Vec<Uuid> = invitation_ids.iter().map(|id| id.0).collect();
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from webhook_event where invitation_id = any($1)"#,
        &invitation_ids,
    )
    .fetch_one(connection)
    .await
}
