//! Attempts to deliver an event, one by one: kept with the event, in the statement that stores what came of the attempt.

mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use strum::Display;
use uuid::Uuid;

use super::error::Error;
use crate::error::Failure;

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AttemptResult {
    /// The receiver accepted the event.
    Delivered,
    /// It did not; the event is tried again.
    Failed,
    /// It did not; the event is not tried any more.
    Parked,
}

/// An attempt to deliver an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub at: DateTime<Utc>,
    /// How many milliseconds it took.
    pub milliseconds: u64,
    /// What came of it.
    pub outcome: AttemptResult,
    /// Why it failed. Holds nothing that the receiver sent.
    pub error: Option<String>,
}

impl Attempt {
    /// As it is stored.
    pub(super) fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}

/// The latest attempts to deliver an event, 50 at most, the first one first.
pub async fn list_attempts(db: &mut PgConnection, event_id: Uuid) -> Result<Vec<Attempt>, Error> {
    let log = store::find_log(db, event_id)
        .await?
        .ok_or(Error::UnknownEvent(event_id))?;
    Ok(match log {
        None => Vec::new(),
        Some(log) => serde_json::from_value(log).map_err(Failure::internal)?,
    })
}
