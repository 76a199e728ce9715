//! Changing the status of an invitation.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::InvitationId;
use crate::recruiting::invitations::{Status, Transition, lock_invitation};
use crate::webhooks::{CallbackType, enqueue_callbacks};

/// The status of an invitation after a change.
#[derive(Clone, Debug, Serialize)]
pub struct StatusChange {
    /// The invitation.
    pub invitation_id: InvitationId,
    /// Its status.
    pub status: Status,
    /// Since when it has that status.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub status_changed_at: DateTime<Utc>,
}

/// Brings an invitation to a status, by the rules of [`Status::step_to`]; the status that it has changes nothing.
pub async fn change_status(
    db: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
    next: Status,
) -> Result<StatusChange, Error> {
    let locked = lock_invitation(db, act, invitation_id).await?;
    let invitation = locked.ok_or(Error::UnknownInvitation)?;
    let status_changed_at = match invitation.status.step_to(next)? {
        Transition::Unchanged => invitation.status_changed_at,
        Transition::Changed => enter(db, act, invitation_id, next).await?,
    };
    Ok(StatusChange {
        invitation_id,
        status: next,
        status_changed_at,
    })
}

/// Writes a status that can follow, with its event; answers since when the invitation has it.
pub(super) async fn enter(
    db: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
    next: Status,
) -> Result<DateTime<Utc>, Failure> {
    let status_changed_at = store::update_status(db, invitation_id, next, act.now).await?;
    enqueue_callbacks(db, act, &[invitation_id], CallbackType::StatusChanged).await?;
    let detail = json!({ "status": next });
    act.record(db, "status_changed", ("invitation", &invitation_id), detail)
        .await?;
    Ok(status_changed_at)
}
