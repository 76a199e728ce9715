//! `/platform/v1/invitations`: new ones, one of them, and the one of a link.

use actix_web::web;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::Error;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::read_json;
use crate::api::reply::Reply;
use crate::audit::Act;
use crate::ids::{CustomerId, InvitationId};
use crate::recruiting;
use crate::recruiting::inbox::{self, Cursor, Invitation};
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

/// The caller asks for data that it does not reach.
pub(super) struct OutOfReach;

/// Whose data is asked for; none: everybody's.
pub(super) fn reached(act: &Act, asked: Option<CustomerId>) -> Result<Option<CustomerId>, OutOfReach> {
    match (act.customer_id, asked) {
        (Some(own), Some(asked)) if own != asked => Err(OutOfReach),
        (own, asked) => Ok(own.or(asked)),
    }
}

#[derive(Serialize)]
struct InvitationsBody {
    invitations: Vec<Invitation>,
    next_cursor: String,
}

/// `GET /platform/v1/invitations`: the new ones since a cursor; without one, all.
async fn get_invitations(call: Call) -> Result<Reply, Error> {
    let query = Query::parse(call.query(), &["customer_id", "limit", "cursor"])?;
    let after = query.get("cursor").map_or(Ok(Cursor::BEGINNING), str::parse)?;
    let limit = query.limit()?;
    let (invitations, next) = match reached(&call.act(), query.id("customer_id")?) {
        Ok(customer_id) => inbox::list_invitations(call.db(), customer_id, after, limit).await?,
        Err(OutOfReach) => (Vec::new(), after),
    };
    Reply::ok(&InvitationsBody {
        invitations,
        next_cursor: next.to_string(),
    })
}

/// The identifier in a path; what is none names nothing.
pub(super) fn invitation_id(path: &str) -> Result<InvitationId, recruiting::Error> {
    path.parse().map_err(|_| recruiting::Error::UnknownInvitation)
}

/// `GET /platform/v1/invitations/{id}`.
async fn get_invitation(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    let act = call.act();
    Reply::ok(&inbox::find_invitation(call.db(), &act, invitation_id(&path)?).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResolveBody {
    token: String,
}

/// `POST /platform/v1/invitations/resolve`: a read, whose question is secret.
async fn post_resolve(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    let (body, _) = read_json::<ResolveBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let act = call.act();
    let token = Zeroizing::new(body.token);
    Reply::ok(&inbox::resolve_link(call.db(), &act, &token).await?)
}
