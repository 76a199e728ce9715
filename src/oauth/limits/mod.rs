//! The limits of one replica: how often a wrong secret may be presented (RFC 6749 s2.3.1), and how many requests a client
//! may make. Both count by GCRA, from the `governor` crate.

mod failures;
mod requests;

use governor::clock;
use governor::nanos::Nanos;

pub use failures::{Attempt, FailureLimits, FailurePolicy, Priority};
pub use requests::{RateLimitExceeded, RateLimitState, RequestLimits};

use crate::clock::Clock;

/// All limits of one replica. Replicas do not share their counts.
pub struct Limits {
    /// Failed attempts to present a secret.
    pub failures: FailureLimits,
    /// Requests of clients with a request limit.
    pub requests: RequestLimits,
}

impl Limits {
    /// Limits that have counted nothing yet.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self {
            failures: FailureLimits::new(clock),
            requests: RequestLimits::new(clock),
        }
    }

    /// Deletes the counts of those who have been quiet long enough to have their whole allowance back.
    pub fn prune(&self) {
        self.failures.prune();
        self.requests.prune();
    }
}

/// The service's clock as `governor` reads it: by intervals, so that a corrected system clock neither opens nor closes a
/// limit.
#[derive(Clone)]
struct LimiterClock(Clock);

impl clock::Clock for LimiterClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.monotonic().into()
    }
}
