//! How often a wrong secret may be tried (RFC 6749 s2.3.1), and how many requests a client may make.
//!
//! Attempts are counted only where a secret is not yet known to be right: a client whose secret is known gets in, whatever
//! somebody else does with its id. For the same reason the limit of a client over all addresses refuses nobody: past it
//! an attempt may only use what the others leave free ([`Turn::Spare`]). GCRA, from the `governor` crate.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use quick_cache::sync::Cache;

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

/// Attempts of one address that are checked at once.
const MOST_AT_ONCE: u32 = 8;
/// Addresses, and pairs of a client and an address, that are remembered as blocked.
const BLOCKED_CAPACITY: usize = 100_000;

/// Who made too many failed attempts.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Blocked {
    Address(IpAddr),
    Pair((ClientId, IpAddr)),
}

/// When an attempt may be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// As all others.
    Regular,
    /// Only where places are to spare: too many attempts were made for this client.
    Spare,
}

/// An attempt in progress. Only a failed one counts.
pub struct Attempt<'a> {
    limits: &'a Limits,
    pair: (ClientId, IpAddr),
    turn: Turn,
}

impl Attempt<'_> {
    /// When it may be checked.
    #[must_use]
    pub fn turn(&self) -> Turn {
        self.turn
    }

    /// The secret was not right.
    pub fn failed(self) {
        self.limits.count_failure(&self.pair);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut in_progress = self
            .limits
            .in_progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = in_progress.get_mut(&self.pair.1) {
            *count -= 1;
            if *count == 0 {
                in_progress.remove(&self.pair.1);
            }
        }
    }
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
    /// Until when who made too many failed attempts is refused.
    blocked: Cache<Blocked, Instant>,
    in_progress: Mutex<HashMap<IpAddr, u32>>,
    /// One limiter for each rate in use, because the rate is the client's own.
    requests: std::sync::RwLock<HashMap<NonZeroU32, std::sync::Arc<RequestLimiter>>>,
    clock: DefaultClock,
}

/// Where a client stands after a request that was counted, for the `RateLimit` headers.
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
            blocked: Cache::new(BLOCKED_CAPACITY),
            in_progress: Mutex::default(),
            requests: std::sync::RwLock::default(),
            clock: DefaultClock::default(),
        }
    }

    /// Lets an attempt with a secret that is not known to be right begin, unless too many failed before or too many of
    /// this address are being checked at the moment.
    pub fn begin_attempt(&self, client_id: &ClientId, address: IpAddr) -> Result<Attempt<'_>, Error> {
        let address = network(address);
        let pair = (client_id.clone(), address);
        self.check_blocked(&Blocked::Address(address), Policy::ADDRESS)?;
        self.check_blocked(&Blocked::Pair(pair.clone()), Policy::PAIR)?;
        let mut in_progress = self.in_progress.lock().unwrap_or_else(PoisonError::into_inner);
        let count = in_progress.entry(address).or_insert(0);
        if *count >= MOST_AT_ONCE {
            return Err(Error::TooManyFailures {
                policy: Policy::ADDRESS,
                retry_after: ADDRESS_PERIOD,
            });
        }
        *count += 1;
        drop(in_progress);
        let turn = if self.by_client.check_key(client_id).is_ok() {
            Turn::Regular
        } else {
            Turn::Spare
        };
        Ok(Attempt {
            limits: self,
            pair,
            turn,
        })
    }

    /// Refuses an address that made too many failed attempts.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Error> {
        self.check_blocked(&Blocked::Address(network(address)), Policy::ADDRESS)
    }

    fn check_blocked(&self, key: &Blocked, policy: Policy) -> Result<(), Error> {
        let until = self.blocked.get(key);
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(wait) if !wait.is_zero() => Err(Error::TooManyFailures {
                policy,
                retry_after: wait,
            }),
            _ => Ok(()),
        }
    }

    fn count_failure(&self, pair: &(ClientId, IpAddr)) {
        let block = |key, until: NotUntil<_>| {
            self.blocked
                .insert(key, Instant::now() + until.wait_time_from(self.clock.now()));
        };
        if let Err(until) = self.by_address.check_key(&pair.1) {
            block(Blocked::Address(pair.1), until);
        }
        if let Err(until) = self.by_pair.check_key(pair) {
            block(Blocked::Pair(pair.clone()), until);
        }
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
    ) -> Result<RateLimitState, RateLimitExceeded> {
        let limiter = self.request_limiter(per_second);
        match limiter.check_key(&(client_id.clone(), scope)) {
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
            .unwrap_or_else(PoisonError::into_inner)
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
        for _ in 0..=PAIR_BURST.get() {
            limits.begin_attempt(&client("a"), attacker).unwrap().failed();
        }
        let refused = limits.begin_attempt(&client("a"), attacker).err().unwrap();
        assert!(
            matches!(refused, Error::TooManyFailures { retry_after, policy: Policy::PAIR } if retry_after > Duration::ZERO)
        );
        assert!(limits.begin_attempt(&client("b"), attacker).is_ok());
        assert!(
            limits
                .begin_attempt(&client("a"), "192.0.2.2".parse().unwrap())
                .is_ok()
        );
    }

    #[test]
    fn attempts_that_succeed_do_not_count() {
        let limits = Limits::new();
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..5 * PAIR_BURST.get() {
            drop(limits.begin_attempt(&client("a"), address).unwrap());
        }
    }

    #[test]
    fn one_address_has_few_attempts_at_once() {
        let limits = Limits::new();
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let mut at_once: Vec<_> = (0..MOST_AT_ONCE)
            .map(|_| limits.begin_attempt(&client("a"), address).unwrap())
            .collect();
        assert!(limits.begin_attempt(&client("a"), address).is_err());
        assert!(
            limits
                .begin_attempt(&client("a"), "192.0.2.2".parse().unwrap())
                .is_ok()
        );
        at_once.pop();
        assert!(limits.begin_attempt(&client("a"), address).is_ok());
    }

    #[test]
    fn many_addresses_that_try_one_client_stand_back_but_are_not_refused() {
        let limits = Limits::new();
        let turn = |number: u32| {
            let address = IpAddr::from(std::net::Ipv4Addr::from(number));
            limits.begin_attempt(&client("a"), address).unwrap().turn()
        };
        for number in 0..CLIENT_BURST.get() {
            assert_eq!(turn(number), Turn::Regular);
        }
        let spare = (0..10).filter(|number| turn(1_000 + number) == Turn::Spare);
        assert!(spare.count() >= 1);
        let address = "192.0.2.1".parse().unwrap();
        assert_eq!(
            limits.begin_attempt(&client("b"), address).unwrap().turn(),
            Turn::Regular
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
