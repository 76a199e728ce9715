//! The revocations of which this replica heard last, as they are stored.
//!
//! The set of all revoked tokens (`revocation_set.rs`) has one bit for each and cannot write them down again. A failover may
//! lose what was acknowledged within the last moments, so the last ten thousand are kept whole.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::store::RevokedToken;

/// Revocations that are kept; about a megabyte.
const CAPACITY: usize = 10_000;

/// The last revocations.
#[derive(Default)]
pub struct RecentRevocations(Mutex<VecDeque<RevokedToken>>);

impl RecentRevocations {
    /// Adds a revocation; the oldest goes where there is no place.
    pub fn add(&self, token: RevokedToken) {
        let mut tokens = self.0.lock();
        if tokens.len() == CAPACITY {
            tokens.pop_front();
        }
        tokens.push_back(token);
    }

    /// Those of tokens that have not expired by `now`, in the order in which they became known.
    #[must_use]
    pub fn list(&self, now: DateTime<Utc>) -> Vec<RevokedToken> {
        let mut tokens = self.0.lock();
        tokens.retain(|token| token.expires_at > now);
        tokens.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;
    use crate::ids::TokenId;

    fn revoked(number: usize, expires_at: DateTime<Utc>) -> RevokedToken {
        RevokedToken {
            token_id: TokenId(Uuid::from_u128(number.try_into().unwrap())),
            client_id: "client".parse().unwrap(),
            expires_at,
            revoked_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_last_ones_are_kept_until_they_expire() {
        let recent = RecentRevocations::default();
        let late = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        for number in 0..CAPACITY + 2 {
            let expires_at = if number % 2 == 0 {
                DateTime::UNIX_EPOCH
            } else {
                late
            };
            recent.add(revoked(number, expires_at));
        }
        let listed = recent.list(DateTime::UNIX_EPOCH);
        assert_eq!(listed.len(), CAPACITY / 2);
        assert_eq!(listed.first(), Some(&revoked(3, late)));
        assert_eq!(listed.last(), Some(&revoked(CAPACITY + 1, late)));
        assert_eq!(recent.list(late), []);
    }
}
