//! Callbacks to Talentsoft (contract s6) and webhooks to the partner's platform: an outbox in the database, whose events are
//! delivered at least once.
//!
//! An operation inserts its events in the transaction of its change, so an event is sent if and only if the change was
//! committed. A worker in each replica ([`run`]) claims the events that are due, signs them as Standard Webhooks requires, and
//! sends them. Receivers are not trusted. `docs/WEBHOOKS.md` describes the protocol for receivers.

mod about;
mod address;
mod attempts;
mod enqueue;
mod error;
mod event;
mod outbox;
mod queues;
mod recording;
mod resolve;
mod schedule;
mod sender;
mod sign;
mod store;
mod traced;
mod worker;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use tokio::sync::Notify;
use url::Url;

use self::recording::Delivering;
use crate::clients::ClientCache;
use crate::clock::Clock;
use crate::crypto::webhook_secret::WebhookSecret;
use crate::db::{BatchWriter, Db};
use crate::telemetry::Telemetry;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::trace::Traces;

pub use about::count_about;
pub use attempts::{Attempt, AttemptResult, list_attempts};
pub use enqueue::{CallbackType, enqueue_callbacks, enqueue_new_invitations};
pub use error::Error;
pub use event::{DeliveryState, Destination};
pub use outbox::{
    DiscardSelection, EventFilter, EventInfo, RetrySelection, count_parked, discard, find_event, list_events,
    page_events, prune, retry,
};
pub use worker::run;

/// The webhook of the partner's platform, which receives new invitations.
#[derive(Clone, Debug)]
pub struct PlatformWebhook {
    /// `PARTNER_PLATFORM_WEBHOOK_URL`.
    pub url: Url,
    /// `PARTNER_PLATFORM_WEBHOOK_SECRET`, which signs the deliveries.
    pub secret: WebhookSecret,
}

/// The receivers of events about invitations.
#[derive(Clone, Debug, Default)]
pub struct WebhookSettings {
    /// The webhook for new invitations; `None`: the platform reads the feed of new invitations instead.
    pub platform: Option<PlatformWebhook>,
    /// `PARTNER_CALLBACKS_TO_PRIVATE_ADDRESSES`, for developers: whether callbacks may go to private addresses, and by plain
    /// HTTP.
    pub allows_private_addresses: bool,
}

/// The outbox, as one replica works on it.
pub struct Webhooks {
    /// The receivers.
    pub settings: WebhookSettings,
    clock: Clock,
    db: Db,
    clients: Arc<ClientCache>,
    metrics: Arc<Metrics>,
    traces: Traces,
    wake: Notify,
    delivered: BatchWriter<Delivering>,
    backlog: Mutex<Backlog>,
}

/// The number of undelivered events, as of the last count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Events that are yet to be delivered.
    pub pending: i64,
    /// Events that are parked.
    pub parked: i64,
    /// When the oldest pending event occurred.
    pub oldest_pending_at: Option<DateTime<Utc>>,
}

impl Webhooks {
    /// An outbox whose events have not been counted yet.
    #[must_use]
    pub fn new(
        settings: WebhookSettings,
        clock: Clock,
        db: Db,
        clients: Arc<ClientCache>,
        telemetry: Telemetry,
    ) -> Self {
        let Telemetry { metrics, traces } = telemetry;
        Self {
            settings,
            clock,
            db,
            clients,
            metrics,
            traces,
            wake: Notify::new(),
            delivered: BatchWriter::new(Delivering),
            backlog: Mutex::default(),
        }
    }

    /// Makes the worker of this replica look for due events at once; called after events were committed.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// The last count, which is some seconds old at most while the database is available.
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
    /// The age of the oldest pending event at `now`, in seconds; 0 if no event is pending.
    #[must_use]
    pub fn oldest_pending_seconds(&self, now: DateTime<Utc>) -> i64 {
        self.oldest_pending_at
            .map_or(0, |at| (now - at).num_seconds().max(0))
    }
}
