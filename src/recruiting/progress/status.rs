//! Changing the status of an invitation.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::store::{self, Locked};
use crate::audit::Act;
use crate::ids::InvitationId;
use crate::recruiting::error::Error;
use crate::recruiting::invitations::{Status, Step};

/// How far an invitation is after a change.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// Which.
    pub invitation_id: InvitationId,
    /// Its status.
    pub status: Status,
    /// Since when.
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

/// The invitation, locked until the end of the transaction: changes of one invitation take turns.
pub(in crate::recruiting) async fn lock(
    connection: &mut PgConnection,
    acting: &Act,
    invitation_id: InvitationId,
) -> Result<Locked, Error> {
    store::lock_invitation(connection, invitation_id, acting.customer_id)
        .await?
        .ok_or(Error::UnknownInvitation)
}

/// Writes the event for Talentsoft, where the invitation has a callback URL.
pub(in crate::recruiting) async fn tell(
    connection: &mut PgConnection,
    acting: &Act,
    invitation_id: InvitationId,
    kind: CallbackType,
) -> Result<(), Error> {
    Ok(store::insert_callback(connection, invitation_id, kind, acting.now).await?)
}

/// Brings an invitation to a status, by the rules of [`Status::step_to`]; the status that it has changes nothing.
pub async fn change_status(
    connection: &mut PgConnection,
    acting: &Act,
    invitation_id: InvitationId,
    next: Status,
) -> Result<Changed, Error> {
    let locked = lock(connection, acting, invitation_id).await?;
    let status_changed_at = match locked.status()?.step_to(next)? {
        Step::Unchanged => locked.status_changed_at,
        Step::Changed => enter(connection, acting, invitation_id, next).await?,
    };
    Ok(Changed {
        invitation_id,
        status: next,
        status_changed_at,
    })
}

/// Writes a status, whose turn it is, with its event.
pub(super) async fn enter(
    connection: &mut PgConnection,
    acting: &Act,
    invitation_id: InvitationId,
    next: Status,
) -> Result<DateTime<Utc>, Error> {
    let status_changed_at = store::update_status(connection, invitation_id, next, acting.now).await?;
    tell(connection, acting, invitation_id, CallbackType::StatusChanged).await?;
    let detail = json!({ "status": next });
    acting
        .record(
            connection,
            "status_changed",
            ("invitation", &invitation_id),
            detail,
        )
        .await?;
    Ok(status_changed_at)
}
