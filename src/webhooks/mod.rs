//! Callbacks to Talentsoft (contract s6) and webhooks to the partner's platform: an outbox in the database, delivered at
//! least once.
//!
//! An operation writes the rows of its events in its own transaction: an event is sent if and only if it happened. A worker
//! in each replica ([`run`]) claims the events that are due, signs them as Standard Webhooks says, and sends them.
//! Receivers are not trusted. `docs/WEBHOOKS.md` is the receivers' side of it.

mod address;
mod enqueue;
mod error;
mod event;
mod outbox;
mod queues;
mod resolve;
mod schedule;
mod sender;
mod sign;
mod store;
mod worker;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use tokio::sync::Notify;
use url::Url;

use crate::clients::ClientCache;
use crate::clock::Clock;
use crate::crypto::webhook_secret::WebhookSecret;
use crate::db::Db;
use crate::telemetry::metrics::Metrics;

pub use enqueue::{CallbackType, enqueue_callbacks, enqueue_new_invitations};
pub use error::Error;
pub use event::{DeliveryState, Destination};
pub use outbox::{EventFilter, EventInfo, RetrySelection, list_events, prune, retry};
pub use worker::run;

/// Where and how the partner's platform is told of new invitations.
#[derive(Clone, Debug)]
pub struct PlatformWebhook {
    /// `PARTNER_PLATFORM_WEBHOOK_URL`.
    pub url: Url,
    /// `PARTNER_PLATFORM_WEBHOOK_SECRET`: signs what is sent there.
    pub secret: WebhookSecret,
}

/// Who is told of what happens to invitations.
#[derive(Clone, Debug, Default)]
pub struct WebhookSettings {
    /// The platform that is told of new invitations; `None`: it asks for them.
    pub platform: Option<PlatformWebhook>,
    /// `PARTNER_CALLBACKS_TO_PRIVATE_ADDRESSES`, a developer's setting: callbacks may go to private addresses, and by
    /// plain HTTP.
    pub allows_private_addresses: bool,
}

/// The outbox of one process.
pub struct Webhooks {
    /// Where events are sent.
    pub settings: WebhookSettings,
    clock: Clock,
    db: Db,
    clients: Arc<ClientCache>,
    metrics: Arc<Metrics>,
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
    /// An outbox of which nothing is known yet.
    #[must_use]
    pub fn new(
        settings: WebhookSettings,
        clock: Clock,
        db: Db,
        clients: Arc<ClientCache>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            settings,
            clock,
            db,
            clients,
            metrics,
            wake: Notify::new(),
            backlog: Mutex::default(),
        }
    }

    /// Lets the worker of this replica look for due events at once: an event was committed.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// What was counted last, some seconds ago at most while the database is there.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        *self.backlog.lock()
    }

    fn note_backlog(&self, backlog: Backlog) {
        *self.backlog.lock() = backlog;
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
