//! Inserts events into the outbox, in the transaction of the change that they report, with the span that makes it.

use sqlx::PgConnection;
use uuid::Uuid;

use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::InvitationId;
use crate::telemetry::trace;

/// What a callback to Talentsoft reports.
#[derive(Clone, Copy, Debug, strum::IntoStaticStr)]
pub enum CallbackType {
    /// The status of the invitation has changed.
    #[strum(serialize = "invitation.status_changed")]
    StatusChanged,
    /// The result of a completed invitation, or one of its reports, has changed.
    #[strum(serialize = "invitation.result_changed")]
    ResultChanged,
}

/// Inserts a callback for each of the invitations that has a callback URL, with the present status of the invitation.
pub async fn enqueue_callbacks(
    db: &mut PgConnection,
    act: &Act,
    invitation_ids: &[InvitationId],
    kind: CallbackType,
) -> Result<(), Failure> {
    if !invitation_ids.is_empty() {
        let cause = trace::current_parent();
        store::insert_callbacks(db, &uuids(invitation_ids), kind.into(), act.now, cause).await?;
    }
    Ok(())
}

/// Inserts an event for the platform for each of these new invitations.
pub async fn enqueue_new_invitations(
    db: &mut PgConnection,
    act: &Act,
    invitation_ids: &[InvitationId],
) -> Result<(), Failure> {
    if !invitation_ids.is_empty() {
        let cause = trace::current_parent();
        store::insert_new_invitations(db, &uuids(invitation_ids), act.now, cause).await?;
    }
    Ok(())
}

fn uuids(ids: &[InvitationId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}
