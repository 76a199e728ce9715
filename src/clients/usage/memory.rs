//! Which secrets are used, how often and from where, until it is written to the database.
//!
//! Threads that accept a secret note it here under one lock, for as long as it takes to count. Only secrets that were right are
//! noted, so what waits is bounded by the registered ones, times [`MAX_ADDRESSES`].

use std::collections::HashMap;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use foldhash::fast::RandomState;
use parking_lot::Mutex;

use crate::hours::{hour_of, is_in_hour};
use crate::ids::SecretId;

/// Most addresses that one replica tells apart for one secret in an hour.
const MAX_ADDRESSES: usize = 16;
/// Most counts that wait with an address of their own.
const MAX_WAITING: usize = 50_000;

/// What is counted together. The order is that in which counts are written, so that replicas do not wait for each other in a
/// circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UseKey {
    /// The secret.
    pub secret_id: SecretId,
    /// The hour.
    pub hour: DateTime<Utc>,
    /// Where it was used from; `None`: unknown, or one of too many.
    pub address: Option<IpAddr>,
}

/// How often, since when and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uses {
    /// How often.
    pub count: u64,
    /// The first time.
    pub first_at: DateTime<Utc>,
    /// The last time.
    pub last_at: DateTime<Utc>,
}

impl Uses {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
    }
}

/// The uses that are not written yet.
#[derive(Default)]
pub struct SecretUsage(Mutex<State>);

#[derive(Default)]
struct State {
    hour: DateTime<Utc>,
    /// The addresses of the hour, written or not.
    addresses: HashMap<SecretId, Vec<IpAddr>, RandomState>,
    waiting: HashMap<UseKey, Uses, RandomState>,
}

impl State {
    /// The address, or `None` where the secret was used from too many.
    fn bounded(&mut self, secret_id: SecretId, address: Option<IpAddr>) -> Option<IpAddr> {
        let address = address?.to_canonical();
        if self.waiting.len() >= MAX_WAITING {
            return None;
        }
        let known = self.addresses.entry(secret_id).or_default();
        if known.contains(&address) {
            return Some(address);
        }
        let has_room = known.len() < MAX_ADDRESSES;
        if has_room {
            known.push(address);
        }
        has_room.then_some(address)
    }

    fn add(&mut self, key: UseKey, uses: Uses) {
        let known = self.waiting.entry(key);
        known.and_modify(|known| known.add(uses)).or_insert(uses);
    }
}

impl SecretUsage {
    /// Notes that a secret was accepted, and from where.
    pub fn note(&self, secret_id: SecretId, address: Option<IpAddr>, now: DateTime<Utc>) {
        let mut state = self.0.lock();
        if !is_in_hour(now, state.hour) {
            state.hour = hour_of(now);
            state.addresses.clear();
        }
        let key = UseKey {
            secret_id,
            hour: state.hour,
            address: state.bounded(secret_id, address),
        };
        let once = Uses {
            count: 1,
            first_at: now,
            last_at: now,
        };
        state.add(key, once);
    }

    /// Takes what was noted since the last call, in the order in which it is to be written.
    #[must_use]
    pub fn take(&self) -> Vec<(UseKey, Uses)> {
        let waiting = std::mem::take(&mut self.0.lock().waiting);
        let mut uses: Vec<_> = waiting.into_iter().collect();
        uses.sort_unstable_by_key(|(key, _)| *key);
        uses
    }

    /// Gives back what could not be written.
    pub fn give_back(&self, uses: Vec<(UseKey, Uses)>) {
        let mut state = self.0.lock();
        for (key, uses) in uses {
            state.add(key, uses);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn every_use_is_counted_by_secret_hour_and_address() {
        let usage = SecretUsage::default();
        let secret_id = SecretId::generate(at(0));
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        usage.note(secret_id, Some(address), at(1));
        usage.note(secret_id, Some("::ffff:192.0.2.1".parse().unwrap()), at(2));
        usage.note(secret_id, None, at(3));
        usage.note(secret_id, Some(address), at(3_601));
        let taken = usage.take();
        let counts: Vec<_> = taken
            .iter()
            .map(|(key, uses)| (key.hour, key.address, uses.count))
            .collect();
        assert_eq!(
            counts,
            [
                (at(0), None, 1),
                (at(0), Some(address), 2),
                (at(3_600), Some(address), 1)
            ]
        );
        assert_eq!((taken[1].1.first_at, taken[1].1.last_at), (at(1), at(2)));
        assert!(usage.take().is_empty());
        usage.note(secret_id, None, at(2));
        usage.give_back(taken.clone());
        let again = usage.take();
        assert_eq!(
            (again.len(), again[0].1.count, again[0].1.first_at),
            (3, 2, at(2))
        );
        assert_eq!(again[1..], taken[1..]);
    }

    #[test]
    fn addresses_beyond_the_bound_are_counted_together() {
        let usage = SecretUsage::default();
        let secret_id = SecretId::generate(at(0));
        let address = |number: u8| Some(IpAddr::from([192, 0, 2, number]));
        for number in 0..20 {
            usage.note(secret_id, address(number), at(1));
        }
        assert_eq!(usage.take().len(), MAX_ADDRESSES + 1);
        // What was written stays known for the hour.
        usage.note(secret_id, address(19), at(2));
        usage.note(secret_id, address(0), at(2));
        let addresses: Vec<_> = usage.take().iter().map(|(key, _)| key.address).collect();
        assert_eq!(addresses, [None, address(0)]);
        usage.note(secret_id, address(19), at(3_600));
        assert_eq!(usage.take()[0].0.address, address(19));
    }
}
