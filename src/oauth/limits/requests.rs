//! How many requests a client may make (R74), by client and API.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use super::gcra::{Counts, Limit};
use super::shared::{Count, SharedCounts};
use super::sharing::Sharing;
use crate::clients::Scope;
use crate::clock::Clock;
use crate::ids::ClientId;

/// The requests of a client to the API of one scope are counted together.
type RequestKey = (ClientId, Scope);

/// The request limits.
pub struct RequestLimits {
    counts: Counts<RequestKey>,
    sharing: Arc<Sharing>,
    clock: Clock,
}

/// The limit of a client's requests to one API.
#[derive(Clone, Copy)]
pub struct RequestLimit<'a> {
    /// The client.
    pub client_id: &'a ClientId,
    /// The scope of the API.
    pub scope: Scope,
    /// Requests that it may make a second, to all replicas together.
    pub per_second: NonZeroU32,
}

/// What is left of a client's request limit after a request was counted, for the `RateLimit` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitState {
    /// Requests a second.
    pub quota: u32,
    /// Requests that could be made at once now. Where each replica counts by itself, it takes the others to have let
    /// through as many.
    pub remaining: u32,
}

/// The client made more requests than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitExceeded {
    /// Requests a second.
    pub quota: u32,
    /// How long until the next one is accepted.
    pub retry_after: Duration,
}

/// Whether a request was within its limit.
pub type CountedRequest = Result<RateLimitState, RateLimitExceeded>;

impl RequestLimit<'_> {
    fn limit(self) -> Limit {
        Limit::per_second(self.per_second)
    }

    fn key(self) -> RequestKey {
        (self.client_id.clone(), self.scope)
    }

    /// What the counted request is told. A room has no more than the precision of who counted it.
    fn state(self, room: Result<Duration, Duration>, precision: Duration) -> CountedRequest {
        let quota = self.per_second.get();
        match room {
            Ok(room) => {
                let remaining = (room + precision).as_nanos() / self.limit().period.as_nanos().max(1);
                let remaining = u32::try_from(remaining).unwrap_or(quota).min(quota);
                Ok(RateLimitState { quota, remaining })
            }
            Err(retry_after) => Err(RateLimitExceeded { quota, retry_after }),
        }
    }
}

impl RequestLimits {
    /// Limits that have counted nothing yet.
    pub(super) fn new(clock: &Clock, sharing: Arc<Sharing>) -> Self {
        Self {
            counts: Counts::new(),
            sharing,
            clock: clock.clone(),
        }
    }

    /// Counts a request in memory, against this replica's share of the limit; `None` where the replicas count together, which
    /// takes a wait ([`Self::count`]).
    #[must_use]
    pub fn count_in_memory(&self, limit: RequestLimit<'_>) -> Option<CountedRequest> {
        if self.sharing.redis().is_some_and(SharedCounts::is_expected) {
            return None;
        }
        Some(self.count_share(limit))
    }

    /// Counts a request: together with the other replicas if they share their counts, otherwise, and where that fails, against
    /// this replica's share.
    pub async fn count(&self, limit: RequestLimit<'_>) -> CountedRequest {
        let Some(redis) = self.sharing.redis() else {
            return self.count_share(limit);
        };
        let count = Count {
            name: redis.name("requests", &[limit.client_id.as_str(), limit.scope.as_str()]),
            allowance: limit.limit().share(NonZeroU32::MIN),
        };
        let Some([room]) = redis.take([count], 1).await else {
            return self.count_share(limit);
        };
        if room.is_ok() {
            // Should Redis go away, this replica does not begin at nothing.
            let share = limit.limit().share(self.sharing.replicas());
            self.counts.note(limit.key(), share, self.clock.monotonic());
        }
        limit.state(room, Duration::from_micros(1))
    }

    fn count_share(&self, limit: RequestLimit<'_>) -> CountedRequest {
        self.sharing.note_share();
        let share = limit.limit().share(self.sharing.replicas());
        let room = self.counts.take(limit.key(), share, self.clock.monotonic());
        limit.state(room, Duration::ZERO)
    }

    pub(super) fn prune(&self) {
        self.counts.prune(self.clock.monotonic());
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn client(name: &str) -> ClientId {
        name.parse().unwrap()
    }

    fn limits() -> (RequestLimits, Clock) {
        let clock = Clock::frozen_at(DateTime::UNIX_EPOCH);
        (RequestLimits::new(&clock, Arc::default()), clock)
    }

    fn count(limits: &RequestLimits, name: &str, scope: Scope, per_second: u32) -> CountedRequest {
        let limit = RequestLimit {
            client_id: &client(name),
            scope,
            per_second: NonZeroU32::new(per_second).unwrap(),
        };
        limits.count_in_memory(limit).unwrap()
    }

    #[test]
    fn requests_are_counted_by_client_and_api() {
        let (limits, clock) = limits();
        let count = |name: &str, scope| count(&limits, name, scope, 2);
        let left = |remaining| Ok(RateLimitState { quota: 2, remaining });
        let exceeded = RateLimitExceeded {
            quota: 2,
            retry_after: Duration::from_millis(500),
        };
        assert_eq!(count("a", Scope::Profiles), left(1));
        assert_eq!(count("a", Scope::Profiles), left(0));
        assert_eq!(count("a", Scope::Profiles), Err(exceeded));
        assert_eq!(count("a", Scope::EmsiOpen), left(1));
        assert_eq!(count("b", Scope::Profiles), left(1));
        clock.advance(TimeDelta::milliseconds(500));
        assert_eq!(count("a", Scope::Profiles), left(0));
    }

    #[test]
    fn one_of_four_replicas_lets_through_its_share_and_tells_the_whole_quota() {
        let (limits, clock) = limits();
        limits.sharing.set_replicas(4);
        let count = || count(&limits, "a", Scope::Profiles, 5);
        // The other three have let through as many, if requests are spread evenly.
        assert_eq!(
            count(),
            Ok(RateLimitState {
                quota: 5,
                remaining: 1
            })
        );
        let exceeded = RateLimitExceeded {
            quota: 5,
            retry_after: Duration::from_millis(600),
        };
        assert_eq!(count(), Err(exceeded));
        clock.advance(TimeDelta::milliseconds(600));
        assert_eq!(
            count(),
            Ok(RateLimitState {
                quota: 5,
                remaining: 0
            })
        );
        assert!(count().is_err());
        limits.sharing.set_replicas(1);
        assert!(count().is_err(), "what was counted is not forgotten");
    }

    #[test]
    fn counts_are_deleted_once_the_whole_allowance_is_back() {
        let (limits, clock) = limits();
        count(&limits, "a", Scope::Profiles, 1).unwrap();
        limits.prune();
        assert_eq!(limits.counts.len(), 1);
        clock.advance(TimeDelta::seconds(2));
        limits.prune();
        assert_eq!(limits.counts.len(), 0);
    }
}
