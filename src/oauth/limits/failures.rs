//! How often a wrong secret may be presented (RFC 6749 s2.3.1).
//!
//! Attempts are counted only where a secret is not yet known to be right: a client whose secret is known gets in, whatever
//! somebody else does with its identifier. For the same reason the limit of a client over all addresses refuses nobody by
//! itself: past it an attempt is checked only while few others wait ([`Priority::Low`]).

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{NotUntil, Quota, RateLimiter};
use parking_lot::Mutex;
use quick_cache::sync::Cache;

use super::LimiterClock;
use crate::clock::Clock;
use crate::ids::ClientId;
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
    const CLIENT_AND_ADDRESS: Self = Self::new("failures", NonZeroU32::new(10).unwrap(), 6);
    /// Failed attempts of one address for any clients.
    const ADDRESS: Self = Self::new("failures-of-address", NonZeroU32::new(100).unwrap(), 1);
    /// Failed attempts for one client by any addresses.
    const CLIENT: Self = Self::new("failures-of-client", NonZeroU32::new(100).unwrap(), 1);

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

    fn limiter<K: std::hash::Hash + Eq + Clone>(&self, clock: &LimiterClock) -> FailureLimiter<K> {
        // A period of zero has no quota; none of the policies has one.
        let quota = Quota::with_period(self.period).unwrap_or(Quota::per_second(self.burst));
        RateLimiter::new(
            quota.allow_burst(self.burst),
            DefaultKeyedStateStore::default(),
            clock.clone(),
        )
    }
}

/// Attempts of one address that may be checked at once.
const MAX_CONCURRENT_ATTEMPTS: u32 = 8;
/// Addresses, with and without a client, that are remembered as blocked.
const BLOCKED_CAPACITY: usize = 100_000;

type FailureLimiter<K> = RateLimiter<K, DefaultKeyedStateStore<K>, LimiterClock, NoOpMiddleware<Nanos>>;

/// Who made too many failed attempts.
#[derive(Clone, PartialEq, Eq, Hash)]
enum BlockedSource {
    Address(IpAddr),
    ClientAndAddress((ClientId, IpAddr)),
}

/// How urgently an attempt is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// The attempt may wait in the queue with all others.
    Normal,
    /// The attempt is checked only while the queue is short, because too many were made for this client.
    Low,
}

/// An attempt in progress. It counts against the limits only if it fails.
pub struct Attempt<'a> {
    limits: &'a FailureLimits,
    source: (ClientId, IpAddr),
    priority: Priority,
}

impl Attempt<'_> {
    /// How urgently it is checked.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// Counts the attempt, because the secret was not right.
    pub fn failed(self) {
        self.limits.count_failure(&self.source);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut in_progress = self.limits.in_progress.lock();
        if let Some(count) = in_progress.get_mut(&self.source.1) {
            *count -= 1;
            if *count == 0 {
                in_progress.remove(&self.source.1);
            }
        }
    }
}

/// The limits of failed attempts.
pub struct FailureLimits {
    by_client_and_address: FailureLimiter<(ClientId, IpAddr)>,
    by_address: FailureLimiter<IpAddr>,
    by_client: FailureLimiter<ClientId>,
    /// Until when a source that made too many failed attempts is refused, by the monotonic clock.
    blocked: Cache<BlockedSource, Duration>,
    in_progress: Mutex<HashMap<IpAddr, u32>>,
    clock: LimiterClock,
}

impl FailureLimits {
    /// Limits that have counted nothing yet.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let clock = LimiterClock(clock.clone());
        Self {
            by_client_and_address: FailurePolicy::CLIENT_AND_ADDRESS.limiter(&clock),
            by_address: FailurePolicy::ADDRESS.limiter(&clock),
            by_client: FailurePolicy::CLIENT.limiter(&clock),
            blocked: Cache::new(BLOCKED_CAPACITY),
            in_progress: Mutex::default(),
            clock,
        }
    }

    /// Lets an attempt with a secret that is not known to be right begin, unless too many failed before or too many of
    /// this address are being checked at the moment.
    pub fn begin_attempt(&self, client_id: &ClientId, address: IpAddr) -> Result<Attempt<'_>, Error> {
        let address = network(address);
        let source = (client_id.clone(), address);
        self.check_blocked(&BlockedSource::Address(address), FailurePolicy::ADDRESS)?;
        self.check_blocked(
            &BlockedSource::ClientAndAddress(source.clone()),
            FailurePolicy::CLIENT_AND_ADDRESS,
        )?;
        let mut in_progress = self.in_progress.lock();
        let count = in_progress.entry(address).or_insert(0);
        if *count >= MAX_CONCURRENT_ATTEMPTS {
            return Err(Error::TooManyFailures {
                policy: FailurePolicy::ADDRESS,
                retry_after: FailurePolicy::ADDRESS.period,
            });
        }
        *count += 1;
        drop(in_progress);
        let priority = if self.by_client.check_key(client_id).is_ok() {
            Priority::Normal
        } else {
            Priority::Low
        };
        Ok(Attempt {
            limits: self,
            source,
            priority,
        })
    }

    /// Refuses an address that made too many failed attempts.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Error> {
        self.check_blocked(&BlockedSource::Address(network(address)), FailurePolicy::ADDRESS)
    }

    fn check_blocked(&self, source: &BlockedSource, policy: FailurePolicy) -> Result<(), Error> {
        let Some(until) = self.blocked.get(source) else {
            return Ok(());
        };
        let retry_after = until.saturating_sub(self.clock.0.monotonic());
        if retry_after.is_zero() {
            return Ok(());
        }
        Err(Error::TooManyFailures { policy, retry_after })
    }

    fn count_failure(&self, source: &(ClientId, IpAddr)) {
        let block = |source, until: NotUntil<_>| {
            let now = self.clock.now();
            self.blocked
                .insert(source, Duration::from(now) + until.wait_time_from(now));
        };
        if let Err(until) = self.by_address.check_key(&source.1) {
            block(BlockedSource::Address(source.1), until);
        }
        if let Err(until) = self.by_client_and_address.check_key(source) {
            block(BlockedSource::ClientAndAddress(source.clone()), until);
        }
    }

    /// The refusal of an attempt of low priority while the queue is not short.
    #[must_use]
    pub fn too_many_for_client() -> Error {
        Error::TooManyFailures {
            policy: FailurePolicy::CLIENT,
            retry_after: FailurePolicy::CLIENT.period,
        }
    }

    pub(super) fn prune(&self) {
        self.by_client_and_address.retain_recent();
        self.by_address.retain_recent();
        self.by_client.retain_recent();
    }
}

/// The network that an address counts as: an IPv6 /64, which is what one household has, or the IPv4 address itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn limits() -> (FailureLimits, Clock) {
        let clock = Clock::frozen_at(DateTime::from_timestamp(1_520_181_000, 0).unwrap());
        (FailureLimits::new(&clock), clock)
    }

    fn client(name: &str) -> ClientId {
        name.parse().unwrap()
    }

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    /// Which limit refuses the attempt, and for how long.
    fn refusal(limits: &FailureLimits, name: &str, number: u32) -> Option<(&'static str, Duration)> {
        match limits.begin_attempt(&client(name), address(number)).err()? {
            Error::TooManyFailures { policy, retry_after } => Some((policy.name, retry_after)),
            other => panic!("{other:?}"),
        }
    }

    fn fail(limits: &FailureLimits, name: &str, number: u32) {
        limits
            .begin_attempt(&client(name), address(number))
            .unwrap()
            .failed();
    }

    #[test]
    fn one_address_exhausts_its_own_attempts_and_nobody_elses() {
        let (limits, clock) = limits();
        for _ in 0..=10 {
            fail(&limits, "a", 1);
        }
        assert_eq!(
            refusal(&limits, "a", 1),
            Some(("failures", Duration::from_secs(6)))
        );
        assert_eq!(refusal(&limits, "b", 1), None);
        assert_eq!(refusal(&limits, "a", 2), None);
        clock.advance(TimeDelta::microseconds(5_999_999));
        assert_eq!(
            refusal(&limits, "a", 1),
            Some(("failures", Duration::from_micros(1)))
        );
        clock.advance(TimeDelta::microseconds(1));
        fail(&limits, "a", 1);
        assert_eq!(refusal(&limits, "a", 1), None, "the one that the time gave back");
        fail(&limits, "a", 1);
        assert!(refusal(&limits, "a", 1).is_some());
    }

    #[test]
    fn one_address_that_tries_many_clients_is_refused_for_all() {
        let (limits, clock) = limits();
        for number in 0..=100 {
            assert!(limits.check_address(address(1)).is_ok());
            fail(&limits, &format!("client-{number}"), 1);
        }
        let expected = Some(("failures-of-address", Duration::from_secs(1)));
        assert_eq!(refusal(&limits, "another", 1), expected);
        assert!(limits.check_address(address(1)).is_err());
        assert!(limits.check_address(address(2)).is_ok());
        clock.advance(TimeDelta::seconds(1));
        assert!(limits.check_address(address(1)).is_ok());
    }

    #[test]
    fn attempts_that_succeed_do_not_count() {
        let (limits, _) = limits();
        for _ in 0..50 {
            drop(limits.begin_attempt(&client("a"), address(1)).unwrap());
        }
        assert!(limits.in_progress.lock().is_empty());
    }

    #[test]
    fn one_address_has_few_attempts_at_once() {
        let (limits, _) = limits();
        let mut at_once: Vec<_> = (0..8)
            .map(|_| limits.begin_attempt(&client("a"), address(1)).unwrap())
            .collect();
        let expected = Some(("failures-of-address", Duration::from_secs(1)));
        assert_eq!(refusal(&limits, "a", 1), expected);
        assert_eq!(refusal(&limits, "a", 2), None);
        at_once.pop();
        assert_eq!(refusal(&limits, "a", 1), None);
    }

    #[test]
    fn many_addresses_that_try_one_client_have_low_priority_but_are_not_refused() {
        let (limits, clock) = limits();
        let priority = |name: &str, number: u32| {
            let attempt = limits.begin_attempt(&client(name), address(number));
            attempt.unwrap().priority()
        };
        for number in 0..100 {
            assert_eq!(priority("a", number), Priority::Normal);
        }
        assert_eq!(priority("a", 1_000), Priority::Low);
        assert_eq!(priority("b", 1_001), Priority::Normal);
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(priority("a", 1_002), Priority::Normal);
        assert_eq!(priority("a", 1_003), Priority::Low);
    }

    #[test]
    fn counts_are_deleted_once_the_whole_allowance_is_back() {
        let (limits, clock) = limits();
        fail(&limits, "a", 1);
        let counted =
            || limits.by_address.len() + limits.by_client.len() + limits.by_client_and_address.len();
        limits.prune();
        assert_eq!(counted(), 3);
        clock.advance(TimeDelta::seconds(100));
        limits.prune();
        assert_eq!(counted(), 0);
    }

    #[test]
    fn a_policy_says_how_many_in_how_long() {
        let policy = FailurePolicy::CLIENT_AND_ADDRESS;
        assert_eq!((policy.burst.get(), policy.window_seconds()), (10, 60));
        let policy = FailurePolicy::ADDRESS;
        assert_eq!((policy.burst.get(), policy.window_seconds()), (100, 100));
        let Error::TooManyFailures { policy, retry_after } = FailureLimits::too_many_for_client() else {
            panic!("another refusal");
        };
        assert_eq!(
            (policy.name, retry_after),
            ("failures-of-client", Duration::from_secs(1))
        );
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_count_as_one() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::2"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8::1"));
        assert_eq!(
            network("::ffff:192.0.2.1"),
            "192.0.2.1".parse::<IpAddr>().unwrap()
        );
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
