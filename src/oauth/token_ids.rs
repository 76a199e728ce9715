//! Identifiers of access tokens: serial numbers, so that a set of revoked ones needs a bit for each instead of a whole
//! identifier (the idea of the IETF's Token Status List), given out without a word to the database.
//!
//! An identifier is a UUIDv8 (RFC 9562 s5.8). From the most significant bit on:
//! `Unix milliseconds (48) | version = 8 (4) | 0 (12) | variant = 2 (2) | process (26) | count (36)`.
//! Process and count together are the serial number.
//!
//! No two tokens that are alive at the same time have the same serial number:
//! - Within a process counts repeat after 2^36 tokens. Tokens live an hour at most, and nobody issues 19 million a second.
//! - Each process chooses its number at random when it starts, and begins to count at a random place. So it needs no
//!   database to start, and a restored database gives nothing out again. For serial numbers to meet, two processes must have
//!   chosen the same number (1 in 67 million for each pair), and places that are closer to each other than the number of
//!   tokens that they issue within an hour (for a million, 1 in 34 000). Should it happen, one revocation may end another
//!   token with it, but never is a revoked token let in.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid, Variant, Version};

use crate::crypto::random;
use crate::ids::TokenId;

const COUNT_BITS: u32 = 36;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;
const SERIAL_MASK: u64 = (1 << 62) - 1;

/// Gives each token that this process issues an identifier of its own.
pub struct TokenIds {
    /// The number of this process, in its place in a serial number.
    process: u64,
    /// Of the next token; its lower bits count.
    count: AtomicU64,
}

impl TokenIds {
    /// Chooses a number for this process, and where it begins to count.
    #[must_use]
    pub fn begin() -> Self {
        Self::of_process(
            u32::from_ne_bytes(random::bytes()),
            u64::from_ne_bytes(random::bytes()),
        )
    }

    fn of_process(process: u32, count: u64) -> Self {
        Self {
            process: u64::from(process) << COUNT_BITS & SERIAL_MASK,
            count: AtomicU64::new(count),
        }
    }

    /// The identifier of a token issued at `now`.
    #[must_use]
    pub fn next(&self, now: DateTime<Utc>) -> TokenId {
        let count = self.count.fetch_add(1, Ordering::Relaxed) & COUNT_MASK;
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        let bits = Uuid::from_u64_pair(millis << 16, self.process | count);
        let id = Builder::from_bytes(bits.into_bytes())
            .with_version(Version::Custom)
            .with_variant(Variant::RFC4122);
        TokenId(id.into_uuid())
    }
}

/// The serial number of a token, 62 bits; `None` for identifiers of another form, which earlier versions gave out.
#[must_use]
pub fn serial_of(token_id: TokenId) -> Option<u64> {
    let (_, lower) = token_id.0.as_u64_pair();
    (token_id.0.get_version() == Some(Version::Custom)).then_some(lower & SERIAL_MASK)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::ids::uuid_v7;

    fn instant() -> DateTime<Utc> {
        DateTime::from_timestamp(1_520_181_000, 0).unwrap()
    }

    #[test]
    fn an_identifier_is_a_uuid_of_version_8_with_instant_process_and_count() {
        let ids = TokenIds::of_process(0x155_5555, 0xa_bcde_f012);
        insta::assert_snapshot!(ids.next(instant()), @"0161f1d9-3740-8000-9555-555abcdef012");
        insta::assert_snapshot!(ids.next(instant()), @"0161f1d9-3740-8000-9555-555abcdef013");
        let id = ids.next(instant()).0;
        assert_eq!((id.get_version_num(), id.get_variant()), (8, Variant::RFC4122));
    }

    #[test]
    fn the_count_begins_again_and_leaves_the_process_alone() {
        let ids = TokenIds::of_process(5, u64::MAX);
        let serials = [(); 3].map(|()| serial_of(ids.next(instant())).unwrap());
        let first = 5 << COUNT_BITS;
        assert_eq!(serials, [first | COUNT_MASK, first, first + 1]);
    }

    #[test]
    fn the_last_process_has_serial_numbers_too() {
        let ids = TokenIds::of_process((1 << 26) - 1, COUNT_MASK);
        assert_eq!(serial_of(ids.next(instant())), Some(SERIAL_MASK));
    }

    #[test]
    fn processes_and_threads_share_no_serial_number() {
        let processes = [1, 2].map(|process| TokenIds::of_process(process, 7));
        let take = |ids: &TokenIds| -> Vec<u64> {
            let some = (0..1000).map(|_| serial_of(ids.next(instant())).unwrap());
            some.collect()
        };
        let serials: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = processes
                .iter()
                .cycle()
                .take(8)
                .map(|ids| scope.spawn(|| take(ids)))
                .collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(serials.iter().collect::<HashSet<_>>().len(), 8000);
    }

    #[test]
    fn other_identifiers_have_no_serial_number() {
        assert_eq!(serial_of(TokenId(uuid_v7(instant()))), None);
        assert_eq!(serial_of(TokenId(Uuid::nil())), None);
    }
}
