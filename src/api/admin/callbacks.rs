//! `/admin/v1/callbacks`: the outbox of callbacks and webhooks; what was given up is tried again, or discarded.

use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::error::Error;
use super::persons::read_reason;
use super::{Call, MAX_JSON_BYTES};
use crate::api::call::read_json;
use crate::api::idempotency::Key;
use crate::api::reply::Reply;
use crate::clients;
use crate::ids::CustomerId;
use crate::page::MAX_LIMIT;
use crate::webhooks::{self, DiscardSelection, EventFilter, EventInfo, RetrySelection};
use crate::wire::query::Query;

/// Most events that one request discards.
const DISCARD_BATCH: i64 = 5_000;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/admin/v1/callbacks")
                .get(get_callbacks)
                .head(get_callbacks),
        )
        .service(web::resource("/admin/v1/callbacks/retry").post(post_retry))
        .service(web::resource("/admin/v1/callbacks/discard").post(post_discard))
        .service(
            web::resource("/admin/v1/callbacks/{event_id}/attempts")
                .get(get_attempts)
                .head(get_attempts),
        )
        .service(
            web::resource("/admin/v1/callbacks/{event_id}")
                .get(get_callback)
                .head(get_callback),
        );
}

#[derive(Serialize)]
struct CallbacksBody {
    callbacks: Vec<EventInfo>,
    next_cursor: Option<String>,
}

/// `GET /admin/v1/callbacks`: newest first.
async fn get_callbacks(call: Call) -> Result<Reply, Error> {
    let query = Query::parse(call.query(), &["state", "invitation_id", "limit", "cursor"])?;
    let page = query.page(MAX_LIMIT)?;
    let state = query.get("state").map(str::parse).transpose();
    let filter = EventFilter {
        states: state
            .map_err(|_| Error::InvalidParameter("state must be `pending`, `delivered` or `parked`"))?
            .into_iter()
            .collect(),
        invitation_id: query.id("invitation_id")?,
        event_id: None,
    };
    let (callbacks, next) = call
        .read(async |db| webhooks::page_events(db, &filter, &page).await)
        .await?;
    Reply::ok(&CallbacksBody {
        callbacks,
        next_cursor: next.map(|position| position.to_string()),
    })
}

/// `GET /admin/v1/callbacks/{event_id}`.
async fn get_callback(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let event_id: Uuid = path.parse().map_err(|_| Error::UnknownPath("event"))?;
    let event = call
        .read(async |db| webhooks::find_event(db, event_id).await)
        .await?;
    Reply::ok(&event)
}

/// `GET /admin/v1/callbacks/{event_id}/attempts`: the latest, the first one first.
async fn get_attempts(call: Call, path: web::Path<String>) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let event_id: Uuid = path.parse().map_err(|_| Error::UnknownPath("event"))?;
    let attempts = call
        .read(async |db| webhooks::list_attempts(db, event_id).await)
        .await?;
    Reply::ok(&json!({ "attempts": attempts }))
}

/// Which parked events are retried: one of both.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetryBody {
    event_id: Option<Uuid>,
    #[serde(default)]
    all_parked: bool,
}

/// `POST /admin/v1/callbacks/retry`: they are tried at once, and for three days more.
async fn post_retry(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<RetryBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let selection = match (body.event_id, body.all_parked) {
        (Some(event_id), false) => RetrySelection::One(event_id),
        (None, true) => RetrySelection::AllParked,
        _ => {
            return Err(Error::InvalidSelection(
                "name the events: event_id, or all_parked: true",
            ));
        }
    };
    let act = call.act();
    key.once(&call, digest, async |db| {
        let retried = webhooks::retry(db, &act, selection).await?;
        Reply::ok(&json!({ "retried": retried }))
    })
    .await
}

/// Which parked events are discarded, one of the four, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DiscardBody {
    event_id: Option<Uuid>,
    client_id: Option<String>,
    customer_id: Option<CustomerId>,
    #[serde(default)]
    all_parked: bool,
    reason: Option<String>,
}

impl DiscardBody {
    fn selection(self) -> Result<DiscardSelection, Error> {
        match (self.event_id, self.client_id, self.customer_id, self.all_parked) {
            (Some(event_id), None, None, false) => Ok(DiscardSelection::One(event_id)),
            (None, Some(client_id), None, false) => {
                let client_id = client_id.parse().map_err(Error::InvalidClientId)?;
                Ok(DiscardSelection::OfClient(client_id))
            }
            (None, None, Some(customer_id), false) => Ok(DiscardSelection::OfCustomer(customer_id)),
            (None, None, None, true) => Ok(DiscardSelection::AllParked),
            _ => Err(Error::InvalidSelection(
                "name the events: one of event_id, client_id, customer_id, and all_parked: true",
            )),
        }
    }
}

/// `POST /admin/v1/callbacks/discard`: their receivers are never told. So many at a time; the answer says whether that was all.
async fn post_discard(call: Call, payload: web::Payload) -> Result<Reply, Error> {
    Query::expect_none(call.query())?;
    let key = Key::of(&call, "application/json")?;
    let (body, digest) = read_json::<DiscardBody>(call.headers(), payload, MAX_JSON_BYTES).await?;
    let reason = read_reason(body.reason.as_deref())?;
    let selection = body.selection()?;
    let act = call.act();
    key.once(&call, digest, async |db| {
        match &selection {
            DiscardSelection::OfClient(client_id) => {
                clients::find_client(db, client_id).await?;
            }
            DiscardSelection::OfCustomer(customer_id) => {
                clients::find_customer_by_id(db, *customer_id).await?;
            }
            DiscardSelection::One(_) | DiscardSelection::AllParked => {}
        }
        let discarded = webhooks::discard(db, &act, &selection, DISCARD_BATCH, reason.as_ref()).await?;
        let may_be_more = discarded == DISCARD_BATCH.unsigned_abs();
        Reply::ok(&json!({ "discarded": discarded, "may_be_more": may_be_more }))
    })
    .await
}
