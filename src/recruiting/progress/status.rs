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

/// The status of an invitation after a change.
#[derive(Clone, Debug, Serialize)]
pub struct StatusChange {
    /// The invitation.
    pub invitation_id: InvitationId,
    /// Its status.
    pub status: Status,
    /// Since when it has that status.
    pub status_changed_at: DateTime<Utc>,
}

/// What Talentsoft is told of.
#[derive(Clone, Copy, Debug)]
pub(in crate::recruiting) enum CallbackType {
    /// The status is another one.
    StatusChanged,
    /// The result of a completed invitation, or one of its reports, is another one.
    ResultChanged,
}

impl CallbackType {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::StatusChanged => "invitation.status_changed",
            Self::ResultChanged => "invitation.result_changed",
        }
    }
}

/// Writes the event for Talentsoft, where the invitation has a callback URL.
pub(in crate::recruiting) async fn enqueue_callback(
    db: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
    kind: CallbackType,
) -> Result<(), Failure> {
    Ok(store::insert_callback(db, invitation_id, kind, act.now).await?)
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
    enqueue_callback(db, act, invitation_id, CallbackType::StatusChanged).await?;
    let detail = json!({ "status": next });
    act.record(db, "status_changed", ("invitation", &invitation_id), detail)
        .await?;
    Ok(status_changed_at)
}
