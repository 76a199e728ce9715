//! How the replicas divide the limits among them: each enforces its share, or all count in one Redis.

use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::shared::SharedCounts;

/// What the limits know of the other replicas.
#[derive(Default)]
pub(super) struct Sharing {
    /// Replicas on the same database, this one included; 0 is not known yet, and counts as 1.
    replicas: AtomicU32,
    redis: OnceLock<SharedCounts>,
    by_share: AtomicU64,
}

impl Sharing {
    /// How many replicas there are.
    pub(super) fn replicas(&self) -> NonZeroU32 {
        NonZeroU32::new(self.replicas.load(Ordering::Relaxed)).unwrap_or(NonZeroU32::MIN)
    }

    /// From now on each of so many replicas enforces its share.
    pub(super) fn set_replicas(&self, number: u32) {
        self.replicas.store(number, Ordering::Relaxed);
    }

    /// Where the replicas count together, if they do.
    pub(super) fn redis(&self) -> Option<&SharedCounts> {
        self.redis.get()
    }

    /// From now on the replicas count together. Only the first call counts.
    pub(super) fn share_counts(&self, counts: SharedCounts) {
        let _ = self.redis.set(counts);
    }

    /// Records that a share was enforced.
    pub(super) fn note_share(&self) {
        self.by_share.fetch_add(1, Ordering::Relaxed);
    }

    /// How often a share was enforced.
    pub(super) fn by_share(&self) -> u64 {
        self.by_share.load(Ordering::Relaxed)
    }
}
