//! Callbacks to Talentsoft (contract s6) and webhooks to the partner's platform: an outbox in the database, delivered at
//! least once.
//!
//! Whoever causes an event writes its row in the same transaction; nothing is told that did not happen, and nothing that
//! happened goes untold. A worker in each replica ([`run`]) takes what is due, signs it as Standard Webhooks says, and sends
//! it to receivers that it trusts as little as anybody else. `docs/WEBHOOKS.md` is the receivers' side of it.

mod address;
mod error;
mod event;
mod lanes;
mod outbox;
mod resolve;
mod schedule;
mod sender;
mod sign;
mod store;
mod worker;

use std::sync::Mutex;
use std::sync::PoisonError;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

pub use error::Error;
pub use event::{Destination, State};
pub use outbox::{EventInfo, Filter, Selection, list_events, prune, retry};
pub use worker::run;

/// What the rest of the service and the worker tell each other.
#[derive(Default)]
pub struct Webhooks {
    wake: Notify,
    backlog: Mutex<Backlog>,
}

/// What waits in the outbox, as it was when it was last counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Events that are yet to be delivered.
    pub pending: i64,
    /// Events that were given up.
    pub parked: i64,
    /// When the oldest pending one occurred.
    pub oldest_pending_at: Option<DateTime<Utc>>,
}

impl Webhooks {
    /// An event was committed: the worker of this replica need not wait for its next look.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// What was counted last, some seconds ago at most while the database is there.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        *self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_backlog(&self, backlog: Backlog) {
        *self.backlog.lock().unwrap_or_else(PoisonError::into_inner) = backlog;
    }

    async fn woken(&self) {
        self.wake.notified().await;
    }
}

impl Backlog {
    /// How long the oldest pending event has been waiting at `now`, in seconds; 0 where nothing waits.
    #[must_use]
    pub fn oldest_pending_seconds(&self, now: DateTime<Utc>) -> i64 {
        self.oldest_pending_at
            .map_or(0, |at| (now - at).num_seconds().max(0))
    }
}
