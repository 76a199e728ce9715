//! The worker: a task in each replica that claims due events, sends them, and stores the outcome.
//!
//! A claim is a lease: it postpones the time from which other replicas may claim the event, so no event is lost when a replica
//! dies. Nothing is sent inside a transaction. An event whose delivery could not be stored is delivered again, with the same
//! identifier.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::attempts::{Attempt, AttemptResult};
use super::event::{Destination, DueEvent};
use super::queues::{DeliveryQueues, Outcome, Permit};
use super::schedule::{self, AfterFailure};
use super::sender::{AddressPolicy, DeliveryFailure, Message, Sender, TOTAL_TIMEOUT};
use super::sign::SignedContent;
use super::{Webhooks, store};
use crate::error::{self, Failure};

/// How often it polls for events that other replicas committed, and for those that have become due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The minimum time between two polls.
const POLL_PAUSE: Duration = Duration::from_millis(10);
/// How often the backlog is counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(10);
/// How long a claim lasts: longer than an attempt, its statements and the difference between two clocks together.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How often it tries to store the outcome of an attempt, about a second apart, before the lease ends.
const RECORD_TRIES: u32 = 10;

/// Delivers events until `stop`, then waits at most `grace` for running deliveries. Other replicas try again those that did
/// not finish.
pub async fn run(webhooks: Arc<Webhooks>, stop: CancellationToken, grace: Duration) {
    let mut worker = Worker::new(webhooks);
    let mut next_count = Instant::now();
    while !stop.is_cancelled() {
        if Instant::now() >= next_count {
            next_count = Instant::now() + COUNT_INTERVAL;
            worker.count().await;
            worker.queues.forget_old(Instant::now());
        }
        let has_claimed = worker.claim().await;
        let next_poll = Instant::now() + if has_claimed { POLL_PAUSE } else { POLL_INTERVAL };
        sleep(POLL_PAUSE).await;
        tokio::select! {
            () = stop.cancelled() => {}
            Some(_) = worker.under_way.join_next() => {}
            () = worker.webhooks.woken() => {}
            () = sleep_until(next_poll) => {}
        }
        while worker.under_way.try_join_next().is_some() {}
    }
    let finishing = async { while worker.under_way.join_next().await.is_some() {} };
    let _ = timeout(grace, finishing).await;
}

struct Worker {
    webhooks: Arc<Webhooks>,
    senders: Rc<Senders>,
    queues: DeliveryQueues,
    under_way: JoinSet<()>,
    /// Whether the present failure has been logged already.
    has_logged_failure: bool,
}

struct Senders {
    callback: Sender,
    platform: Sender,
}

impl Worker {
    fn new(webhooks: Arc<Webhooks>) -> Self {
        let policy = if webhooks.settings.allows_private_addresses {
            AddressPolicy::Any
        } else {
            AddressPolicy::PublicOnly
        };
        Self {
            webhooks,
            senders: Rc::new(Senders {
                callback: Sender::new(policy),
                platform: Sender::new(AddressPolicy::Any),
            }),
            queues: DeliveryQueues::default(),
            under_way: JoinSet::new(),
            has_logged_failure: false,
        }
    }

    /// Claims events as far as there are permits, and begins their deliveries. Returns whether there were any: then there may
    /// be more, for permits that others did not use.
    async fn claim(&mut self) -> bool {
        // A wrong clock would sign what no receiver accepts, until the events are parked.
        if self.webhooks.clock.checked_now().is_err() {
            return false;
        }
        let events = self.claimed().await.unwrap_or_else(|failure| {
            self.log_once(&failure);
            Vec::new()
        });
        let has_claimed = !events.is_empty();
        for event in events {
            let permit = self.queues.take(event.due_queue(), Instant::now());
            let (webhooks, senders) = (Arc::clone(&self.webhooks), Rc::clone(&self.senders));
            self.under_way
                .spawn_local(async move { deliver(&webhooks, &senders, &event, &permit).await });
        }
        has_claimed
    }

    async fn claimed(&self) -> Result<Vec<DueEvent>, Failure> {
        let (db, now) = (&self.webhooks.db, self.webhooks.clock.database_now());
        let due = db
            .read(async |connection| Ok::<_, Failure>(store::list_due_queues(connection, now).await?))
            .await?;
        let plan = self.queues.plan(&due, Instant::now());
        if plan.queues.is_empty() {
            return Ok(Vec::new());
        }
        db.change(async |connection| {
            Ok::<_, Failure>(store::claim_events(connection, &plan, now, now + LEASE).await?)
        })
        .await
    }

    async fn count(&mut self) {
        let counted = self
            .webhooks
            .db
            .read(async |connection| Ok::<_, Failure>(store::count_backlog(connection).await?))
            .await;
        match counted {
            Ok(backlog) => {
                self.has_logged_failure = false;
                self.webhooks.note_backlog(backlog);
            }
            Err(failure) => self.log_once(&failure),
        }
    }

    /// Logs an internal failure once. The change feed logs outages of the database.
    fn log_once(&mut self, failure: &Failure) {
        if matches!(failure, Failure::Internal(_)) && !self.has_logged_failure {
            self.has_logged_failure = true;
            tracing::error!(cause = error::chain(failure), "the outbox cannot be read");
        }
    }
}

/// The outcome of an attempt.
enum AttemptOutcome {
    Delivered,
    Failed(DeliveryFailure),
}

async fn deliver(webhooks: &Arc<Webhooks>, senders: &Senders, event: &DueEvent, permit: &Permit) {
    let (began, began_at) = (Instant::now(), webhooks.clock.database_now());
    let outcome = match attempt(webhooks, senders, event).await {
        Ok(()) => AttemptOutcome::Delivered,
        Err(DeliveryError::Receiver(failure)) => AttemptOutcome::Failed(failure),
        // The database is unavailable. The event is tried again when the lease ends.
        Err(DeliveryError::Failure(Failure::Unavailable(_))) => return,
        // A defect, such as a secret that does not open. The usual schedule keeps it from flooding the log.
        Err(DeliveryError::Failure(failure @ Failure::Internal(_))) => {
            tracing::error!(event_id = %event.event_id, cause = error::chain(&failure), "an event cannot be sent");
            AttemptOutcome::Failed(DeliveryFailure::because(
                "the service failed; its log has the cause",
            ))
        }
    };
    let noted = match &outcome {
        AttemptOutcome::Delivered => Outcome::Delivered,
        AttemptOutcome::Failed(failure) => Outcome::Failed(failure.kind),
    };
    permit.note(noted, Instant::now());
    let made = Attempt {
        at: began_at,
        milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        outcome: AttemptResult::Delivered,
        error: None,
    };
    let what = record_outcome(webhooks, event, &outcome, made).await;
    webhooks.metrics.deliveries.inc([event.destination.into(), what]);
}

/// Why an event was not delivered.
enum DeliveryError {
    /// The receiver failed, or its registration does not allow the delivery.
    Receiver(DeliveryFailure),
    /// A failure of the service.
    Failure(Failure),
}

impl From<DeliveryFailure> for DeliveryError {
    fn from(failure: DeliveryFailure) -> Self {
        Self::Receiver(failure)
    }
}

impl From<Failure> for DeliveryError {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

async fn attempt(webhooks: &Arc<Webhooks>, senders: &Senders, event: &DueEvent) -> Result<(), DeliveryError> {
    let id = event.event_id.to_string();
    let body = event.body().map_err(Failure::internal)?;
    let now = webhooks.clock.now();
    let content = SignedContent {
        id: &id,
        timestamp: now.timestamp(),
        body: &body,
    };
    let (sender, url, signature) = match event.destination {
        Destination::Callback => {
            let url = callback_url(event)?;
            let signature = sign_callback(webhooks, event, &url, content).await?;
            (&senders.callback, url, signature)
        }
        Destination::Platform => {
            let platform = webhooks.settings.platform.as_ref();
            let platform = platform
                .ok_or_else(|| DeliveryFailure::because("PARTNER_PLATFORM_WEBHOOK_URL is not set"))?;
            let signature = content.signature([platform.secret.expose()]);
            (&senders.platform, platform.url.clone(), signature)
        }
    };
    let signature = signature.ok_or_else(|| {
        DeliveryFailure::because("the client is disabled, or has no live secret that is kept sealed")
    })?;
    let message = Message {
        timestamp: content.timestamp,
        signature,
        id,
        body,
    };
    // The HTTP client limits each step. This limits all of them together, so that the lease outlives the attempt.
    match timeout(TOTAL_TIMEOUT, sender.post(url, message, now)).await {
        Ok(posted) => Ok(posted?),
        Err(_elapsed) => {
            Err(DeliveryFailure::unanswered(format!("no answer within {} s", TOTAL_TIMEOUT.as_secs())).into())
        }
    }
}

fn callback_url(event: &DueEvent) -> Result<Url, DeliveryFailure> {
    let url = event.invitation.callback_url.as_deref();
    let url = url.ok_or_else(|| DeliveryFailure::because("the invitation has no callback URL any more"))?;
    Url::parse(url).map_err(|_| DeliveryFailure::because("the callback URL is not a URL"))
}

/// Signs with each live secret of the client. The host of `url` must still be among its callback hosts.
async fn sign_callback(
    webhooks: &Arc<Webhooks>,
    event: &DueEvent,
    url: &Url,
    content: SignedContent<'_>,
) -> Result<Option<String>, DeliveryError> {
    let client_id = &event.invitation.client_id;
    let client = webhooks.clients.find(client_id).await?;
    let client = client.ok_or_else(|| DeliveryFailure::because("its client is not registered any more"))?;
    webhooks.clients.revalidate_if_old(&client);
    let host = url.host_str().unwrap_or_default();
    let hosts = client.info.settings.callback_hosts.as_slice();
    if !hosts.iter().any(|allowed| allowed == host) {
        return Err(DeliveryFailure::because("the host is not among the client's callback hosts").into());
    }
    let keys = client
        .live_secrets(webhooks.clock.now())
        .filter_map(|secret| Some(secret.assertion_key.as_ref()?.expose()));
    Ok(content.signature(keys))
}

/// Stores the outcome of an attempt, and returns its name for the metrics. It tries again while the database is unavailable,
/// because an event whose delivery is not stored is delivered twice.
async fn record_outcome(
    webhooks: &Webhooks,
    event: &DueEvent,
    outcome: &AttemptOutcome,
    mut attempt: Attempt,
) -> &'static str {
    let now = webhooks.clock.database_now();
    let next = match outcome {
        AttemptOutcome::Delivered => None,
        AttemptOutcome::Failed(failure) => {
            Some((schedule::after_failure(event, now, failure), &failure.reason))
        }
    };
    if let Some((next, reason)) = next {
        attempt.error = Some(reason.clone());
        attempt.outcome = match next {
            AfterFailure::RetryAt(_) => AttemptResult::Failed,
            AfterFailure::Park => AttemptResult::Parked,
        };
    }
    for _ in 0..RECORD_TRIES {
        let written = webhooks
            .db
            .change(async |connection| {
                let written = match next {
                    None => store::update_delivered(connection, event, now, &attempt).await,
                    Some((AfterFailure::RetryAt(due_at), _)) => {
                        store::update_due(connection, event, due_at, &attempt).await
                    }
                    Some((AfterFailure::Park, _)) => {
                        store::update_parked(connection, event, now, &attempt).await
                    }
                };
                Ok::<_, Failure>(written?)
            })
            .await;
        match written {
            Ok(()) => break,
            Err(Failure::Unavailable(_)) => sleep(POLL_INTERVAL).await,
            Err(failure) => {
                let cause = error::chain(&failure);
                tracing::error!(event_id = %event.event_id, cause, "the outcome of a delivery was not stored");
                break;
            }
        }
    }
    log_outcome(event, next)
}

fn log_outcome(event: &DueEvent, next: Option<(AfterFailure, &String)>) -> &'static str {
    let (event_id, destination) = (event.event_id, event.destination);
    match next {
        None => {
            tracing::debug!(%event_id, %destination, "delivered an event");
            "delivered"
        }
        Some((AfterFailure::RetryAt(due_at), reason)) => {
            let attempts = event.attempts;
            tracing::info!(%event_id, %destination, attempts, %due_at, reason, "the receiver did not accept an event");
            "failed"
        }
        Some((AfterFailure::Park, reason)) => {
            tracing::warn!(%event_id, %destination, attempts = event.attempts, reason, "an event was parked");
            "parked"
        }
    }
}
