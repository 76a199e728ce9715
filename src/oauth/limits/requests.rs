//! How many requests a client may make (R74), by client and API.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use parking_lot::RwLock;

use super::LimiterClock;
use crate::clients::Scope;
use crate::clock::Clock;
use crate::ids::ClientId;

/// The requests of a client to the API of one scope are counted together.
type RequestKey = (ClientId, Scope);

type RequestLimiter =
    RateLimiter<RequestKey, DefaultKeyedStateStore<RequestKey>, LimiterClock, StateInformationMiddleware>;

/// The request limits of one replica.
pub struct RequestLimits {
    /// One limiter for each rate in use, because the rate is a setting of the client.
    limiters: RwLock<HashMap<NonZeroU32, Arc<RequestLimiter>>>,
    clock: LimiterClock,
}

/// What is left of a client's request limit after a request was counted, for the `RateLimit` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitState {
    /// Requests a second.
    pub quota: u32,
    /// Requests that could be made at once now.
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

impl RequestLimits {
    /// Limits that have counted nothing yet.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self {
            limiters: RwLock::default(),
            clock: LimiterClock(clock.clone()),
        }
    }

    /// Counts a request of a client to the API of `scope`, of which it may make `per_second` a second.
    pub fn count(
        &self,
        client_id: &ClientId,
        scope: Scope,
        per_second: NonZeroU32,
    ) -> Result<RateLimitState, RateLimitExceeded> {
        match self.limiter(per_second).check_key(&(client_id.clone(), scope)) {
            Ok(state) => Ok(RateLimitState {
                quota: per_second.get(),
                remaining: state.remaining_burst_capacity(),
            }),
            Err(until) => Err(RateLimitExceeded {
                quota: per_second.get(),
                retry_after: until.wait_time_from(self.clock.now()),
            }),
        }
    }

    fn limiter(&self, per_second: NonZeroU32) -> Arc<RequestLimiter> {
        let known = self.limiters.read().get(&per_second).map(Arc::clone);
        known.unwrap_or_else(|| {
            let mut limiters = self.limiters.write();
            let limiter = limiters.entry(per_second).or_insert_with(|| {
                let counts = DefaultKeyedStateStore::default();
                let quota = Quota::per_second(per_second);
                Arc::new(RateLimiter::new(quota, counts, self.clock.clone()))
            });
            Arc::clone(limiter)
        })
    }

    pub(super) fn prune(&self) {
        for limiter in self.limiters.read().values() {
            limiter.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn client(name: &str) -> ClientId {
        name.parse().unwrap()
    }

    #[test]
    fn requests_are_counted_by_client_and_api() {
        let clock = Clock::frozen_at(DateTime::UNIX_EPOCH);
        let limits = RequestLimits::new(&clock);
        let rate = NonZeroU32::new(2).unwrap();
        let count = |name: &str, scope| limits.count(&client(name), scope, rate);
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
    fn counts_are_deleted_once_the_whole_allowance_is_back() {
        let clock = Clock::frozen_at(DateTime::UNIX_EPOCH);
        let limits = RequestLimits::new(&clock);
        let rate = NonZeroU32::new(1).unwrap();
        limits.count(&client("a"), Scope::Profiles, rate).unwrap();
        limits.prune();
        assert_eq!(limits.limiter(rate).len(), 1);
        clock.advance(TimeDelta::seconds(2));
        limits.prune();
        assert_eq!(limits.limiter(rate).len(), 0);
    }
}
