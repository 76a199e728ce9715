//! Puts down what came of attempts to deliver events: those that ended well at the same time by one statement.

mod store;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tokio::time::sleep;

use self::store::Delivery;
use super::attempts::{Attempt, AttemptResult};
use super::event::DueEvent;
use super::schedule::{self, AfterFailure};
use super::sender::DeliveryFailure;
use super::{Webhooks, queues};
use crate::db::{BatchChange, Extent};
use crate::error::{self, Failure};

/// How often it tries to store the outcome of an attempt, about a second apart, before the lease ends.
const RECORD_TRIES: u32 = 10;
/// The wait between two tries.
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// The outcome of an attempt.
pub(super) enum AttemptOutcome {
    Delivered,
    Failed(DeliveryFailure),
}

/// Deliveries that are stored together.
pub(super) struct Delivering;

impl BatchChange for Delivering {
    type Item = Delivery;
    type Outcome = ();

    const MAX_BATCH: usize = 128;
    const EXTENT: Extent = Extent::Statement;

    async fn apply(&self, db: &mut PgConnection, deliveries: &[Delivery]) -> Result<Vec<()>, Failure> {
        store::update_delivered(db, deliveries).await?;
        Ok(vec![(); deliveries.len()])
    }
}

/// Stores the outcome of an attempt, and returns its name for the metrics. It tries again while the database is unavailable,
/// because an event whose delivery is not stored is delivered twice.
pub(super) async fn record_outcome(
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
        let written = match next {
            None => write_delivered(webhooks, event, now, &attempt).await,
            Some((next, _)) => write_failed(webhooks, event, next, now, &attempt).await,
        };
        match written {
            Ok(()) => break,
            Err(Failure::Unavailable(_)) => sleep(RECORD_PAUSE).await,
            Err(failure) => {
                let cause = error::chain(&failure);
                tracing::error!(event_id = %event.event_id, cause, "the outcome of a delivery was not stored");
                break;
            }
        }
    }
    log_outcome(event, next)
}

/// Stores a delivery together with those that end at the same time.
async fn write_delivered(
    webhooks: &Webhooks,
    event: &DueEvent,
    now: DateTime<Utc>,
    attempt: &Attempt,
) -> Result<(), Failure> {
    let delivery = Delivery {
        event_id: event.event_id,
        queue: event.queue.clone(),
        at: now,
        attempt: attempt.clone(),
    };
    webhooks.delivered.write(&webhooks.db, delivery).await
}

/// Stores what becomes of the event after a failure, and then that its queue fails.
async fn write_failed(
    webhooks: &Webhooks,
    event: &DueEvent,
    next: AfterFailure,
    now: DateTime<Utc>,
    attempt: &Attempt,
) -> Result<(), Failure> {
    let written = webhooks.db.change(async |connection| {
        let written = match next {
            AfterFailure::RetryAt(due_at) => store::update_due(connection, event, due_at, attempt).await,
            AfterFailure::Park => store::update_parked(connection, event, now, attempt).await,
        };
        Ok::<_, Failure>(written?)
    });
    written.await?;
    let noted = webhooks.db.change(async |connection| {
        Ok::<_, Failure>(queues::update_failing(connection, &event.queue, now).await?)
    });
    noted.await
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
