//! The limits of failed attempts in numbers.

use std::num::NonZeroU32;
use std::time::Duration;

use super::gcra::Limit;
use crate::oauth::error::Error;

/// A limit of failed attempts: so many at once, then one in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailurePolicy {
    /// Its name in the `RateLimit` headers.
    pub name: &'static str,
    /// Attempts that may fail at once.
    pub burst: NonZeroU32,
    /// How long it takes until one more may fail.
    pub period: Duration,
}

impl FailurePolicy {
    /// Failed attempts of one address for one client.
    pub(super) const CLIENT_AND_ADDRESS: Self = Self::new("failures", NonZeroU32::new(10).unwrap(), 6);
    /// Failed attempts of one address for any clients.
    pub(super) const ADDRESS: Self = Self::new("failures-of-address", NonZeroU32::new(100).unwrap(), 1);
    /// Attempts for one client by any addresses.
    pub(super) const CLIENT: Self = Self::new("failures-of-client", NonZeroU32::new(100).unwrap(), 1);

    const fn new(name: &'static str, burst: NonZeroU32, period_seconds: u64) -> Self {
        Self {
            name,
            burst,
            period: Duration::from_secs(period_seconds),
        }
    }

    /// Seconds after which all attempts may be made again.
    #[must_use]
    pub fn window_seconds(&self) -> u64 {
        u64::from(self.burst.get()) * self.period.as_secs()
    }

    pub(super) fn limit(self) -> Limit {
        Limit {
            burst: self.burst,
            period: self.period,
        }
    }

    pub(super) fn reached(self, retry_after: Duration) -> Error {
        Error::TooManyFailures {
            policy: self,
            retry_after,
        }
    }
}
