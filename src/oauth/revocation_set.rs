//! The revoked tokens in memory, which every check consults: exact, and small however many there are.
//!
//! They lie in buckets by the quarter of an hour in which they expire. A token says when it expires, and the row that
//! revokes it says the same, so a check looks into one bucket, and what has expired goes by whole buckets. In a bucket
//! the serial numbers are a compressed bitmap: two to four bytes for each where one token in a hundred or in a thousand is
//! revoked, and less where it is more.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};
use roaring::RoaringTreemap;

use super::store::RevokedToken;
use super::token::Token;
use super::token_ids::serial_of;
use crate::ids::TokenId;

/// So many lower bits of a serial number choose the part that it is in.
const PART_BITS: u32 = 4;
/// Parts with a lock each. Tokens of the same moment are spread over all of them.
const PARTS: usize = 1 << PART_BITS;
/// How long the tokens of one bucket take to expire, in seconds.
const BUCKET_SECONDS: i64 = 15 * 60;

/// Whether a token was ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// It was.
    Revoked,
    /// It was not.
    NotRevoked,
}

/// The revoked tokens that have not expired; of those that have, some of the last quarter of an hour.
///
/// It is not complete until somebody says so, and until then says only of what it has whether that was revoked.
pub struct RevocationSet {
    parts: [RwLock<Part>; PARTS],
    len: AtomicUsize,
    is_complete: AtomicBool,
}

/// Buckets by the number of their quarter of an hour since 1970.
type Part = BTreeMap<i64, Bucket>;

/// Where a token is.
struct Place {
    part: usize,
    quarter: i64,
    key: Key,
}

#[derive(Clone, Copy)]
enum Key {
    /// The serial number without the bits that choose the part: the others lie as close together as the whole did.
    Serial(u64),
    /// Of another form than we give out.
    Other(TokenId),
}

#[derive(Default)]
struct Bucket {
    serials: RoaringTreemap,
    others: HashSet<TokenId>,
}

impl Bucket {
    fn contains(&self, key: Key) -> bool {
        match key {
            Key::Serial(serial) => self.serials.contains(serial),
            Key::Other(token_id) => self.others.contains(&token_id),
        }
    }

    /// False when it was there.
    fn insert(&mut self, key: Key) -> bool {
        match key {
            Key::Serial(serial) => self.serials.insert(serial),
            Key::Other(token_id) => self.others.insert(token_id),
        }
    }

    fn len(&self) -> usize {
        let serials = usize::try_from(self.serials.len()).unwrap_or(usize::MAX);
        serials.saturating_add(self.others.len())
    }
}

impl Place {
    fn of(token_id: TokenId, expires_at: DateTime<Utc>) -> Self {
        let (_, lower) = token_id.0.as_u64_pair();
        let key = serial_of(token_id).map_or(Key::Other(token_id), |serial| Key::Serial(serial >> PART_BITS));
        Self {
            part: usize::try_from(lower % (1 << PART_BITS)).unwrap_or_default(),
            quarter: expires_at.timestamp().div_euclid(BUCKET_SECONDS),
            key,
        }
    }
}

impl RevocationSet {
    /// Whether the token was revoked; none where that is not known here. No lock is taken while nothing is revoked.
    #[must_use]
    pub fn recall(&self, token: &Token) -> Option<Revocation> {
        // Asked first, for what makes it complete is added before it is said to be.
        let is_complete = self.is_complete();
        if !self.is_empty() && self.contains(&Place::of(token.token_id, token.expires_at())) {
            return Some(Revocation::Revoked);
        }
        is_complete.then_some(Revocation::NotRevoked)
    }

    fn contains(&self, place: &Place) -> bool {
        let part = read(self.part(place));
        part.get(&place.quarter)
            .is_some_and(|bucket| bucket.contains(place.key))
    }

    /// Adds a revoked token; false when it was known.
    pub fn add(&self, token: &RevokedToken) -> bool {
        let place = Place::of(token.token_id, token.expires_at);
        let mut part = write(self.part(&place));
        let is_new = part.entry(place.quarter).or_default().insert(place.key);
        if is_new {
            self.len.fetch_add(1, Ordering::Release);
        }
        is_new
    }

    /// Says that it has all that were revoked, up to some moments ago.
    pub fn set_complete(&self) {
        self.is_complete.store(true, Ordering::Release);
    }

    /// Says that some may be missing.
    pub fn set_incomplete(&self) {
        self.is_complete.store(false, Ordering::Release);
    }

    /// Whether it has all that were revoked, up to some moments ago.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete.load(Ordering::Acquire)
    }

    /// Forgets those that have expired anyway, when all of their quarter of an hour have.
    pub fn prune(&self, now: DateTime<Utc>) {
        let present = now.timestamp().div_euclid(BUCKET_SECONDS);
        for part in &self.parts {
            let expired = {
                let mut part = write(part);
                let kept = part.split_off(&present);
                std::mem::replace(&mut *part, kept)
            };
            let forgotten = expired.values().map(Bucket::len).sum();
            self.len.fetch_sub(forgotten, Ordering::Release);
        }
    }

    /// How many it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn part(&self, place: &Place) -> &RwLock<Part> {
        let [first, ..] = &self.parts;
        self.parts.get(place.part).unwrap_or(first)
    }
}

impl Default for RevocationSet {
    fn default() -> Self {
        Self {
            parts: std::array::from_fn(|_| RwLock::default()),
            len: AtomicUsize::new(0),
            is_complete: AtomicBool::new(false),
        }
    }
}

fn read(part: &RwLock<Part>) -> RwLockReadGuard<'_, Part> {
    part.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(part: &RwLock<Part>) -> RwLockWriteGuard<'_, Part> {
    part.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "revocation_set_tests.rs"]
mod tests;
