//! `/platform/v1/invitations`: new ones, one of them, and the one of a link.

use actix_web::web;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::Error;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::read_json;
use crate::api::reply::Reply;
use crate::ids::InvitationId;
use crate::recruiting::feed::{self, Cursor, InvitationDetails};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/platform/v1/invitations")
                .get(get_invitations)
                .head(get_invitations),
        )
        .service(web::resource("/platform/v1/invitations/resolve").post(post_resolve))
        .service(
            web::resource("/platform/v1/invitations/{invitation_id}")
                .get(get_invitation)
                .head(get_invitation),
        );
}

#[derive(Serialize)]
struct InvitationsBody {
    invitations: Vec<InvitationDetails>,
    next_cursor: String,
}

/// `GET /platform/v1/invitations`: the new ones since a cursor; without one, all.
async fn get_invitations(call: Call) -> Result<Reply, Error> {
    let query = Query::parse(call.query(), &["customer_id", "limit", "cursor"])?;
    let after = query.cursor()?.unwrap_or(Cursor::BEGINNING);
    let (limit, customer_id) = (query.limit()?, query.id("customer_id")?);
    let act = call.act();
    let (invitations, next) = call
        .read(async |db| feed::list_invitations(db, &act, customer_id, after, limit).await)
        .await?;
    Reply::ok(&InvitationsBody {
        invitations,
        next_cursor: next.to_string(),
    })
}

/// The identifier in a path; what is not a UUID names no invitation.
pub(super) fn invitation_id(path: &str) -> Result<InvitationId, Error> {
    path.parse().map_err(|_| feed::Error::UnknownInvitation.into())
}

/// `GET /platform/v1/invitations/{id}`.
async fn get_invitation(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (act, invitation_id) = (call.act(), invitation_id(&path)?);
    let found = call
        .read_from_standby(async |db| feed::find_invitation(db, &act, invitation_id).await)
        .await?;
    Reply::ok(&found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResolveBody {
    token: String,
}

/// `POST /platform/v1/invitations/resolve`: a read, whose question is secret.
async fn post_resolve(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<ResolveBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let act = call.act();
    let token = Zeroizing::new(body.token);
    let found = call
        .read(async |db| feed::resolve_link(db, &act, &token).await)
        .await?;
    Reply::ok(&found)
}
