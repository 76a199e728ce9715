//! `/admin/v1/tokens`: what is inside a token, and the end of one. A token is in the body, never in a URL.

use actix_web::web;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::read_json;
use crate::api::reply::Reply;
use crate::clock;
use crate::oauth::{inspection, revocation};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/admin/v1/tokens/inspect").post(post_inspect))
        .service(web::resource("/admin/v1/tokens/revoke").post(post_revoke));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    token: String,
}

/// `POST /admin/v1/tokens/inspect`: everything that is sealed inside, and whether it is active.
async fn post_inspect(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<TokenBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    Reply::ok(&inspection::inspect(&call.app().oauth, &body.token).await?)
}

#[derive(Serialize)]
struct RevokedBody {
    token_id: String,
    client_id: String,
    expires_at: String,
    is_revoked: bool,
    is_expired: bool,
}

/// `POST /admin/v1/tokens/revoke`: whoever it was issued to. Revoking a revoked one is revoking it once.
async fn post_revoke(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<TokenBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let server = &call.app().oauth;
    let token = inspection::open(server, &body.token)?;
    let act = call.act();
    let is_expired = token.expires_at() <= act.now;
    if !is_expired {
        let revoking = call.change(async |db| revocation::revoke(db, &act, &token).await);
        server.note_revoked(&revoking.await?);
    }
    Reply::ok(&RevokedBody {
        token_id: token.token_id.to_string(),
        client_id: token.client_id.to_string(),
        expires_at: clock::rfc3339(token.expires_at()),
        is_revoked: !is_expired,
        is_expired,
    })
}
