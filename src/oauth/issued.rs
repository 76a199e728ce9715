//! How many tokens were issued, by client and hour: counted in memory, written in batches.
//!
//! The thread that issues a token counts it under one lock; only registered clients get tokens, so what waits is bounded by
//! their number and the hours that the database is away.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use foldhash::fast::RandomState;
use parking_lot::Mutex;
use sqlx::PgConnection;

use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::hours::{HourCount, hour_of, is_in_hour};
use crate::ids::ClientId;

/// How long counts are kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(8);

/// The tokens that are not written down yet.
#[derive(Default)]
pub struct IssuedTokens(Mutex<State>);

#[derive(Default)]
struct State {
    hour: DateTime<Utc>,
    issued: HashMap<ClientId, u64, RandomState>,
    /// Those of earlier hours.
    earlier: Vec<(ClientId, DateTime<Utc>, u64)>,
}

impl State {
    fn turn_to(&mut self, hour: DateTime<Utc>) {
        let (issued, of_hour) = (std::mem::take(&mut self.issued), self.hour);
        let earlier = issued
            .into_iter()
            .map(|(client_id, issued)| (client_id, of_hour, issued));
        self.earlier.extend(earlier);
        self.hour = hour;
    }
}

/// Tokens of one client in one hour.
pub type IssuedCount = (ClientId, DateTime<Utc>, u64);

impl IssuedTokens {
    /// Counts a token.
    pub fn note(&self, client_id: &ClientId, now: DateTime<Utc>) {
        let mut state = self.0.lock();
        if !is_in_hour(now, state.hour) {
            state.turn_to(hour_of(now));
        }
        if let Some(issued) = state.issued.get_mut(client_id) {
            *issued += 1;
        } else {
            state.issued.insert(client_id.clone(), 1);
        }
    }

    /// Takes what was counted since the last call, in the order in which it is to be written.
    #[must_use]
    pub fn take(&self) -> Vec<IssuedCount> {
        let mut state = self.0.lock();
        // Any other hour makes those of the present one earlier.
        let hour = state.hour;
        state.turn_to(DateTime::UNIX_EPOCH);
        state.hour = hour;
        let mut counts = std::mem::take(&mut state.earlier);
        drop(state);
        counts.sort_unstable();
        counts
    }

    /// Gives back what could not be written.
    pub fn give_back(&self, counts: Vec<IssuedCount>) {
        self.0.lock().earlier.extend(counts);
    }
}

/// Adds what was counted, by client and of all together. One statement, so that it is done or not.
pub async fn flush_issued(db: &mut PgConnection, counts: &[IssuedCount]) -> Result<(), Failure> {
    Ok(store::add_issued(db, counts).await?)
}

/// How many tokens were issued to a client, or to all together, in the hours from `since` on; an hour without any is not in it.
pub async fn list_issued(
    db: &mut PgConnection,
    client_id: Option<&ClientId>,
    since: DateTime<Utc>,
) -> Result<Vec<HourCount>, Failure> {
    Ok(store::list_issued(db, client_id, since).await?)
}

/// Deletes counts that are older than a week and a day, at most `limit`; returns how many.
pub async fn prune_issued(db: &mut PgConnection, act: &Act, limit: i64) -> Result<u64, Failure> {
    Ok(store::delete_issued(db, hour_of(act.now - KEPT_FOR), limit).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn tokens_are_counted_by_client_and_hour_and_given_back_ones_are_not_lost() {
        let issued = IssuedTokens::default();
        let (a, b): (ClientId, ClientId) = ("a".parse().unwrap(), "b".parse().unwrap());
        for (client_id, second) in [(&b, 10), (&a, 20), (&b, 3_599), (&b, 3_600)] {
            issued.note(client_id, at(second));
        }
        let expected = [(a, at(0), 1), (b.clone(), at(0), 2), (b.clone(), at(3_600), 1)];
        let taken = issued.take();
        assert_eq!(taken, expected);
        assert!(issued.take().is_empty());
        issued.note(&b, at(3_601));
        issued.give_back(taken);
        let counts: u64 = issued.take().iter().map(|(.., count)| count).sum();
        assert_eq!(counts, 5);
    }
}
