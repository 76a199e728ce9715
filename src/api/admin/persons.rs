//! `/admin/v1/persons`: a person found by the email address, what is held of them, and erasing it.

use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::Error;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::{read_json, read_json_or_nothing};
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::people::{self, Held, PersonRef, Receipt};
use crate::recruiting::reports::{self, Detached};
use crate::text::{EmailAddress, Name};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/admin/v1/persons/find").post(post_find))
        .service(
            web::resource("/admin/v1/persons/{reference}")
                .get(get_person)
                .head(get_person),
        )
        .service(web::resource("/admin/v1/persons/{reference}/erase").post(post_erase));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindBody {
    email: String,
}

/// `POST /admin/v1/persons/find`: a reference of the person, which paths may have. The question is personal, so it is in the
/// body.
async fn post_find(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (body, _) = read_json::<FindBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let email: EmailAddress = body.email.trim().parse().map_err(|_| Error::InvalidEmail)?;
    let act = call.act();
    let found = call
        .read(async |db| Ok::<_, Error>(people::find_person(db, &act, &email).await?))
        .await?;
    Reply::ok(&json!({ "reference": found.map(|reference| reference.to_string()) }))
}

/// The reference in a path.
fn reference(path: &str) -> Result<PersonRef, Error> {
    path.parse().map_err(|_| Error::UnknownPath("person"))
}

#[derive(Serialize)]
struct PersonBody {
    reference: String,
    #[serde(flatten)]
    held: Held,
}

/// `GET /admin/v1/persons/{reference}`: what is held of the person.
async fn get_person(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let (act, person) = (call.act(), reference(&path)?);
    let held = call
        .read(async |db| Ok::<_, Error>(people::list_held(db, &act, person).await?))
        .await?;
    Reply::ok(&PersonBody {
        reference: person.to_string(),
        held: held.ok_or(Error::UnknownPath("person"))?,
    })
}

/// Why something is done, for the audit trail; nothing need be said.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct EraseBody {
    reason: Option<String>,
}

/// `POST /admin/v1/persons/{reference}/erase`: everything with the person's address, with all customers; the answer is a receipt.
/// Erasing twice is erasing once.
async fn post_erase(call: Call, path: web::Path<String>, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (act, person) = (call.act(), reference(&path)?);
    let (body, digest) = read_json_or_nothing::<EraseBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let reason = read_reason(body.reason.as_deref())?;
    let mut uploads = Detached::default();
    let reply = key
        .once(&call, digest, async |db| {
            let Some(person) = people::person_of(db, &act, person).await? else {
                return Reply::ok(&Receipt::default());
            };
            let erased = people::erase(db, &act, &person, reason.as_ref()).await?;
            let reply = Reply::ok::<Error>(&erased.receipt());
            uploads = erased.uploads;
            reply
        })
        .await?;
    reports::delete_detached(call.db(), &uploads).await;
    Ok(reply)
}

/// The reason that a body gives, if it gives one.
pub(super) fn read_reason(text: Option<&str>) -> Result<Option<Name>, Error> {
    text.map(str::parse).transpose().map_err(|_| Error::InvalidReason)
}
