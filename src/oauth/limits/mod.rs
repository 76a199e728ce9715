//! How often a wrong secret may be presented (RFC 6749 s2.3.1), and how many requests a client may make.
//!
//! A limit is one of all replicas together. Each enforces its share, the limit divided by how many replicas there are
//! ([`Limits::set_replicas`]); or all count in one Redis ([`Limits::share_counts`]), and enforce their shares while that does
//! not answer. A limit is never left open.

mod failure_policy;
mod failures;
mod gcra;
mod link;
mod places;
mod requests;
mod shared;
mod shared_failures;
mod sharing;

use std::sync::Arc;

pub use failure_policy::FailurePolicy;
pub use failures::{Attempt, FailureLimits, Priority};
pub use requests::{CountedRequest, RateLimitExceeded, RateLimitState, RequestLimit, RequestLimits};
pub use shared::{InvalidRedisUrl, RedisServer};

use self::shared::SharedCounts;
use self::sharing::Sharing;
use crate::clock::Clock;

/// All limits, as one replica enforces them.
pub struct Limits {
    /// Failed attempts to present a secret.
    pub failures: FailureLimits,
    /// Requests of clients with a request limit.
    pub requests: RequestLimits,
    sharing: Arc<Sharing>,
}

impl Limits {
    /// Limits that have counted nothing yet, of the only replica.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let sharing = Arc::<Sharing>::default();
        Self {
            failures: FailureLimits::new(clock, Arc::clone(&sharing)),
            requests: RequestLimits::new(clock, Arc::clone(&sharing)),
            sharing,
        }
    }

    /// How many replicas divide the limits among them, this one included.
    #[must_use]
    pub fn replicas(&self) -> u32 {
        self.sharing.replicas().get()
    }

    /// From now on this replica is one of so many. What was counted stays.
    pub fn set_replicas(&self, number: u32) {
        self.sharing.set_replicas(number);
    }

    /// From now on the limits are counted in this server, together with all replicas of the service with this issuer.
    pub fn share_counts(&self, server: RedisServer, issuer: &str) {
        self.sharing.share_counts(SharedCounts::new(server, issuer));
    }

    /// Begins to connect the present thread to Redis, if there is one, so that its first request finds a connection.
    pub fn connect_thread(&self) {
        if let Some(redis) = self.sharing.redis() {
            redis.connect();
        }
    }

    /// Whether every thread of this replica is connected to Redis.
    #[must_use]
    pub fn are_shared(&self) -> bool {
        self.sharing.redis().is_some_and(SharedCounts::is_up)
    }

    /// How often was counted, by where: in `redis`, or against this replica's `share`.
    #[must_use]
    pub fn counted(&self) -> [(&'static str, u64); 2] {
        let by_redis = self.sharing.redis().map_or(0, SharedCounts::counted);
        [("redis", by_redis), ("share", self.sharing.by_share())]
    }

    /// Deletes the counts of those who have been quiet long enough to have their whole allowance back.
    pub fn prune(&self) {
        self.failures.prune();
        self.requests.prune();
    }
}
