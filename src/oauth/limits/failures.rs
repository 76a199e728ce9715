//! How often a wrong secret may be presented (RFC 6749 s2.3.1).
//!
//! Attempts are counted only where a secret is not yet known to be right: a client whose secret is known gets in, whatever
//! somebody else does with its identifier. For the same reason the limit of a client over all addresses refuses nobody by
//! itself: past it an attempt is checked only while few others wait ([`Priority::Low`]).
//!
//! An attempt counts against its address from its beginning, so that many at once are no more than the limit, and what it
//! counted is given back unless the secret was wrong. Until that is known it refuses nobody: where there is no room because
//! of attempts that may yet be right, others wait for their end (`places.rs`).

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;

use super::failure_policy::FailurePolicy;
use super::gcra::{Allowance, Counts};
use super::places::{Place, Places};
use super::shared::SharedCounts;
use super::shared_failures::{shared_counts, take_shared};
use super::sharing::Sharing;
use crate::clock::Clock;
use crate::crypto::password::MAX_WAIT;
use crate::ids::ClientId;
use crate::oauth::error::Error;

/// The policies by which an attempt is refused, and what may be used of each.
pub(super) fn refusing(replicas: NonZeroU32) -> [(FailurePolicy, Allowance); 2] {
    [FailurePolicy::ADDRESS, FailurePolicy::CLIENT_AND_ADDRESS]
        .map(|policy| (policy, policy.limit().share(replicas)))
}

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

/// What an attempt moved on.
struct Taken {
    /// How far, in memory, for each source.
    costs: [Duration; 2],
    is_shared: bool,
    priority: Priority,
}

/// Who has no room for an attempt, and for how long.
#[derive(Clone, Copy)]
enum NoRoom {
    /// This replica's share of the limit.
    Share(Duration),
    /// The count in Redis.
    Shared(Duration),
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
    limits: &'a FailureLimits,
    sources: [Source; 2],
    /// How far each of them was moved on in memory.
    costs: [Duration; 2],
    is_shared: bool,
    /// Given up when the counts are right again.
    _place: Place<'a>,
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
        let limits = counted.limits;
        for (source, cost) in counted.sources.iter().zip(counted.costs) {
            limits.counts.give_back(source, cost);
        }
        if counted.is_shared {
            limits.give_back_shared(&counted.sources);
        }
    }
}

/// The limits of failed attempts.
pub struct FailureLimits {
    counts: Counts<Source>,
    by_client: Counts<ClientId>,
    /// Until when Redis refuses a source, by the monotonic clock.
    blocked: Cache<Source, Duration>,
    places: Places,
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
            places: Places::default(),
            attempts: AtomicU64::new(0),
            sharing,
            clock: clock.clone(),
        }
    }

    /// Lets an attempt with a secret that is not known to be right begin when its turn comes, within [`MAX_WAIT`].
    pub async fn begin_attempt(
        &self,
        client_id: &ClientId,
        address: Option<IpAddr>,
    ) -> Result<Attempt<'_>, Error> {
        let deadline = Instant::now() + MAX_WAIT;
        self.begin_attempt_until(client_id, address, deadline).await
    }

    /// Lets an attempt with a secret that is not known to be right begin when its turn comes, unless too many failed before;
    /// at the deadline the service counts as busy.
    ///
    /// Where a proxy does not tell the address, all who are behind it would count as one, and somebody who guesses there
    /// would keep the others out: such an attempt counts against its client only.
    pub async fn begin_attempt_until(
        &self,
        client_id: &ClientId,
        address: Option<IpAddr>,
        deadline: Instant,
    ) -> Result<Attempt<'_>, Error> {
        // Who makes identifiers up makes counts too, faster than the chore deletes them.
        let attempts = self.attempts.fetch_add(1, Ordering::Relaxed);
        if attempts.is_multiple_of(ATTEMPTS_BETWEEN_PRUNES) {
            self.prune();
        }
        let Some(network) = address.map(network) else {
            return Ok(Attempt {
                counted: None,
                has_failed: false,
                priority: self.take_share_of_client(client_id),
            });
        };
        let sources = [
            Source::Address(network),
            Source::ClientAndAddress((client_id.clone(), network)),
        ];
        self.check_failed(network, &sources)?;
        let mut place = self.places.enter(network, deadline).await?;
        loop {
            let (at, no_room) = match self.take(&sources, client_id).await {
                Ok(taken) => {
                    place.set_counted(sources.clone());
                    return Ok(Attempt {
                        counted: Some(Counted {
                            limits: self,
                            sources,
                            costs: taken.costs,
                            is_shared: taken.is_shared,
                            _place: place,
                        }),
                        has_failed: false,
                        priority: taken.priority,
                    });
                }
                Err(no_room) => no_room,
            };
            let [address, pair] = sources.each_ref();
            let source = if at == 0 { address } else { pair };
            if !place.wait_for_others(source, deadline).await? {
                return Err(self.refuse(source, no_room));
            }
        }
    }

    /// Refuses who would be refused at its turn too, so that it need not wait for that: there is no room, and all that counts
    /// has failed.
    fn check_failed(&self, network: IpAddr, sources: &[Source; 2]) -> Result<(), Error> {
        if self.sharing.redis().is_some_and(SharedCounts::is_expected) {
            return self.check_blocked(sources);
        }
        let now = self.clock.monotonic();
        for (source, (policy, allowance)) in sources.iter().zip(refusing(self.sharing.replicas())) {
            if let Some(wait) = self.counts.wait(source, allowance, now)
                && !self.places.has_counted(network, source)
            {
                return Err(policy.reached(wait));
            }
        }
        Ok(())
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

    /// Counts an attempt. Where there is no room it counts nothing: for which of the sources, and for how long.
    async fn take(&self, sources: &[Source; 2], client_id: &ClientId) -> Result<Taken, (usize, NoRoom)> {
        if let Some(redis) = self.sharing.redis()
            && let Some(counted) = take_shared(redis, client_id, sources).await
        {
            let noted = |priority| self.note(sources, client_id, priority);
            return counted
                .map(noted)
                .map_err(|(at, wait)| (at, NoRoom::Shared(wait)));
        }
        self.take_share(sources, client_id)
    }

    /// Counts an attempt against this replica's share of the limits.
    fn take_share(&self, sources: &[Source; 2], client_id: &ClientId) -> Result<Taken, (usize, NoRoom)> {
        self.sharing.note_share();
        let now = self.clock.monotonic();
        let policies = refusing(self.sharing.replicas());
        for (at, (source, (_, allowance))) in sources.iter().zip(policies).enumerate() {
            if let Err(wait) = self.counts.take(source.clone(), allowance, now) {
                for (source, (_, allowance)) in sources.iter().zip(policies).take(at) {
                    self.counts.give_back(source, allowance.cost);
                }
                return Err((at, NoRoom::Share(wait)));
            }
        }
        Ok(Taken {
            costs: policies.map(|(_, allowance)| allowance.cost),
            is_shared: false,
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
    fn note(&self, sources: &[Source; 2], client_id: &ClientId, priority: Priority) -> Taken {
        let (now, replicas) = (self.clock.monotonic(), self.sharing.replicas());
        let [address, pair] = sources.each_ref();
        let [(_, of_address), (_, of_pair)] = refusing(replicas);
        let share = FailurePolicy::CLIENT.limit().share(replicas);
        self.by_client.note(client_id.clone(), share, now);
        Taken {
            costs: [
                self.counts.note(address.clone(), of_address, now),
                self.counts.note(pair.clone(), of_pair, now),
            ],
            is_shared: true,
            priority,
        }
    }

    /// The refusal of an attempt for which the source has no room. What Redis said is remembered, so that later ones need not
    /// ask.
    fn refuse(&self, source: &Source, no_room: NoRoom) -> Error {
        let policy = match source {
            Source::Address(_) => FailurePolicy::ADDRESS,
            Source::ClientAndAddress(_) => FailurePolicy::CLIENT_AND_ADDRESS,
        };
        match no_room {
            NoRoom::Share(wait) => policy.reached(wait),
            NoRoom::Shared(wait) => {
                let until = self.clock.monotonic() + wait;
                self.blocked.insert(source.clone(), until);
                policy.reached(wait)
            }
        }
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
