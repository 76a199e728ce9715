//! Putting the result of an invitation.

use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::status::{StatusChange, enter};
use super::store;
use crate::audit::Act;
use crate::ids::InvitationId;
use crate::recruiting::invitations::{ImpossibleStatus, InvitationResult, Status, lock_invitation};
use crate::webhooks::{CallbackType, enqueue_callbacks};

/// Puts the result of an invitation that has started, which completes it, or replaces that of one that is completed; the
/// result that it has changes nothing.
pub async fn put_result(
    db: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
    result: &InvitationResult,
) -> Result<StatusChange, Error> {
    let locked = lock_invitation(db, act, invitation_id).await?;
    let invitation = locked.ok_or(Error::UnknownInvitation)?;
    let status_changed_at = match invitation.status {
        Status::Started => {
            write(db, act, invitation_id, result).await?;
            enter(db, act, invitation_id, Status::Completed).await?
        }
        Status::Completed => {
            // One that was completed without a result has one that says nothing.
            if invitation.result.unwrap_or_default() != *result {
                write(db, act, invitation_id, result).await?;
                enqueue_callbacks(db, act, &[invitation_id], CallbackType::ResultChanged).await?;
            }
            invitation.status_changed_at
        }
        from @ (Status::Invited | Status::Expired | Status::Cancelled) => {
            let to = Status::Completed;
            return Err(ImpossibleStatus { from, to }.into());
        }
    };
    Ok(StatusChange {
        invitation_id,
        status: Status::Completed,
        status_changed_at,
    })
}

async fn write(
    db: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
    result: &InvitationResult,
) -> Result<(), Error> {
    store::update_result(db, invitation_id, result, act.now).await?;
    act.record(db, "result_put", ("invitation", &invitation_id), json!({}))
        .await?;
    Ok(())
}
