//! `/admin/v1/keys`: the sealing keys, without their bytes; replaced by new ones, and retired where one leaked.

use actix_web::web;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::{read_json, read_nothing};
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::error::Failure;
use crate::keys::{self, KeyInfo, Purpose, SealingKeyId};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/admin/v1/keys").get(get_keys).head(get_keys))
        .service(web::resource("/admin/v1/keys/rotate").post(post_rotate))
        .service(web::resource("/admin/v1/keys/{key_id}/retire").post(post_retire));
}

#[derive(Serialize)]
struct KeysBody {
    keys: Vec<KeyInfo>,
}

/// `GET /admin/v1/keys`: all of them, which are few.
async fn get_keys(call: Call) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let act = call.act();
    let keys = call.read(async |db| keys::list(db, &act).await).await?;
    Reply::ok(&KeysBody { keys })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateBody {
    purpose: String,
}

/// `POST /admin/v1/keys/rotate`: a new key; what earlier keys sealed stays valid.
async fn post_rotate(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<RotateBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let purpose: Purpose = body.purpose.parse().map_err(Error::InvalidPurpose)?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        let id = keys::rotate(db, &act, call.app().ring.master_key(), purpose).await?;
        let mut keys = keys::list(db, &act).await?.into_iter();
        let new = keys.find(|key| key.id == id);
        Reply::ok(&new.ok_or_else(|| Failure::internal("the new key is gone"))?)
    })
    .await
}

/// `POST /admin/v1/keys/{key_id}/retire`: every replica refuses the tokens that the key sealed within a second.
async fn post_retire(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "")?;
    let digest = read_nothing(call.headers(), payload, MAX_JSON_BYTES).await?;
    let id: SealingKeyId = path.parse().map_err(|_| Error::UnknownPath("key"))?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        keys::retire(db, &act, id).await?;
        Ok(Reply::no_content())
    })
    .await
}
