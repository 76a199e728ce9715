//! Which identifiers registered clients have: so that somebody who makes identifiers up costs the database nothing.
//!
//! The change feed brings all of them when it begins, and those of new clients as they come. An identifier that is not among
//! them may belong to a client that was registered a moment ago: the database is asked for some of those, a bounded number a
//! second whoever asks.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::time::Instant;

use crate::ids::ClientId;

/// Identifiers that nobody is known to have and that are looked up at once.
const LOOKUP_BURST: u32 = 20;
/// The time after which one more is looked up.
const LOOKUP_PERIOD: Duration = Duration::from_millis(100);

/// The identifiers of registered clients, as hashes of 64 bits under a key of this process: 100,000 take less than 2 MB, and
/// nobody can choose an identifier that has the hash of another one.
#[derive(Default)]
pub(super) struct RegisteredIds {
    key: RandomState,
    /// `None`: they were not read yet, so any identifier may be registered.
    hashes: RwLock<Option<HashSet<u64>>>,
    /// Until when the lookups are paid for.
    paid_until: Mutex<Option<Instant>>,
    /// Lookups since the start.
    lookups: AtomicU64,
}

impl RegisteredIds {
    /// From now on these are all.
    pub(super) fn replace(&self, client_ids: &[ClientId]) {
        let hashes = client_ids.iter().map(|client_id| self.hash(client_id));
        let hashes = hashes.collect();
        *self.hashes.write() = Some(hashes);
    }

    /// Adds some, if all were read before.
    pub(super) fn add<'a>(&self, client_ids: impl IntoIterator<Item = &'a ClientId>) {
        if let Some(hashes) = self.hashes.write().as_mut() {
            hashes.extend(client_ids.into_iter().map(|client_id| self.hash(client_id)));
        }
    }

    /// Whether a client may have this identifier, as far as is known.
    pub(super) fn may_contain(&self, client_id: &ClientId) -> bool {
        let hash = self.hash(client_id);
        self.hashes
            .read()
            .as_ref()
            .is_none_or(|hashes| hashes.contains(&hash))
    }

    /// Whether an identifier that is not among them may be looked up in the database now.
    pub(super) fn take_lookup(&self) -> bool {
        let now = Instant::now();
        let mut paid_until = self.paid_until.lock();
        let after = paid_until.map_or(now, |until| until.max(now)) + LOOKUP_PERIOD;
        let has_room = after <= now + LOOKUP_PERIOD * LOOKUP_BURST;
        if has_room {
            *paid_until = Some(after);
            self.lookups.fetch_add(1, Ordering::Relaxed);
        }
        has_room
    }

    /// How many identifiers that were not among them were looked up, since the start.
    pub(super) fn lookups(&self) -> u64 {
        self.lookups.load(Ordering::Relaxed)
    }

    fn hash(&self, client_id: &ClientId) -> u64 {
        self.key.hash_one(client_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> ClientId {
        name.parse().unwrap()
    }

    #[test]
    fn any_identifier_may_be_registered_until_all_were_read() {
        let ids = RegisteredIds::default();
        ids.add([&client("before")]);
        assert!(ids.may_contain(&client("anybody")));
        ids.replace(&[client("one"), client("two")]);
        assert!(ids.may_contain(&client("two")));
        assert!(!ids.may_contain(&client("anybody")));
        ids.add([&client("three")]);
        assert!(ids.may_contain(&client("three")) && ids.may_contain(&client("one")));
        ids.replace(&[client("two")]);
        assert!(!ids.may_contain(&client("three")), "another history");
    }

    #[tokio::test(start_paused = true)]
    async fn lookups_are_bounded_whoever_asks() {
        let ids = RegisteredIds::default();
        let taken = || (0..100).filter(|_| ids.take_lookup()).count();
        assert_eq!(taken(), 20);
        tokio::time::advance(Duration::from_millis(350)).await;
        assert_eq!(taken(), 3);
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(taken(), 20);
    }
}
