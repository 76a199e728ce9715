//! How often a wrong secret may be tried (RFC 6749 s2.3.1), and how many requests a client may make.
//!
//! Attempts are counted only where a secret is not yet known to be right: a client whose secret is known gets in, whatever
//! somebody else does with its id. For the same reason the limit of a client over all addresses refuses nobody: past it
//! an attempt may only use what the others leave free ([`Attempt::Spare`]). GCRA, from the `governor` crate.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};

use super::error::Error;
use crate::clients::Scope;
use crate::ids::ClientId;

/// Failed attempts that one address may make for one client: this many at once, then one every [`PAIR_PERIOD`].
const PAIR_BURST: NonZeroU32 = NonZeroU32::new(10).unwrap();
const PAIR_PERIOD: Duration = Duration::from_secs(6);
/// Failed attempts that one address may make for any clients.
const ADDRESS_BURST: NonZeroU32 = NonZeroU32::new(100).unwrap();
const ADDRESS_PERIOD: Duration = Duration::from_secs(1);

/// Failed attempts for one client that all addresses together may make before they have to stand back.
const CLIENT_BURST: NonZeroU32 = NonZeroU32::new(100).unwrap();
const CLIENT_PERIOD: Duration = Duration::from_secs(1);

/// A limit of failed attempts, for the `RateLimit` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: &'static str,
    /// How many attempts.
    pub quota: u32,
    /// In how many seconds.
    pub window_seconds: u64,
}

impl Policy {
    const PAIR: Self = Self::new("failures", PAIR_BURST, PAIR_PERIOD);
    const ADDRESS: Self = Self::new("failures-of-address", ADDRESS_BURST, ADDRESS_PERIOD);
    const CLIENT: Self = Self::new("failures-of-client", CLIENT_BURST, CLIENT_PERIOD);

    const fn new(name: &'static str, burst: NonZeroU32, period: Duration) -> Self {
        Self {
            name,
            quota: burst.get(),
            window_seconds: burst.get() as u64 * period.as_secs(),
        }
    }
}

/// How an attempt may be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// In its turn.
    Regular,
    /// Only where places are to spare: too many attempts were made for this client.
    Spare,
}

type RequestLimiter = RateLimiter<
    (ClientId, Scope),
    governor::state::keyed::DefaultKeyedStateStore<(ClientId, Scope)>,
    DefaultClock,
    StateInformationMiddleware,
>;

/// All limits of one instance.
pub struct Limits {
    by_pair: DefaultKeyedRateLimiter<(ClientId, IpAddr)>,
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    by_client: DefaultKeyedRateLimiter<ClientId>,
    /// One limiter for each rate in use, because the rate is the client's own.
    requests: std::sync::RwLock<std::collections::HashMap<NonZeroU32, std::sync::Arc<RequestLimiter>>>,
    clock: DefaultClock,
}

/// Where a client stands after a request that was counted, for the `RateLimit` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Requests a second.
    pub quota: u32,
    /// Requests that could be made at once now.
    pub remaining: u32,
}

/// The client made more requests than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverLimit {
    /// Requests a second.
    pub quota: u32,
    /// When the next one will be taken.
    pub retry_after: Duration,
}

impl Limits {
    /// Fresh limits.
    #[must_use]
    pub fn new() -> Self {
        let quota = |period, burst| Quota::with_period(period).map(|quota: Quota| quota.allow_burst(burst));
        Self {
            by_pair: RateLimiter::keyed(
                quota(PAIR_PERIOD, PAIR_BURST).unwrap_or(Quota::per_minute(PAIR_BURST)),
            ),
            by_address: RateLimiter::keyed(
                quota(ADDRESS_PERIOD, ADDRESS_BURST).unwrap_or(Quota::per_minute(ADDRESS_BURST)),
            ),
            by_client: RateLimiter::keyed(
                quota(CLIENT_PERIOD, CLIENT_BURST).unwrap_or(Quota::per_minute(CLIENT_BURST)),
            ),
            requests: std::sync::RwLock::default(),
            clock: DefaultClock::default(),
        }
    }

    /// Counts an attempt with a secret that is not known to be right.
    pub fn begin_attempt(&self, client_id: &ClientId, address: IpAddr) -> Result<Attempt, Error> {
        let address = network(address);
        let refuse = |policy, until: NotUntil<_>| Error::TooManyFailures {
            policy,
            retry_after: until.wait_time_from(self.clock.now()),
        };
        self.by_address
            .check_key(&address)
            .map_err(|until| refuse(Policy::ADDRESS, until))?;
        self.by_pair
            .check_key(&(client_id.clone(), address))
            .map_err(|until| refuse(Policy::PAIR, until))?;
        Ok(match self.by_client.check_key(client_id) {
            Ok(()) => Attempt::Regular,
            Err(_until) => Attempt::Spare,
        })
    }

    /// The refusal of a spare attempt for which there was no place.
    #[must_use]
    pub fn no_place_to_spare() -> Error {
        Error::TooManyFailures {
            policy: Policy::CLIENT,
            retry_after: CLIENT_PERIOD,
        }
    }

    /// Counts a request of a client to the API of `scope`, of which it may make `per_second` a second.
    pub fn count_request(
        &self,
        client_id: &ClientId,
        scope: Scope,
        per_second: NonZeroU32,
    ) -> Result<Standing, OverLimit> {
        let limiter = self.request_limiter(per_second);
        match limiter.check_key(&(client_id.clone(), scope)) {
            Ok(state) => Ok(Standing {
                quota: per_second.get(),
                remaining: state.remaining_burst_capacity(),
            }),
            Err(until) => Err(OverLimit {
                quota: per_second.get(),
                retry_after: until.wait_time_from(self.clock.now()),
            }),
        }
    }

    fn request_limiter(&self, per_second: NonZeroU32) -> std::sync::Arc<RequestLimiter> {
        use std::sync::{Arc, PoisonError};
        let known = self
            .requests
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&per_second)
            .map(Arc::clone);
        known.unwrap_or_else(|| {
            let mut limiters = self.requests.write().unwrap_or_else(PoisonError::into_inner);
            let limiter = limiters.entry(per_second).or_insert_with(|| {
                Arc::new(RateLimiter::keyed(Quota::per_second(per_second)).with_middleware())
            });
            Arc::clone(limiter)
        })
    }

    /// Forgets those who have been quiet long enough to have their whole allowance back.
    pub fn prune(&self) {
        self.by_pair.retain_recent();
        self.by_address.retain_recent();
        self.by_client.retain_recent();
        for limiter in self
            .requests
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .values()
        {
            limiter.retain_recent();
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// One household has one IPv6 /64: its addresses count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> ClientId {
        name.parse().unwrap()
    }

    #[test]
    fn one_address_exhausts_its_own_attempts_and_nobody_elses() {
        let limits = Limits::new();
        let attacker: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..PAIR_BURST.get() {
            limits.begin_attempt(&client("a"), attacker).unwrap();
        }
        let refused = limits.begin_attempt(&client("a"), attacker).unwrap_err();
        assert!(
            matches!(refused, Error::TooManyFailures { retry_after, policy: Policy::PAIR } if retry_after > Duration::ZERO)
        );
        limits.begin_attempt(&client("b"), attacker).unwrap();
        limits
            .begin_attempt(&client("a"), "192.0.2.2".parse().unwrap())
            .unwrap();
    }

    #[test]
    fn many_addresses_that_try_one_client_stand_back_but_are_not_refused() {
        let limits = Limits::new();
        let attempt = |number: u32| {
            let address = IpAddr::from(std::net::Ipv4Addr::from(number));
            limits.begin_attempt(&client("a"), address).unwrap()
        };
        for number in 0..CLIENT_BURST.get() {
            assert_eq!(attempt(number), Attempt::Regular);
        }
        let spare = (0..10).filter(|number| attempt(1_000 + number) == Attempt::Spare);
        assert!(spare.count() >= 1);
        let address = "192.0.2.1".parse().unwrap();
        assert_eq!(
            limits.begin_attempt(&client("b"), address).unwrap(),
            Attempt::Regular
        );
    }

    #[test]
    fn a_policy_says_how_many_in_how_long() {
        assert_eq!((Policy::PAIR.quota, Policy::PAIR.window_seconds), (10, 60));
        assert_eq!(
            (Policy::ADDRESS.quota, Policy::ADDRESS.window_seconds),
            (100, 100)
        );
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_count_as_one() {
        assert_eq!(
            network("2001:db8::1".parse().unwrap()),
            network("2001:db8::2".parse().unwrap())
        );
        assert_ne!(
            network("2001:db8:0:1::1".parse().unwrap()),
            network("2001:db8::1".parse().unwrap())
        );
        assert_eq!(
            network("::ffff:192.0.2.1".parse().unwrap()),
            "192.0.2.1".parse::<IpAddr>().unwrap()
        );
    }

    #[test]
    fn requests_are_counted_by_client_and_api() {
        let limits = Limits::new();
        let two = NonZeroU32::new(2).unwrap();
        assert_eq!(
            limits
                .count_request(&client("a"), Scope::Profiles, two)
                .unwrap()
                .remaining,
            1
        );
        assert_eq!(
            limits
                .count_request(&client("a"), Scope::Profiles, two)
                .unwrap()
                .remaining,
            0
        );
        assert_eq!(
            limits
                .count_request(&client("a"), Scope::Profiles, two)
                .unwrap_err()
                .quota,
            2
        );
        limits.count_request(&client("a"), Scope::EmsiOpen, two).unwrap();
        limits.count_request(&client("b"), Scope::Profiles, two).unwrap();
    }
}
