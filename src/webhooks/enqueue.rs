//! Writing events to the outbox: whoever causes one does it here, in the transaction of the change.

use sqlx::PgConnection;
use uuid::Uuid;

use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::InvitationId;

/// What Talentsoft is told of.
#[derive(Clone, Copy, Debug, strum::IntoStaticStr)]
pub enum CallbackType {
    /// The invitation has another status.
    #[strum(serialize = "invitation.status_changed")]
    StatusChanged,
    /// The result of a completed invitation, or one of its reports, is another one.
    #[strum(serialize = "invitation.result_changed")]
    ResultChanged,
}

/// Writes events about these invitations for Talentsoft, with the status that they have now: for those of them that have a
/// callback URL.
pub async fn enqueue_callbacks(
    db: &mut PgConnection,
    act: &Act,
    invitation_ids: &[InvitationId],
    kind: CallbackType,
) -> Result<(), Failure> {
    if !invitation_ids.is_empty() {
        store::insert_callbacks(db, &uuids(invitation_ids), kind.into(), act.now).await?;
    }
    Ok(())
}

/// Writes events for the platform, which say that these invitations are new.
pub async fn enqueue_new_invitations(
    db: &mut PgConnection,
    act: &Act,
    invitation_ids: &[InvitationId],
) -> Result<(), Failure> {
    if !invitation_ids.is_empty() {
        store::insert_new_invitations(db, &uuids(invitation_ids), act.now).await?;
    }
    Ok(())
}

fn uuids(ids: &[InvitationId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}
