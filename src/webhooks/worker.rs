//! The worker: a task in each replica that claims due events, sends them, and stores the outcome.
//!
//! A claim is a lease: it postpones the time from which other replicas may claim the event, so no event is lost when a replica
//! dies. Nothing is sent inside a transaction. An event whose delivery could not be stored is delivered again, with the same
//! identifier.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::attempts::{Attempt, AttemptResult};
use super::event::{Destination, DueEvent};
use super::queues::{self, DeliveryQueues, Listed, Outcome, Permit};
use super::recording::{AttemptOutcome, record_outcome};
use super::sender::{AddressPolicy, DeliveryFailure, Message, Sender, TOTAL_TIMEOUT};
use super::sign::SignedContent;
use super::traced::in_delivery_span;
use super::{Webhooks, store};
use crate::error::{self, Failure};

/// How often it polls for events that other replicas committed, and for those that have become due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The minimum time between two polls that claimed nothing.
const POLL_PAUSE: Duration = Duration::from_millis(10);
/// Queues that fail and are looked at, for each delivery that may begin to one of them: some have nothing due.
const LOOKS_PER_PERMIT: usize = 4;
/// How long a queue has had nothing due before that is put down.
const IDLE_TIME: Duration = Duration::from_mins(1);
/// Queues that are put down by one statement.
const MAX_SETTLED: usize = 200;
/// How often queues of pending events are noted that are not: those that an earlier version retried.
const NOTE_INTERVAL: Duration = Duration::from_mins(10);
/// How often the backlog is counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(10);
/// How long a claim lasts: longer than an attempt, its statements and the difference between two clocks together.
const LEASE: TimeDelta = TimeDelta::seconds(30);

/// Delivers events until `stop`, then waits at most `grace` for running deliveries. Other replicas try again those that did
/// not finish.
pub async fn run(webhooks: Arc<Webhooks>, stop: CancellationToken, grace: Duration) {
    let mut worker = Worker::new(webhooks);
    let mut next_count = Instant::now();
    let mut next_note = Instant::now();
    while !stop.is_cancelled() {
        let now = Instant::now();
        if now >= next_note {
            next_note = now
                + if worker.note_queues().await {
                    NOTE_INTERVAL
                } else {
                    POLL_INTERVAL
                };
        }
        if now >= next_count {
            next_count = now + COUNT_INTERVAL;
            worker.count().await;
            worker.queues.forget_old(now);
        }
        if worker.claim().await {
            // It may have left permits, and some have come back meanwhile: the next claim is for all of them.
            while worker.under_way.try_join_next().is_some() {}
            continue;
        }
        let next_poll = Instant::now() + POLL_INTERVAL;
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
    /// The queues that do not fail and have nothing due, and since when.
    idle_since: HashMap<String, Instant>,
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
            idle_since: HashMap::new(),
            has_logged_failure: false,
        }
    }

    /// Claims events as far as there are permits, and begins their deliveries. Returns whether there may be more.
    async fn claim(&mut self) -> bool {
        // A wrong clock would sign what no receiver accepts, until the events are parked.
        if self.webhooks.clock.checked_now().is_err() {
            return false;
        }
        let claimed = match self.claimed().await {
            Ok(claimed) => claimed,
            Err(failure) => {
                self.log_once(&failure);
                sleep(POLL_PAUSE).await;
                return false;
            }
        };
        let may_be_more = claimed.has_settled || !claimed.events.is_empty();
        if may_be_more && claimed.events.is_empty() {
            sleep(POLL_PAUSE).await;
        }
        for event in claimed.events {
            let permit = self.queues.take(event.due_queue(), Instant::now());
            let (webhooks, senders) = (Arc::clone(&self.webhooks), Rc::clone(&self.senders));
            self.under_way
                .spawn_local(async move { deliver(&webhooks, &senders, &event, permit).await });
        }
        may_be_more
    }

    async fn claimed(&mut self) -> Result<Claimed, Failure> {
        let webhooks = Arc::clone(&self.webhooks);
        let (db, now) = (&webhooks.db, webhooks.clock.database_now());
        let failing = self.queues.free_failing(Instant::now()) * LOOKS_PER_PERMIT;
        let failing = i64::try_from(failing).unwrap_or(i64::MAX);
        let listed = db
            .read(async |connection| {
                Ok::<_, Failure>(queues::list_due_queues(connection, now, failing).await?)
            })
            .await?;
        let has_settled = self.settle(&listed, now).await?;
        let plan = self.queues.plan(&listed.due, Instant::now());
        let mut events = Vec::new();
        if !plan.queues.is_empty() {
            let claiming = db.change(async |connection| {
                Ok::<_, Failure>(store::claim_events(connection, &plan, now, now + LEASE).await?)
            });
            events = claiming.await?;
        }
        Ok(Claimed { events, has_settled })
    }

    /// Puts down of queues without anything due when they will have something, so that they are not looked at until then: of
    /// those that fail at once, of the others after a while. Returns whether there were some that fail: there may be more.
    async fn settle(&mut self, listed: &Listed, now: DateTime<Utc>) -> Result<bool, Failure> {
        let instant = Instant::now();
        let idle: HashSet<&str> = listed.idle.iter().map(String::as_str).collect();
        self.idle_since.retain(|name, _| idle.contains(name.as_str()));
        for name in &listed.idle {
            if !self.idle_since.contains_key(name) {
                self.idle_since.insert(name.clone(), instant);
            }
        }
        let is_long = |since: Instant| instant.duration_since(since) >= IDLE_TIME;
        let long_idle = self.idle_since.iter().filter(|(_, since)| is_long(**since));
        let mut settled = listed.failing_idle.clone();
        settled.extend(long_idle.map(|(name, _)| name.clone()).take(MAX_SETTLED));
        if settled.is_empty() {
            return Ok(false);
        }
        let next_look_at = now + POLL_INTERVAL;
        let settling = self.webhooks.db.change(async |connection| {
            Ok::<_, Failure>(queues::settle_queues(connection, &settled, now, next_look_at).await?)
        });
        settling.await?;
        Ok(!listed.failing_idle.is_empty())
    }

    /// Notes the queues that are not noted. Returns whether that succeeded.
    async fn note_queues(&mut self) -> bool {
        let noted = self
            .webhooks
            .db
            .change(async |connection| Ok::<_, Failure>(queues::insert_missing_queues(connection).await?))
            .await;
        noted.inspect_err(|failure| self.log_once(failure)).is_ok()
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

/// What a claim was granted.
struct Claimed {
    events: Vec<DueEvent>,
    /// Queues were put down that fail and had nothing due: others may be behind them.
    has_settled: bool,
}

async fn deliver(webhooks: &Arc<Webhooks>, senders: &Senders, event: &DueEvent, permit: Permit) {
    let delivering = try_to_deliver(webhooks, senders, event, permit);
    in_delivery_span(webhooks, event, delivering).await;
}

/// Makes an attempt, and answers what came of it; `None` where nothing did, because the database is unavailable.
async fn try_to_deliver(
    webhooks: &Arc<Webhooks>,
    senders: &Senders,
    event: &DueEvent,
    permit: Permit,
) -> Option<&'static str> {
    let (began, began_at) = (Instant::now(), webhooks.clock.database_now());
    let outcome = match attempt(webhooks, senders, event).await {
        Ok(()) => AttemptOutcome::Delivered,
        Err(DeliveryError::Receiver(failure)) => AttemptOutcome::Failed(failure),
        // The database is unavailable. The event is tried again when the lease ends.
        Err(DeliveryError::Failure(Failure::Unavailable(_))) => return None,
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
    // The next event goes out while this one is put down.
    drop(permit);
    webhooks.wake();
    let made = Attempt {
        at: began_at,
        milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        outcome: AttemptResult::Delivered,
        error: None,
    };
    let what = record_outcome(webhooks, event, &outcome, made).await;
    webhooks.metrics.deliveries.inc([event.destination.into(), what]);
    Some(what)
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
