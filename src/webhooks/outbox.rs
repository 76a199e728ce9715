//! The outbox for those who run the service: what is in it, what was given up, and taking that up again.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::Error;
use super::event::{Destination, State};
use super::store::{self, EventRow};
use crate::audit::{self, Actor, Subject};
use crate::db::Db;
use crate::error::Failure;
use crate::ids::InvitationId;

/// How long an event is kept after it was delivered.
const KEEP_DELIVERED: TimeDelta = TimeDelta::days(7);

/// An event, as the operator sees it.
#[derive(Clone, Debug, Serialize)]
pub struct EventInfo {
    /// Its identifier: the `webhook-id` of its deliveries.
    pub event_id: Uuid,
    /// The invitation that it is about.
    pub invitation_id: InvitationId,
    /// Who is told.
    pub destination: Destination,
    /// What happened, such as `invitation.created`.
    pub r#type: String,
    /// The status of the invitation when it happened.
    pub status: String,
    /// How far it is.
    pub state: State,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// How often it was tried since it happened, or since it was taken up again.
    pub attempts: i32,
    /// When it is tried next, or when the attempt that is under way counts as lost; none: it is not tried any more.
    pub due_at: Option<DateTime<Utc>>,
    /// When its receiver took it.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub parked_at: Option<DateTime<Utc>>,
    /// Why the latest attempt failed.
    pub last_error: Option<String>,
}

impl TryFrom<EventRow> for EventInfo {
    type Error = Failure;

    fn try_from(row: EventRow) -> Result<Self, Failure> {
        let state = State::of(row.delivered_at, row.parked_at);
        let destination = Destination::named(&row.destination)
            .ok_or_else(|| Failure::internal(format!("`{}` is no destination", row.destination)))?;
        Ok(Self {
            event_id: row.event_id,
            invitation_id: row.invitation_id,
            destination,
            r#type: row.name,
            status: row.status,
            state,
            occurred_at: row.occurred_at,
            attempts: row.attempts,
            due_at: (state == State::Pending).then_some(row.due_at),
            delivered_at: row.delivered_at,
            parked_at: row.parked_at,
            last_error: row.last_error,
        })
    }
}

/// Which events to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those that are that far.
    pub state: Option<State>,
    /// Those of one invitation.
    pub invitation_id: Option<InvitationId>,
}

/// The latest events, newest first, at most `limit`.
pub async fn list_events(db: &Db, filter: &Filter, limit: i64) -> Result<Vec<EventInfo>, Error> {
    let state = filter.state.map(State::as_str);
    let rows = db
        .run(async |connection| {
            Ok::<_, Error>(store::list_events(connection, state, filter.invitation_id, limit).await?)
        })
        .await?;
    Ok(rows
        .into_iter()
        .map(EventInfo::try_from)
        .collect::<Result<_, _>>()?)
}

/// What to take up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// One event.
    One(Uuid),
    /// All that were given up.
    AllParked,
}

/// Takes up again what was given up: it is tried at once, and has its three days anew. Returns how many events that are.
pub async fn retry(db: &Db, selection: Selection, now: DateTime<Utc>, actor: &Actor) -> Result<u64, Error> {
    db.transaction(async |transaction| {
        let event_id = match selection {
            Selection::One(event_id) => Some(event_id),
            Selection::AllParked => None,
        };
        let count = store::update_retried(transaction, event_id, now).await?;
        match (event_id, count) {
            (Some(event_id), 0) => return Err(Error::NotParked(event_id)),
            (None, 0) => return Ok(0),
            _ => {}
        }
        let subject = Subject {
            kind: "webhook_event",
            id: &event_id.map_or_else(|| "all parked".to_owned(), |id| id.to_string()),
        };
        let detail = json!({ "events": count });
        audit::record(transaction, now, actor, "retried", subject, detail).await?;
        Ok(count)
    })
    .await
}

/// Forgets events that were delivered a while ago, so many at most; returns how many.
pub async fn prune(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    store::delete_delivered(connection, now - KEEP_DELIVERED, limit).await
}
