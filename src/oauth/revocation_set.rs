//! The revoked tokens in memory, which every check consults: exact, and small however many there are.
//!
//! They lie in buckets by the quarter of an hour in which they expire. A token says when it expires, and the row that
//! revokes it says the same, so a check looks into one bucket, and what has expired goes by whole buckets. In a bucket
//! the serial numbers are a compressed bitmap: two to four bytes for each where one token in a hundred or in a thousand is
//! revoked, and less where it is more.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use parking_lot::RwLock;
use roaring::RoaringTreemap;

use super::store::RevokedToken;
use super::token::Token;
use super::token_ids::serial_of;
use crate::ids::TokenId;

/// The lower bits of a serial number that choose its shard.
const SHARD_BITS: u32 = 4;
/// Shards, each with a lock of its own. Tokens of the same moment are spread over all of them.
const SHARDS: usize = 1 << SHARD_BITS;
/// How long the tokens of one bucket take to expire, in seconds.
const BUCKET_SECONDS: i64 = 15 * 60;

/// Whether a token was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The token was revoked.
    Revoked,
    /// The token was not revoked.
    NotRevoked,
}

/// The revoked tokens that have not expired; of those that have, some of the last quarter of an hour.
///
/// Until [`set_complete`](Self::set_complete) is called some may be missing, and nothing is said of tokens that are not in it.
pub struct RevocationSet {
    shards: [RwLock<Shard>; SHARDS],
    len: AtomicUsize,
    is_complete: AtomicBool,
}

/// Buckets by their number: the quarters of an hour since 1970.
type Shard = BTreeMap<i64, ExpiryBucket>;

/// Where a token is in the set.
struct Slot {
    shard: usize,
    /// The number of its bucket.
    bucket: i64,
    entry: Entry,
}

#[derive(Clone, Copy)]
enum Entry {
    /// The serial number without the bits that choose the shard: the others lie as close together as the whole did.
    Serial(u64),
    /// An identifier of a form that is no longer given out.
    Other(TokenId),
}

#[derive(Default)]
struct ExpiryBucket {
    serials: RoaringTreemap,
    others: HashSet<TokenId>,
}

impl ExpiryBucket {
    fn contains(&self, entry: Entry) -> bool {
        match entry {
            Entry::Serial(serial) => self.serials.contains(serial),
            Entry::Other(token_id) => self.others.contains(&token_id),
        }
    }

    /// Adds an entry; false when the bucket had it already.
    fn insert(&mut self, entry: Entry) -> bool {
        match entry {
            Entry::Serial(serial) => self.serials.insert(serial),
            Entry::Other(token_id) => self.others.insert(token_id),
        }
    }

    fn len(&self) -> usize {
        let serials = usize::try_from(self.serials.len()).unwrap_or(usize::MAX);
        serials.saturating_add(self.others.len())
    }
}

impl Slot {
    fn of(token_id: TokenId, expires_at: DateTime<Utc>) -> Self {
        let (_, lower) = token_id.0.as_u64_pair();
        let entry = serial_of(token_id).map_or(Entry::Other(token_id), |serial| {
            Entry::Serial(serial >> SHARD_BITS)
        });
        Self {
            shard: usize::try_from(lower % (1 << SHARD_BITS)).unwrap_or_default(),
            bucket: expires_at.timestamp().div_euclid(BUCKET_SECONDS),
            entry,
        }
    }
}

impl RevocationSet {
    /// Whether the token was revoked; `None` where memory does not know. No lock is taken while nothing is revoked.
    #[must_use]
    pub fn find(&self, token: &Token) -> Option<Revocation> {
        // This is read first: whoever completes the set adds the tokens before saying that it is complete.
        let is_complete = self.is_complete();
        if !self.is_empty() && self.contains(&Slot::of(token.token_id, token.expires_at())) {
            return Some(Revocation::Revoked);
        }
        is_complete.then_some(Revocation::NotRevoked)
    }

    fn contains(&self, slot: &Slot) -> bool {
        let shard = self.shard(slot).read();
        shard
            .get(&slot.bucket)
            .is_some_and(|bucket| bucket.contains(slot.entry))
    }

    /// Adds a revoked token; false when the set had it already.
    pub fn add(&self, token: &RevokedToken) -> bool {
        let slot = Slot::of(token.token_id, token.expires_at);
        let mut shard = self.shard(&slot).write();
        let is_new = shard.entry(slot.bucket).or_default().insert(slot.entry);
        if is_new {
            self.len.fetch_add(1, Ordering::Release);
        }
        is_new
    }

    /// Says that the set has all tokens that were revoked, up to some moments ago.
    pub fn set_complete(&self) {
        self.is_complete.store(true, Ordering::Release);
    }

    /// Says that some revoked tokens may be missing.
    pub fn set_incomplete(&self) {
        self.is_complete.store(false, Ordering::Release);
    }

    /// Whether the set has all tokens that were revoked, up to some moments ago.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete.load(Ordering::Acquire)
    }

    /// Deletes the buckets of which all tokens have expired.
    pub fn prune(&self, now: DateTime<Utc>) {
        let present = now.timestamp().div_euclid(BUCKET_SECONDS);
        for shard in &self.shards {
            let expired = {
                let mut shard = shard.write();
                let kept = shard.split_off(&present);
                std::mem::replace(&mut *shard, kept)
            };
            let deleted = expired.values().map(ExpiryBucket::len).sum();
            self.len.fetch_sub(deleted, Ordering::Release);
        }
    }

    /// The number of tokens in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, slot: &Slot) -> &RwLock<Shard> {
        let [first, ..] = &self.shards;
        self.shards.get(slot.shard).unwrap_or(first)
    }
}

impl Default for RevocationSet {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| RwLock::default()),
            len: AtomicUsize::new(0),
            is_complete: AtomicBool::new(false),
        }
    }
}

#[cfg(test)]
#[path = "revocation_set_tests.rs"]
mod tests;
