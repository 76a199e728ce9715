//! Finding invitations for the platform.

use sqlx::PgConnection;

use super::cursor::{Cursor, later};
use super::store;
use super::view::Invitation;
use crate::audit::Act;
use crate::db::Db;
use crate::ids::{CustomerId, InvitationId};
use crate::recruiting::error::Error;
use crate::recruiting::invitations::InvitationToken;

/// The invitation.
pub async fn find_invitation(
    db: &Db,
    acting: &Act,
    invitation_id: InvitationId,
) -> Result<Invitation, Error> {
    let row = db
        .run(async |connection| {
            Ok::<_, Error>(store::find_invitation(connection, acting.customer_id, invitation_id).await?)
        })
        .await?
        .ok_or(Error::UnknownInvitation)?;
    Ok(row.try_into()?)
}

/// The invitation whose link ends in this token, while the candidate may still do something.
pub async fn resolve_link(db: &Db, acting: &Act, token: &str) -> Result<Invitation, Error> {
    let token = InvitationToken::parse(token).ok_or(Error::UnknownInvitation)?;
    let row = db
        .run(async |connection| {
            Ok::<_, Error>(store::find_by_link(connection, acting.customer_id, &token.digest()).await?)
        })
        .await?
        .ok_or(Error::UnknownInvitation)?;
    let invitation = Invitation::try_from(row)?;
    if invitation.status.is_open() && acting.now < invitation.expires_at {
        Ok(invitation)
    } else {
        Err(Error::InvitationOver)
    }
}

/// At most `limit` invitations after a place in the list of new ones, of one customer or of all; and the place after them.
pub async fn list_invitations(
    db: &Db,
    customer_id: Option<CustomerId>,
    after: Cursor,
    limit: i64,
) -> Result<(Vec<Invitation>, Cursor), Error> {
    let rows = db
        .run(async |connection| {
            let from = place(connection, after).await?;
            Ok::<_, Error>(store::list_invitations(connection, customer_id, from, limit).await?)
        })
        .await?;
    let next = rows.last().map_or(after, |row| Cursor {
        created_in: row.created_in,
        invitation_id: row.invitation_id,
    });
    let invitations = rows
        .into_iter()
        .map(Invitation::try_from)
        .collect::<Result<_, _>>()?;
    Ok((invitations, next))
}

/// The place itself, or where it is lost one that is before all that it was before.
async fn place(connection: &mut PgConnection, cursor: Cursor) -> Result<Cursor, sqlx::Error> {
    if cursor == Cursor::BEGINNING || store::is_place(connection, cursor).await? {
        return Ok(cursor);
    }
    let Some(first) = store::find_first(connection, cursor.earlier()).await? else {
        return Ok(cursor);
    };
    let place = store::find_place(connection, first, later(first)).await?;
    Ok(place.unwrap_or(cursor))
}
