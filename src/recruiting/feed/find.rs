//! Finding invitations for the platform.

use sqlx::PgConnection;

use super::cursor::{Cursor, later};
use super::details::InvitationDetails;
use super::error::Error;
use super::store;
use crate::audit::Act;
use crate::ids::{CustomerId, InvitationId};
use crate::recruiting::invitations::InvitationToken;
use crate::recruiting::reach::{OutOfReach, reach};

/// One invitation, whatever its status.
pub async fn find_invitation(
    db: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
) -> Result<InvitationDetails, Error> {
    store::find_invitation(db, act.customer_id, invitation_id)
        .await?
        .ok_or(Error::UnknownInvitation)
}

/// The invitation whose link ends in this token, while the candidate may still do something.
pub async fn resolve_link(db: &mut PgConnection, act: &Act, token: &str) -> Result<InvitationDetails, Error> {
    let token = InvitationToken::parse(token).ok_or(Error::UnknownInvitation)?;
    let found = store::find_by_link(db, act.customer_id, &token.digest())
        .await?
        .ok_or(Error::UnknownInvitation)?;
    if found.invitation.status.is_open() && act.now < found.invitation.expires_at {
        Ok(found)
    } else {
        Err(Error::InvitationOver)
    }
}

/// At most `limit` invitations of the feed after a cursor, of the customer `asked` or of all that the actor reaches, and the
/// cursor of the last one.
pub async fn list_invitations(
    db: &mut PgConnection,
    act: &Act,
    asked: Option<CustomerId>,
    after: Cursor,
    limit: i64,
) -> Result<(Vec<InvitationDetails>, Cursor), Error> {
    let customer_id = match reach(act, asked) {
        Ok(customer_id) => customer_id,
        Err(OutOfReach) => return Ok((Vec::new(), after)),
    };
    let from = known_cursor(db, after).await?;
    let mut next = after;
    let mut invitations = Vec::new();
    for (cursor, invitation) in store::list_invitations(db, customer_id, from, limit).await? {
        next = cursor;
        invitations.push(invitation);
    }
    Ok((invitations, next))
}

/// The cursor itself or, where its invitation is not there any more, one that no invitation after it precedes.
async fn known_cursor(db: &mut PgConnection, cursor: Cursor) -> Result<Cursor, sqlx::Error> {
    if cursor == Cursor::BEGINNING || store::cursor_exists(db, cursor).await? {
        return Ok(cursor);
    }
    let Some(first) = store::find_first(db, cursor.earlier()).await? else {
        return Ok(cursor);
    };
    let earlier = store::find_cursor(db, first, later(first)).await?;
    Ok(earlier.unwrap_or(cursor))
}
