//! Limits how many deliveries run at the same time, so that a receiver that is down delays no delivery to another.
//!
//! Each client has a delivery queue for each host of its callbacks, and the platform has one; the column in the database is
//! called `lane`. A receiver is a host: clients whose callbacks go to the same one share what it may have.
//!
//! There are three shares of permits. Receivers that answer, and those that nobody has tried yet, have most of them; those
//! that accept events slowly have some, and those that fail have some. So many dead receivers wait for each other and for
//! nobody else. A delivery that hangs gives its permit back to the receivers that answer, and counts among those that fail
//! until it ends.
//!
//! Each replica counts its own deliveries only, and knows the receivers by its own deliveries. `plan.rs` shares the permits
//! out.

mod plan;
mod store;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use self::plan::Shares;
pub(super) use self::store::{Listed, insert_missing_queues, list_due_queues, settle_queues, update_failing};
use super::sender::FailureKind;

/// The number of simultaneous deliveries of one replica that do not hang, to receivers that do not fail.
const QUICK_PERMITS: usize = 64;
/// How many of those receivers may have that have not accepted anything from this replica yet. The others are kept for those
/// that have.
const UNTRIED_PERMITS: usize = 24;
/// The number of simultaneous deliveries to receivers that accept events slowly.
const SLOW_PERMITS: usize = 8;
/// The number of simultaneous deliveries to receivers that fail.
const FAILING_PERMITS: usize = 8;
/// The number of simultaneous deliveries of one queue.
const PERMITS_OF_QUEUE: usize = 4;
/// The number of simultaneous deliveries to a receiver that nobody has tried yet, of all its queues together.
const PERMITS_OF_UNTRIED: usize = 4;
/// The number of simultaneous deliveries to a receiver that does not answer, of all its queues together; and of a queue whose
/// latest delivery failed.
const PERMITS_OF_FAILING: usize = 1;

/// How long a receiver that answers quickly takes at most. A delivery that takes longer hangs.
const QUICK_ANSWER: Duration = Duration::from_secs(2);
/// How long it is remembered how a receiver answered last.
const MEMORY: Duration = Duration::from_hours(24);

/// The deliveries of one replica, and what it knows of their receivers. Clones share the same.
#[derive(Clone, Default)]
pub(super) struct DeliveryQueues(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    running: HashMap<u64, Running>,
    next_number: u64,
    receivers: HashMap<String, Receiver>,
    /// The queues whose latest delivery failed, and when that was.
    failing: HashMap<String, Instant>,
}

struct Running {
    queue: String,
    share: Share,
    began_at: Instant,
    /// The receiver has answered.
    is_over: bool,
}

/// Whose permit a delivery has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    /// Of the receivers that answer quickly.
    Quick,
    /// The same, but this receiver has not accepted anything yet.
    Untried,
    /// Of those that accept events slowly.
    Slow,
    /// Of those that fail, or hang.
    Failing,
}

/// How a receiver answered last.
struct Receiver {
    health: Health,
    answered_at: Option<Instant>,
    tried_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Quick,
    Slow,
    Failing,
}

/// A queue with events that are due.
#[derive(Clone, Debug)]
pub(super) struct DueQueue {
    pub name: String,
    /// Whether its first due event was tried before.
    pub is_retry: bool,
}

/// How many events are to be claimed of which queues.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub queues: Vec<String>,
    /// For each of `queues`, at least one.
    pub permits: Vec<i64>,
}

/// What a delivery says of its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The receiver accepted the event.
    Delivered,
    /// It did not.
    Failed(FailureKind),
}

/// The permit of one delivery. Dropping it returns it, also when the delivery panics.
pub(super) struct Permit {
    queues: DeliveryQueues,
    number: u64,
}

impl DeliveryQueues {
    /// Decides how many events of which of these queues may be begun at `now`.
    pub(super) fn plan(&self, due: &[DueQueue], now: Instant) -> Plan {
        let mut shares = Shares::of(&self.0.lock(), due, now);
        let mut permits = vec![0; due.len()];
        while let Some(index) = shares.take_next() {
            if let Some(permits) = permits.get_mut(index) {
                *permits += 1;
            }
        }
        let planned = due.iter().zip(permits).filter(|(_, permits)| *permits > 0);
        let (queues, permits) = planned
            .map(|(queue, permits)| (queue.name.clone(), permits))
            .unzip();
        Plan { queues, permits }
    }

    /// Takes a permit for an event of this queue. The caller has learned from [`DeliveryQueues::plan`] that one is left.
    pub(super) fn take(&self, queue: DueQueue, now: Instant) -> Permit {
        let mut state = self.0.lock();
        let share = state.share_of(&queue, now);
        let number = state.next_number;
        state.next_number += 1;
        let running = Running {
            queue: queue.name,
            share,
            began_at: now,
            is_over: false,
        };
        state.running.insert(number, running);
        Permit {
            queues: self.clone(),
            number,
        }
    }

    /// How many more deliveries to receivers that fail may begin at `now`.
    pub(super) fn free_failing(&self, now: Instant) -> usize {
        let state = self.0.lock();
        let failing = state
            .running
            .values()
            .filter(|running| running.share_at(now) == Share::Failing);
        FAILING_PERMITS.saturating_sub(failing.count())
    }

    /// Forgets the receivers that nobody has tried for a day.
    pub(super) fn forget_old(&self, now: Instant) {
        let mut state = self.0.lock();
        let is_recent = |at: Instant| now.duration_since(at) < MEMORY;
        state.receivers.retain(|_, receiver| is_recent(receiver.tried_at));
        state.failing.retain(|_, failed_at| is_recent(*failed_at));
    }
}

impl State {
    fn share_of(&self, queue: &DueQueue, now: Instant) -> Share {
        let health = self.health(receiver_of(&queue.name), now);
        let is_failing = self.failing.contains_key(&queue.name) || health.is_none() && queue.is_retry;
        match health {
            _ if is_failing => Share::Failing,
            None => Share::Untried,
            Some(Health::Quick) => Share::Quick,
            Some(Health::Slow) => Share::Slow,
            Some(Health::Failing) => Share::Failing,
        }
    }

    /// How the receiver is; `None` if it was not tried yet. It fails already while a delivery to it hangs, but not if it is
    /// known to be slow, or has answered another one meanwhile.
    fn health(&self, name: &str, now: Instant) -> Option<Health> {
        let receiver = self.receivers.get(name);
        let health = receiver.map(|receiver| receiver.health);
        let answered_at = receiver.and_then(|receiver| receiver.answered_at);
        let has_answered = answered_at.is_some_and(|at| now.duration_since(at) <= QUICK_ANSWER);
        if health == Some(Health::Slow) || has_answered {
            return health;
        }
        let is_hanging = self
            .running
            .values()
            .any(|running| running.hangs(now) && receiver_of(&running.queue) == name);
        if is_hanging { Some(Health::Failing) } else { health }
    }

    /// How many deliveries to the receiver may run at the same time, of all its queues together.
    fn permits_of_receiver(&self, name: &str, now: Instant) -> usize {
        match self.health(name, now) {
            None => PERMITS_OF_UNTRIED,
            Some(Health::Quick | Health::Slow) => usize::MAX,
            Some(Health::Failing) => PERMITS_OF_FAILING,
        }
    }

    fn note(&mut self, running: &Running, outcome: Outcome, now: Instant) {
        match outcome {
            Outcome::Delivered => {
                self.failing.remove(&running.queue);
            }
            Outcome::Failed(_) => {
                self.failing.insert(running.queue.clone(), now);
            }
        }
        let has_answered = match outcome {
            // Nobody has asked the receiver.
            Outcome::Failed(FailureKind::NotAsked) => return,
            Outcome::Failed(FailureKind::Unanswered) => false,
            Outcome::Delivered | Outcome::Failed(FailureKind::Refused | FailureKind::Gone) => true,
        };
        let is_quick = now.duration_since(running.began_at) <= QUICK_ANSWER;
        let name = receiver_of(&running.queue);
        let before = self.receivers.get(name).and_then(|receiver| receiver.answered_at);
        let receiver = Receiver {
            health: match (has_answered, is_quick) {
                (false, _) => Health::Failing,
                (true, true) => Health::Quick,
                (true, false) => Health::Slow,
            },
            answered_at: if has_answered { Some(now) } else { before },
            tried_at: now,
        };
        self.receivers.insert(name.to_owned(), receiver);
    }
}

/// The receiver of a queue: what follows the client. The platform's queue has no name, and those of events that an earlier
/// version inserted have the client's only; each of these is a receiver of its own.
fn receiver_of(queue: &str) -> &str {
    queue.split_once(' ').map_or(queue, |(_client, host)| host)
}

impl Running {
    fn hangs(&self, now: Instant) -> bool {
        let is_to_be_quick = matches!(self.share, Share::Quick | Share::Untried);
        is_to_be_quick && !self.is_over && now.duration_since(self.began_at) > QUICK_ANSWER
    }

    /// Whose permit it has at `now`.
    fn share_at(&self, now: Instant) -> Share {
        if self.hangs(now) {
            Share::Failing
        } else {
            self.share
        }
    }
}

impl Permit {
    /// Records how the delivery ended.
    pub(super) fn note(&self, outcome: Outcome, now: Instant) {
        let mut state = self.queues.0.lock();
        if let Some(mut running) = state.running.remove(&self.number) {
            state.note(&running, outcome, now);
            running.is_over = true;
            state.running.insert(self.number, running);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.queues.0.lock().running.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
