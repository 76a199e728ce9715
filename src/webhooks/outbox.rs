//! Operators' view of the outbox: listing its events, retrying or discarding those that are parked, and deleting old ones.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::Error;
use super::event::{DeliveryState, Destination};
use super::store::{self, EventRow};
use crate::audit::Act;
use crate::clock;
use crate::error::Failure;
use crate::ids::{ClientId, CustomerId, InvitationId};
use crate::page::Page;
use crate::text::Name;

/// How long an event is kept after its delivery.
const KEEP_DELIVERED: TimeDelta = TimeDelta::days(7);

/// An event, as it is shown to operators.
#[derive(Clone, Debug, Serialize)]
pub struct EventInfo {
    /// The identifier, which its deliveries have as `webhook-id`.
    pub event_id: Uuid,
    /// The invitation that it is about.
    pub invitation_id: InvitationId,
    /// Who receives it.
    pub destination: Destination,
    /// The type of the event, such as `invitation.created`.
    pub r#type: String,
    /// The status of the invitation when it happened.
    pub status: String,
    /// Whether it was delivered.
    pub state: DeliveryState,
    /// When it happened.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub occurred_at: DateTime<Utc>,
    /// The number of attempts since it occurred, or since an operator retried it.
    pub attempts: i32,
    /// When the next attempt is due, or when the present attempt counts as lost; `None` if it is not tried any more.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub due_at: Option<DateTime<Utc>>,
    /// When its receiver accepted it.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was parked.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub parked_at: Option<DateTime<Utc>>,
    /// Why the latest attempt failed.
    pub last_error: Option<String>,
}

impl From<EventRow> for EventInfo {
    fn from(row: EventRow) -> Self {
        let state = DeliveryState::of(row.delivered_at, row.parked_at);
        Self {
            event_id: row.event_id,
            invitation_id: row.invitation_id,
            destination: row.destination,
            r#type: row.name,
            status: row.status,
            state,
            occurred_at: row.occurred_at,
            attempts: row.attempts,
            due_at: (state == DeliveryState::Pending).then_some(row.due_at),
            delivered_at: row.delivered_at,
            parked_at: row.parked_at,
            last_error: row.last_error,
        }
    }
}

/// Which events to list.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only events in one of these states; empty: in any.
    pub states: Vec<DeliveryState>,
    /// Only events of this invitation.
    pub invitation_id: Option<InvitationId>,
    /// Only this event.
    pub event_id: Option<Uuid>,
}

/// The latest events, newest first, at most `limit`.
pub async fn list_events(
    db: &mut PgConnection,
    filter: &EventFilter,
    limit: i64,
) -> Result<Vec<EventInfo>, Error> {
    let rows = store::list_events(db, filter, None, limit).await?;
    Ok(rows.into_iter().map(EventInfo::from).collect())
}

/// A page of events, newest first, by their positions, and where the next page begins, if there is one.
pub async fn page_events(
    db: &mut PgConnection,
    filter: &EventFilter,
    page: &Page<i64>,
) -> Result<(Vec<EventInfo>, Option<i64>), Error> {
    let mut rows = store::list_events(db, filter, page.after, page.read_limit()).await?;
    let has_more = page.cut(&mut rows);
    let next = rows.last().filter(|_| has_more).map(|row| row.position);
    Ok((rows.into_iter().map(EventInfo::from).collect(), next))
}

/// One event.
pub async fn find_event(db: &mut PgConnection, event_id: Uuid) -> Result<EventInfo, Error> {
    let filter = EventFilter {
        event_id: Some(event_id),
        ..EventFilter::default()
    };
    let found = list_events(db, &filter, 1).await?.pop();
    found.ok_or(Error::UnknownEvent(event_id))
}

/// Which parked events to retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetrySelection {
    /// One event.
    One(Uuid),
    /// All events that were parked at this instant or later.
    ParkedSince(DateTime<Utc>),
    /// All parked events.
    AllParked,
}

/// How many events are parked, of all or of those that were parked at an instant or later.
pub async fn count_parked(db: &mut PgConnection, since: Option<DateTime<Utc>>) -> Result<i64, Error> {
    Ok(store::count_parked(db, since).await?)
}

/// Makes parked events pending again, for another three days from now; returns how many.
pub async fn retry(db: &mut PgConnection, act: &Act, selection: RetrySelection) -> Result<u64, Error> {
    let (event_id, since) = match selection {
        RetrySelection::One(event_id) => (Some(event_id), None),
        RetrySelection::ParkedSince(since) => (None, Some(since)),
        RetrySelection::AllParked => (None, None),
    };
    let count = store::update_retried(db, event_id, since, act.now).await?;
    match (event_id, count) {
        (Some(event_id), 0) => return Err(Error::NotParked(event_id)),
        (None, 0) => return Ok(0),
        _ => {}
    }
    let subject = event_id.map_or_else(|| "all parked".to_owned(), |id| id.to_string());
    let mut detail = json!({ "events": count });
    if let (Some(since), Some(detail)) = (since, detail.as_object_mut()) {
        detail.insert("parked_since".to_owned(), json!(clock::rfc3339(since)));
    }
    act.record(db, "retried", ("webhook_event", &subject), detail)
        .await?;
    Ok(count)
}

/// Which parked events to discard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscardSelection {
    /// One event.
    One(Uuid),
    /// Those about the invitations of a customer, for whomever they are.
    OfCustomer(CustomerId),
    /// The callbacks of a client.
    OfClient(ClientId),
    /// All parked events.
    AllParked,
}

/// Deletes at most `limit` parked events for good; returns how many. The audit trail keeps the reason, if one is given.
pub async fn discard(
    db: &mut PgConnection,
    act: &Act,
    selection: &DiscardSelection,
    limit: i64,
    reason: Option<&Name>,
) -> Result<u64, Error> {
    let count = store::delete_parked(db, selection, limit).await?;
    if count == 0 {
        return match selection {
            DiscardSelection::One(event_id) => Err(Error::NotParked(*event_id)),
            _ => Ok(0),
        };
    }
    let (subject, mut detail) = match selection {
        DiscardSelection::One(event_id) => (event_id.to_string(), json!({ "events": count })),
        DiscardSelection::OfCustomer(customer_id) => (
            "parked".to_owned(),
            json!({ "events": count, "customer_id": customer_id }),
        ),
        DiscardSelection::OfClient(client_id) => (
            "parked".to_owned(),
            json!({ "events": count, "client_id": client_id.as_str() }),
        ),
        DiscardSelection::AllParked => ("all parked".to_owned(), json!({ "events": count })),
    };
    if let (Some(reason), Some(detail)) = (reason, detail.as_object_mut()) {
        detail.insert("reason".to_owned(), json!(reason));
    }
    act.record(db, "discarded", ("webhook_event", &subject), detail)
        .await?;
    Ok(count)
}

/// Deletes at most `limit` events that were delivered more than [`KEEP_DELIVERED`] ago; returns how many.
pub async fn prune(db: &mut PgConnection, act: &Act, limit: i64) -> Result<u64, Failure> {
    Ok(store::delete_delivered(db, act.now - KEEP_DELIVERED, limit).await?)
}
