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
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use quick_cache::sync::Cache;

use super::failure_policy::FailurePolicy;
use super::gcra::{Allowance, Counts};
use super::shared_failures::{shared_counts, take_shared};
use super::sharing::Sharing;
use crate::clock::Clock;
use crate::ids::ClientId;
use crate::oauth::error::Error;

/// The policies by which an attempt is refused, and what may be used of each.
pub(super) fn refusing(replicas: NonZeroU32) -> [(FailurePolicy, Allowance); 2] {
    [FailurePolicy::ADDRESS, FailurePolicy::CLIENT_AND_ADDRESS]
        .map(|policy| (policy, policy.limit().share(replicas)))
}

/// Attempts of one address that may be checked at once.
const MAX_CONCURRENT_ATTEMPTS: u32 = 8;
/// Attempts after which the counts of which everything has come back are deleted.
const ATTEMPTS_BETWEEN_PRUNES: u64 = 10_000;
/// Addresses, with and without a client, that are remembered as blocked.
const BLOCKED_CAPACITY: usize = 100_000;

/// Whose failed attempts are counted together.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// The attempts of an address for any clients.
    Address(IpAddr),
    /// The attempts of an address for one client.
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
    pub(super) fn by_room(room: Result<Duration, Duration>) -> Self {
        room.map_or(Self::Low, |_| Self::Normal)
    }
}

/// An attempt in progress. What it counted is given back when it is dropped, unless it [failed](Self::failed).
pub struct Attempt<'a> {
    /// What it counts against its address, where that is known.
    counted: Option<Counted<'a>>,
    has_failed: bool,
    priority: Priority,
}

/// What an attempt counts against its address.
struct Counted<'a> {
    slot: Slot<'a>,
    sources: [Source; 2],
    /// How far each of them was moved on in memory.
    costs: [Duration; 2],
    is_shared: bool,
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
        let Some(counted) = self.counted.as_ref().filter(|_| !self.has_failed) else {
            return;
        };
        let limits = counted.slot.limits;
        for (source, cost) in counted.sources.iter().zip(counted.costs) {
            limits.counts.give_back(source, cost);
        }
        if counted.is_shared {
            limits.give_back_shared(&counted.sources);
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
    /// Attempts since the start.
    attempts: AtomicU64,
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
            attempts: AtomicU64::new(0),
            sharing,
            clock: clock.clone(),
        }
    }

    /// Lets an attempt with a secret that is not known to be right begin, unless too many failed before or too many of
    /// this address are being checked at the moment.
    ///
    /// Where a proxy does not tell the address, all who are behind it would count as one, and somebody who guesses there
    /// would keep the others out: such an attempt counts against its client only.
    pub async fn begin_attempt(
        &self,
        client_id: &ClientId,
        address: Option<IpAddr>,
    ) -> Result<Attempt<'_>, Error> {
        // Who makes identifiers up makes counts too, faster than the chore deletes them.
        let attempts = self.attempts.fetch_add(1, Ordering::Relaxed);
        if attempts.is_multiple_of(ATTEMPTS_BETWEEN_PRUNES) {
            self.prune();
        }
        let Some(address) = address.map(network) else {
            return Ok(Attempt {
                counted: None,
                has_failed: false,
                priority: self.take_share_of_client(client_id),
            });
        };
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
    pub fn check_address(&self, address: Option<IpAddr>) -> Result<(), Error> {
        let Some(address) = address.map(network) else {
            return Ok(());
        };
        let source = Source::Address(address);
        let (policy, allowance) = refusing(self.sharing.replicas())[0];
        let wait = match self.sharing.redis() {
            Some(redis) if redis.is_expected() => self.blocked_for(&source),
            _ => self.counts.wait(&source, allowance, self.clock.monotonic()),
        };
        wait.map_or(Ok(()), |wait| Err(policy.reached(wait)))
    }

    /// Whether an attempt may be checked although too many failed from its address: if few were for this client from there.
    /// Somebody who makes identifiers up keeps no client out that calls from the same address. It counts, whether it fails or
    /// not.
    #[must_use]
    pub fn take_beyond_address(&self, client_id: &ClientId, address: Option<IpAddr>) -> bool {
        let Some(address) = address.map(network) else {
            return false;
        };
        let [_, (_, of_pair)] = refusing(self.sharing.replicas());
        let pair = Source::ClientAndAddress((client_id.clone(), address));
        self.counts.take(pair, of_pair, self.clock.monotonic()).is_ok()
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
        Ok(Attempt {
            counted: Some(Counted {
                slot,
                sources,
                costs: policies.map(|(_, allowance)| allowance.cost),
                is_shared: false,
            }),
            has_failed: false,
            priority: self.take_share_of_client(client_id),
        })
    }

    /// Counts an attempt for a client against this replica's share of its limit.
    fn take_share_of_client(&self, client_id: &ClientId) -> Priority {
        let share = FailurePolicy::CLIENT.limit().share(self.sharing.replicas());
        let now = self.clock.monotonic();
        Priority::by_room(self.by_client.take(client_id.clone(), share, now))
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
        let costs = [
            self.counts.note(address.clone(), of_address, now),
            self.counts.note(pair.clone(), of_pair, now),
        ];
        Attempt {
            counted: Some(Counted {
                slot,
                sources,
                costs,
                is_shared: true,
            }),
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
