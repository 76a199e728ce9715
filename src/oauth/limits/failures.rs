//! How often a wrong secret may be presented (RFC 6749 s2.3.1).
//!
//! Attempts are counted only where a secret is not yet known to be right: a client whose secret is known gets in, whatever
//! somebody else does with its identifier. For the same reason the limit of a client over all addresses refuses nobody by
//! itself: past it an attempt is checked only while few others wait ([`Priority::Low`]).
//!
//! An attempt counts against its address from its beginning, so that many at once are no more than the limit, and what it
//! counted is given back unless the secret was wrong.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use quick_cache::sync::Cache;

use super::gcra::{Allowance, Counts, Limit};
use super::shared::{Count, SharedCounts};
use super::sharing::Sharing;
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
    /// Attempts for one client by any addresses.
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

    fn limit(self) -> Limit {
        Limit {
            burst: self.burst,
            period: self.period,
        }
    }

    fn reached(self, retry_after: Duration) -> Error {
        Error::TooManyFailures {
            policy: self,
            retry_after,
        }
    }
}

/// The policies by which an attempt is refused, and what may be used of each.
fn refusing(replicas: NonZeroU32) -> [(FailurePolicy, Allowance); 2] {
    [FailurePolicy::ADDRESS, FailurePolicy::CLIENT_AND_ADDRESS]
        .map(|policy| (policy, policy.limit().share_and_one(replicas)))
}

/// Attempts of one address that may be checked at once.
const MAX_CONCURRENT_ATTEMPTS: u32 = 8;
/// Addresses, with and without a client, that are remembered as blocked.
const BLOCKED_CAPACITY: usize = 100_000;

/// Whose failed attempts are counted together.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Source {
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

impl Priority {
    fn by_room(room: Result<Duration, Duration>) -> Self {
        room.map_or(Self::Low, |_| Self::Normal)
    }
}

/// An attempt in progress. What it counted is given back when it is dropped, unless it [failed](Self::failed).
pub struct Attempt<'a> {
    slot: Slot<'a>,
    sources: [Source; 2],
    /// How far each of them was moved on in memory.
    costs: [Duration; 2],
    is_shared: bool,
    has_failed: bool,
    priority: Priority,
}

impl Attempt<'_> {
    /// How urgently it is checked.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// What the attempt counted stays, because the secret was not right.
    pub fn failed(mut self) {
        self.has_failed = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.has_failed {
            return;
        }
        let limits = self.slot.limits;
        for (source, cost) in self.sources.iter().zip(self.costs) {
            limits.counts.give_back(source, cost);
        }
        if self.is_shared {
            limits.give_back_shared(&self.sources);
        }
    }
}

/// One of the places that each address has.
struct Slot<'a> {
    limits: &'a FailureLimits,
    address: IpAddr,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut in_progress = self.limits.in_progress.lock();
        if let Some(count) = in_progress.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                in_progress.remove(&self.address);
            }
        }
    }
}

/// The limits of failed attempts.
pub struct FailureLimits {
    counts: Counts<Source>,
    by_client: Counts<ClientId>,
    /// Until when Redis refuses a source, by the monotonic clock.
    blocked: Cache<Source, Duration>,
    in_progress: Mutex<HashMap<IpAddr, u32>>,
    sharing: Arc<Sharing>,
    clock: Clock,
}

impl FailureLimits {
    /// Limits that have counted nothing yet.
    pub(super) fn new(clock: &Clock, sharing: Arc<Sharing>) -> Self {
        Self {
            counts: Counts::new(),
            by_client: Counts::new(),
            blocked: Cache::new(BLOCKED_CAPACITY),
            in_progress: Mutex::default(),
            sharing,
            clock: clock.clone(),
        }
    }

    /// Lets an attempt with a secret that is not known to be right begin, unless too many failed before or too many of
    /// this address are being checked at the moment.
    pub async fn begin_attempt(&self, client_id: &ClientId, address: IpAddr) -> Result<Attempt<'_>, Error> {
        let address = network(address);
        let sources = [
            Source::Address(address),
            Source::ClientAndAddress((client_id.clone(), address)),
        ];
        let slot = self.take_slot(address)?;
        if let Some(redis) = self.sharing.redis() {
            self.check_blocked(&sources)?;
            if let Some(counted) = take_shared(redis, client_id, &sources).await {
                let priority = counted.map_err(|(at, wait)| self.block(&sources, at, wait))?;
                return Ok(self.noted(slot, sources, client_id, priority));
            }
        }
        self.take_share(slot, sources, client_id)
    }

    /// Refuses an address that made too many failed attempts, as far as this replica knows.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Error> {
        let source = Source::Address(network(address));
        let (policy, allowance) = refusing(self.sharing.replicas())[0];
        let wait = match self.sharing.redis() {
            Some(redis) if redis.is_expected() => self.blocked_for(&source),
            _ => self.counts.wait(&source, allowance, self.clock.monotonic()),
        };
        wait.map_or(Ok(()), |wait| Err(policy.reached(wait)))
    }

    fn take_slot(&self, address: IpAddr) -> Result<Slot<'_>, Error> {
        let mut in_progress = self.in_progress.lock();
        let count = in_progress.entry(address).or_insert(0);
        if *count >= MAX_CONCURRENT_ATTEMPTS {
            return Err(FailurePolicy::ADDRESS.reached(FailurePolicy::ADDRESS.period));
        }
        *count += 1;
        Ok(Slot {
            limits: self,
            address,
        })
    }

    /// Counts an attempt against this replica's share of the limits.
    fn take_share<'a>(
        &'a self,
        slot: Slot<'a>,
        sources: [Source; 2],
        client_id: &ClientId,
    ) -> Result<Attempt<'a>, Error> {
        self.sharing.note_share();
        let now = self.clock.monotonic();
        let policies = refusing(self.sharing.replicas());
        for (at, (source, (policy, allowance))) in sources.iter().zip(policies).enumerate() {
            if let Err(wait) = self.counts.take(source.clone(), allowance, now) {
                for (source, (_, allowance)) in sources.iter().zip(policies).take(at) {
                    self.counts.give_back(source, allowance.cost);
                }
                return Err(policy.reached(wait));
            }
        }
        let share = FailurePolicy::CLIENT.limit().share(self.sharing.replicas());
        let priority = Priority::by_room(self.by_client.take(client_id.clone(), share, now));
        Ok(Attempt {
            slot,
            sources,
            costs: policies.map(|(_, allowance)| allowance.cost),
            is_shared: false,
            has_failed: false,
            priority,
        })
    }

    /// An attempt that was counted in Redis. It is counted in memory too, so that this replica does not begin at nothing
    /// should Redis go away.
    fn noted<'a>(
        &'a self,
        slot: Slot<'a>,
        sources: [Source; 2],
        client_id: &ClientId,
        priority: Priority,
    ) -> Attempt<'a> {
        let (now, replicas) = (self.clock.monotonic(), self.sharing.replicas());
        let [address, pair] = sources.each_ref();
        let [(_, of_address), (_, of_pair)] = refusing(replicas);
        let share = FailurePolicy::CLIENT.limit().share(replicas);
        self.by_client.note(client_id.clone(), share, now);
        Attempt {
            slot,
            costs: [
                self.counts.note(address.clone(), of_address, now),
                self.counts.note(pair.clone(), of_pair, now),
            ],
            sources,
            is_shared: true,
            has_failed: false,
            priority,
        }
    }

    /// The refusal of an attempt for which a source has no room; it is remembered, so that later ones need not ask.
    fn block(&self, sources: &[Source; 2], at: usize, wait: Duration) -> Error {
        let until = self.clock.monotonic() + wait;
        let (source, policy) = match (at, sources) {
            (0, [address, _]) => (address, FailurePolicy::ADDRESS),
            (_, [_, pair]) => (pair, FailurePolicy::CLIENT_AND_ADDRESS),
        };
        self.blocked.insert(source.clone(), until);
        policy.reached(wait)
    }

    fn check_blocked(&self, sources: &[Source; 2]) -> Result<(), Error> {
        let policies = [FailurePolicy::ADDRESS, FailurePolicy::CLIENT_AND_ADDRESS];
        for (source, policy) in sources.iter().zip(policies) {
            if let Some(wait) = self.blocked_for(source) {
                return Err(policy.reached(wait));
            }
        }
        Ok(())
    }

    fn blocked_for(&self, source: &Source) -> Option<Duration> {
        let wait = self.blocked.get(source)?.saturating_sub(self.clock.monotonic());
        (!wait.is_zero()).then_some(wait)
    }

    /// Gives back in Redis what an attempt counted, without waiting for it.
    fn give_back_shared(&self, sources: &[Source; 2]) {
        let (Ok(runtime), Some(_)) = (tokio::runtime::Handle::try_current(), self.sharing.redis()) else {
            return;
        };
        let (sources, sharing) = (sources.clone(), Arc::clone(&self.sharing));
        runtime.spawn(async move {
            if let Some(redis) = sharing.redis() {
                redis.give_back(shared_counts(redis, &sources)).await;
            }
        });
    }

    /// The refusal of an attempt of low priority while the queue is not short.
    #[must_use]
    pub fn too_many_for_client() -> Error {
        FailurePolicy::CLIENT.reached(FailurePolicy::CLIENT.period)
    }

    pub(super) fn prune(&self) {
        let now = self.clock.monotonic();
        self.counts.prune(now);
        self.by_client.prune(now);
    }
}

/// The counts in Redis by which an attempt of these sources is refused.
fn shared_counts(redis: &SharedCounts, sources: &[Source; 2]) -> [Count; 2] {
    let [(_, of_address), (_, of_pair)] = refusing(NonZeroU32::MIN);
    let [address, pair] = sources.each_ref().map(|source| source_name(redis, source));
    [
        Count {
            name: address,
            allowance: of_address,
        },
        Count {
            name: pair,
            allowance: of_pair,
        },
    ]
}

fn source_name(redis: &SharedCounts, source: &Source) -> String {
    match source {
        Source::Address(address) => redis.name("failures-of-address", &[&address.to_string()]),
        Source::ClientAndAddress((client_id, address)) => {
            redis.name("failures", &[client_id.as_str(), &address.to_string()])
        }
    }
}

/// Counts an attempt together with the other replicas. `Err`: which of the sources has no room, and for how long. `None`:
/// Redis did not answer.
async fn take_shared(
    redis: &SharedCounts,
    client_id: &ClientId,
    sources: &[Source; 2],
) -> Option<Result<Priority, (usize, Duration)>> {
    let [address, pair] = shared_counts(redis, sources);
    let of_client = Count {
        name: redis.name("failures-of-client", &[client_id.as_str()]),
        allowance: FailurePolicy::CLIENT.limit().share(NonZeroU32::MIN),
    };
    let [address, pair, client] = redis.take([address, pair, of_client], 2).await?;
    Some(match (address, pair) {
        (Err(wait), _) => Err((0, wait)),
        (_, Err(wait)) => Err((1, wait)),
        (Ok(_), Ok(_)) => Ok(Priority::by_room(client)),
    })
}

/// The network that an address counts as: an IPv6 /64, which is what one household has, or the IPv4 address itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

#[cfg(test)]
#[path = "failures_tests.rs"]
mod tests;
