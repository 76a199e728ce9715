//! Refusals in memory, until they are written down.
//!
//! Threads that answer requests note them here under one lock, for as long as it takes to count. What is noted is bounded: past
//! the bounds refusals are lost, and counted as such.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use parking_lot::Mutex;

use super::RefusalSettings;
use super::batch::{Batch, Call, CallDetails, Count, CountKey, MAX_CALLS, MAX_COUNTS};
use super::budget::Budget;
use super::caller::{Caller, Noted};
use super::write::Written;
use crate::clock::Clock;
use crate::hours::hour_of;
use crate::ids::RefusalId;

/// Most networks that one replica tells apart in an hour.
const MAX_NETWORKS: usize = 1_000;

/// The refusals that one replica has noted and not written down yet.
pub struct Refusals {
    /// How much is kept.
    pub settings: RefusalSettings,
    clock: Clock,
    noted: Mutex<State>,
    kept: AtomicU64,
    counted: AtomicU64,
    lost: AtomicU64,
}

struct State {
    hour: DateTime<Utc>,
    /// What this replica may keep of the hour. What all of them may is seen to when it is written.
    budget: Budget,
    networks: HashSet<IpNet>,
    batch: Batch,
}

impl State {
    fn begin(hour: DateTime<Utc>, settings: RefusalSettings) -> Self {
        Self {
            hour,
            budget: Budget::new(settings.per_hour),
            networks: HashSet::new(),
            batch: Batch::default(),
        }
    }

    /// Forgets what was used of an hour that is over.
    fn turn_to(&mut self, hour: DateTime<Utc>, settings: RefusalSettings) {
        if self.hour != hour {
            let batch = std::mem::take(&mut self.batch);
            *self = Self {
                batch,
                ..Self::begin(hour, settings)
            };
        }
    }

    /// The caller, or [`Caller::Anywhere`] where there are too many networks.
    fn bounded(&mut self, caller: Caller) -> Caller {
        let Caller::Network(network) = caller else {
            return caller;
        };
        if self.networks.len() >= MAX_NETWORKS && !self.networks.contains(&network) {
            return Caller::Anywhere;
        }
        self.networks.insert(network);
        Caller::Network(network)
    }

    /// Adds to a count; false where there are too many.
    fn count(&mut self, key: CountKey, count: Count) -> bool {
        if let Some(known) = self.batch.counts.get_mut(&key) {
            known.add(count);
            return true;
        }
        let has_room = self.batch.counts.len() < MAX_COUNTS;
        if has_room {
            self.batch.counts.insert(key, count);
        }
        has_room
    }
}

impl Refusals {
    /// Begins with nothing noted.
    #[must_use]
    pub fn new(settings: RefusalSettings, clock: Clock) -> Self {
        let noted = Mutex::new(State::begin(hour_of(clock.database_now()), settings));
        Self {
            settings,
            clock,
            noted,
            kept: AtomicU64::new(0),
            counted: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }
    }

    /// Notes a refusal. `details` is asked only where the call may be kept, which is seldom, and under the lock, so that a call
    /// is in the same batch as its count.
    pub fn note(&self, noted: &Noted<'_>, details: impl FnOnce() -> CallDetails) {
        let (at, checked_at) = (self.clock.database_now(), self.clock.now());
        let (caller, hour) = (Caller::of(noted.client_id, noted.address), hour_of(at));
        let mut state = self.noted.lock();
        state.turn_to(hour, self.settings);
        let caller = state.bounded(caller);
        let key = CountKey {
            hour,
            caller: caller.clone(),
            reason: noted.reason,
        };
        let once = Count {
            refused: 1,
            first_at: at,
            last_at: at,
        };
        if !state.count(key, once) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        } else if state.batch.calls.len() < MAX_CALLS && state.budget.take(&caller, noted.is_proved) {
            state.batch.calls.push(Call {
                refusal_id: RefusalId::generate(at),
                at,
                checked_at,
                caller,
                address: noted.address,
                is_proved: noted.is_proved,
                reason: noted.reason,
                details: details(),
                checks: None,
            });
        }
    }

    /// Takes what was noted since the last time.
    #[must_use]
    pub fn take(&self) -> Batch {
        std::mem::take(&mut self.noted.lock().batch)
    }

    /// Takes back what could not be written. What was noted meanwhile is added to it as far as there is room: that is less, and
    /// the lock is held for it alone.
    pub fn give_back(&self, batch: Batch) {
        let mut lost = 0;
        let mut state = self.noted.lock();
        let newer = std::mem::replace(&mut state.batch, batch);
        for (key, count) in newer.counts {
            if !state.count(key, count) {
                lost += count.refused;
            }
        }
        for call in newer.calls {
            // Without its count a call would be kept that was never counted.
            let is_counted = state.batch.counts.contains_key(&call.count_key());
            if is_counted && state.batch.calls.len() < MAX_CALLS {
                state.batch.calls.push(call);
            }
        }
        drop(state);
        self.lost.fetch_add(lost, Ordering::Relaxed);
    }

    /// Notes that a batch was written.
    pub fn note_written(&self, written: Written) {
        self.kept.fetch_add(written.kept, Ordering::Relaxed);
        self.counted.fetch_add(written.counted, Ordering::Relaxed);
    }

    /// Notes that a batch of so many refusals is given up.
    pub fn note_lost(&self, refused: u64) {
        self.lost.fetch_add(refused, Ordering::Relaxed);
    }

    /// How many refusals were `kept` with their call, only `counted`, and `lost`, since the start.
    #[must_use]
    pub fn totals(&self) -> Vec<(&'static str, u64)> {
        [
            ("kept", &self.kept),
            ("counted", &self.counted),
            ("lost", &self.lost),
        ]
        .into_iter()
        .map(|(name, total)| (name, total.load(Ordering::Relaxed)))
        .collect()
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
