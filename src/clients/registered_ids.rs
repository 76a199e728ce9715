//! Which identifiers registered clients have: so that somebody who makes identifiers up costs the database nothing.
//!
//! The change feed brings all of them when it begins, and those of new clients as they come. An identifier that is not among
//! them may belong to a client that was registered a moment ago: the database is asked for some of those, a bounded number a
//! second whoever asks. Who asks for the same one at the same time shares a look-up: a client that is registered and at once
//! used by many is let in.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::time::{Instant, sleep};

use crate::ids::ClientId;

/// Identifiers that nobody is known to have and that are looked up at once.
const LOOKUP_BURST: u32 = 20;
/// The time after which one more is looked up.
const LOOKUP_PERIOD: Duration = Duration::from_millis(100);
/// The longest wait of who asks for an identifier that is not looked up.
const MAX_WAIT: Duration = Duration::from_millis(50);

/// The identifiers of registered clients, as hashes of 64 bits under a key of this process: 100,000 take less than 2 MB, and
/// nobody can choose an identifier that has the hash of another one.
#[derive(Default)]
pub(super) struct RegisteredIds {
    key: RandomState,
    /// `None`: they were not read yet, so any identifier may be registered.
    hashes: RwLock<Option<HashSet<u64>>>,
    /// Until when the lookups are paid for.
    paid_until: Mutex<Option<Instant>>,
    /// The hashes of those that are being looked up.
    in_progress: Mutex<HashSet<u64>>,
    /// Lookups since the start.
    lookups: AtomicU64,
    /// How long the last read of a client took, in microseconds.
    read_micros: AtomicU64,
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

    /// Begins to look an identifier up that is not among them, or joins who does; `None` where too many were looked up.
    pub(super) fn begin_lookup(&self, client_id: &ClientId) -> Option<Lookup<'_>> {
        let hash = self.hash(client_id);
        let mut in_progress = self.in_progress.lock();
        let is_first = !in_progress.contains(&hash);
        if is_first {
            if !self.take_lookup() {
                return None;
            }
            in_progress.insert(hash);
        }
        Some(Lookup {
            ids: self,
            begun: is_first.then_some(hash),
        })
    }

    fn take_lookup(&self) -> bool {
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

    /// Waits as long as it would take to find out, or the time would tell which clients exist.
    pub(super) async fn wait_like_a_lookup(&self) {
        sleep(Duration::from_micros(self.read_micros.load(Ordering::Relaxed))).await;
    }

    /// Notes how long a read of a client took.
    pub(super) fn note_duration(&self, duration: Duration) {
        let micros = u64::try_from(duration.min(MAX_WAIT).as_micros()).unwrap_or(0);
        self.read_micros.store(micros, Ordering::Relaxed);
    }

    /// How many identifiers that were not among them were looked up, since the start.
    pub(super) fn lookups(&self) -> u64 {
        self.lookups.load(Ordering::Relaxed)
    }

    fn hash(&self, client_id: &ClientId) -> u64 {
        self.key.hash_one(client_id)
    }
}

/// A look-up in progress; it ends when this is dropped.
pub(super) struct Lookup<'a> {
    ids: &'a RegisteredIds,
    /// The hash of the identifier, for who began.
    begun: Option<u64>,
}

impl Drop for Lookup<'_> {
    fn drop(&mut self) {
        if let Some(hash) = self.begun {
            self.ids.in_progress.lock().remove(&hash);
        }
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

    #[tokio::test(start_paused = true)]
    async fn who_asks_for_the_same_identifier_shares_a_lookup() {
        let ids = RegisteredIds::default();
        let begin = |name: &str| ids.begin_lookup(&client(name));
        let same: Vec<_> = (0..100).map(|_| begin("same")).collect();
        assert!(same.iter().all(Option::is_some));
        assert_eq!(ids.lookups(), 1);
        let others: Vec<_> = (0..100).map(|number| begin(&number.to_string())).collect();
        assert_eq!(others.iter().flatten().count(), 19);
        // Those that were refused are not in progress, and those that ended cost another one.
        assert!(begin("50").is_none());
        drop(same);
        assert!(begin("same").is_none());
        assert!(begin("3").is_some());
    }
}
