//! Who changed what: one row for each change, in the transaction that makes it, kept for `PARTNER_AUDIT_DAYS`.

mod act;
mod store;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::error::Failure;
use crate::ids::ClientId;
use crate::page::Page;

pub use act::{Act, Change, record_all};

/// Who makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody at the command line, by the operating system's name.
    OsUser(String),
    /// A client with scope `admin`, or one that revokes its own token.
    Client(ClientId),
    /// A person who signed in at the console, by the sign-in name.
    Staff(Arc<str>),
    /// The service by itself.
    System,
}

impl Actor {
    fn kind(&self) -> &'static str {
        match self {
            Self::OsUser(_) => "os_user",
            Self::Client(_) => "client",
            Self::Staff(_) => "staff",
            Self::System => "system",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OsUser(name) => f.write_str(name),
            Self::Client(client_id) => client_id.fmt(f),
            Self::Staff(name) => f.write_str(name),
            Self::System => f.write_str("talentsoft-partner"),
        }
    }
}

/// One change, as it was recorded.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Its number; later ones are higher.
    pub audit_event_id: i64,
    /// When.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub at: DateTime<Utc>,
    /// `os_user`, `client`, `staff` or `system`.
    pub actor_kind: String,
    /// Who.
    pub actor: String,
    /// What was done, a verb in the past.
    pub action: String,
    /// To what kind of thing.
    pub subject_kind: String,
    /// To which.
    pub subject: String,
    /// What more there is to say.
    pub detail: serde_json::Value,
    /// The address that the request came from; none at the command line and for what the service does by itself.
    pub address: Option<String>,
}

/// Which changes a list has: those that meet all that is given.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Of this subject, and of what belongs to it.
    pub subject: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// Of this kind of thing.
    pub subject_kind: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// Recorded at this instant or later.
    pub since: Option<DateTime<Utc>>,
    /// Recorded before this instant.
    pub before: Option<DateTime<Utc>>,
}

/// One page of changes, newest first, and the number of its last one where there are more.
pub async fn page_events(
    connection: &mut PgConnection,
    filter: &EventFilter,
    page: &Page<i64>,
) -> Result<(Vec<Event>, Option<i64>), Failure> {
    let mut events = store::list_events(connection, filter, page).await?;
    let has_more = page.cut(&mut events);
    let last = events.last().filter(|_| has_more);
    let next = last.map(|event| event.audit_event_id);
    Ok((events, next))
}

/// Records that somebody took the trail out of the service, and what it was narrowed by.
pub async fn record_export(db: &mut PgConnection, act: &Act, narrowed_by: &[&str]) -> Result<(), Failure> {
    let detail = serde_json::json!({ "narrowed_by": narrowed_by });
    act.record(db, "exported", ("audit", &"events"), detail).await
}

/// Deletes changes that were recorded more than so many days ago, at most `limit`; returns how many.
pub async fn prune(
    connection: &mut PgConnection,
    act: &Act,
    days_kept: u32,
    limit: i64,
) -> Result<u64, Failure> {
    let before = act.now - TimeDelta::days(days_kept.into());
    Ok(store::delete_events(connection, before, limit).await?)
}
