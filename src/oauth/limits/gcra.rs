//! The generic cell rate algorithm (GCRA): a count is one instant, until which what was used is paid for.
//!
//! Each use moves the instant on by what it costs, and is refused where that would lead too far ahead of the present. So
//! nothing has to be renewed, and a count means the same whatever share of its limit a replica enforces: when the number of
//! replicas changes, counts go on where they are.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use dashmap::DashMap;

/// A limit of all replicas together: so many at once, then one in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// Uses at once, after a quiet time of `burst` periods.
    pub burst: NonZeroU32,
    /// The time that one use takes to come back.
    pub period: Duration,
}

impl Limit {
    /// So many a second.
    pub(super) fn per_second(number: NonZeroU32) -> Self {
        Self {
            burst: number,
            period: Duration::from_secs(1) / number.get(),
        }
    }

    /// The time in which the whole limit comes back.
    fn window(self) -> Duration {
        self.period * self.burst.get()
    }

    /// What one of so many replicas lets through: each use costs as many times the period, and the window is the same.
    ///
    /// Where a share is less than one use, there is still one at a time: the limit of 1 a second is 1 in 4 seconds on each of
    /// 4 replicas.
    pub(super) fn share(self, replicas: NonZeroU32) -> Allowance {
        let cost = self.period * replicas.get();
        Allowance {
            cost,
            tolerance: self.window().max(cost),
        }
    }
}

/// What may be used of one count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    /// How far one use moves the instant on.
    pub cost: Duration,
    /// How far ahead of the present the instant may be after a use.
    pub tolerance: Duration,
}

impl Allowance {
    /// How far ahead the instant is after one more use. Where it is ahead by more than it can be by these numbers, because it
    /// was set under another allowance, it counts as a limit that is used up.
    fn ahead_after_use(self, until: Duration, now: Duration) -> Duration {
        until.saturating_sub(now).min(self.tolerance) + self.cost
    }

    /// What is left after one more use, or how long until there is room for it.
    fn room(self, until: Duration, now: Duration) -> Result<Duration, Duration> {
        let ahead = self.ahead_after_use(until, now);
        self.tolerance
            .checked_sub(ahead)
            .ok_or(ahead.saturating_sub(self.tolerance))
    }
}

/// Counts in the memory of this process. Instants are intervals since one of the past, by the monotonic clock.
pub(super) struct Counts<K>(DashMap<K, Duration>);

impl<K: Hash + Eq> Counts<K> {
    /// Nothing is counted yet.
    pub(super) fn new() -> Self {
        Self(DashMap::new())
    }

    /// Counts one use: what is left after it. Where there is no room it counts nothing: how long until there is.
    pub(super) fn take(&self, key: K, allowance: Allowance, now: Duration) -> Result<Duration, Duration> {
        let mut until = self.0.entry(key).or_default();
        let room = allowance.room(*until, now);
        *until = match room {
            Ok(_) => now + allowance.ahead_after_use(*until, now),
            // A limit that was used up under another allowance is used up under this one, and no further.
            Err(_) => (*until).min(now + allowance.tolerance),
        };
        room
    }

    /// Counts one use that is let through whatever is left; how far the count was moved on.
    pub(super) fn note(&self, key: K, allowance: Allowance, now: Duration) -> Duration {
        let mut until = self.0.entry(key).or_default();
        let before = (*until).max(now);
        let after = now + allowance.ahead_after_use(*until, now).min(allowance.tolerance);
        *until = after.max(before);
        after.saturating_sub(before)
    }

    /// How long until there is room for one more use; `None`: there is now.
    pub(super) fn wait(&self, key: &K, allowance: Allowance, now: Duration) -> Option<Duration> {
        let until = *self.0.get(key)?;
        allowance.room(until, now).err()
    }

    /// Takes back a use that moved the count on by `cost`.
    pub(super) fn give_back(&self, key: &K, cost: Duration) {
        if let Some(mut until) = self.0.get_mut(key) {
            *until = until.saturating_sub(cost);
        }
    }

    /// Deletes the counts of which everything has come back.
    pub(super) fn prune(&self, now: Duration) {
        self.0.retain(|_, until| *until > now);
    }

    /// How many counts there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    /// How many of the uses that are tried every `pace` in `seconds` are let through by so many replicas, in turn.
    fn let_through(limit: Limit, replicas: u32, pace: Duration, seconds: u64) -> u32 {
        let counts: Vec<_> = (0..replicas).map(|_| Counts::new()).collect();
        let allowance = limit.share(number(replicas));
        let mut now = Duration::ZERO;
        let mut passed = 0;
        for counts in counts.iter().cycle() {
            if now >= Duration::from_secs(seconds) {
                break;
            }
            passed += u32::from(counts.take((), allowance, now).is_ok());
            now += pace;
        }
        passed
    }

    #[test]
    fn replicas_together_let_through_the_limit_and_one_burst() {
        for limit in [1, 2, 3, 5, 7, 100] {
            for replicas in [1, 2, 3, 4, 8] {
                let passed = let_through(
                    Limit::per_second(number(limit)),
                    replicas,
                    Duration::from_micros(1_300),
                    40,
                );
                // At once, each replica lets through its share of the burst, and one where that is less.
                let most = 40 * limit + limit.max(replicas);
                // The share of a second that has just begun at the end.
                let least = 40 * limit - replicas;
                assert!(
                    (least..=most).contains(&passed),
                    "{limit} a second on {replicas}: {passed}, not {least} to {most}"
                );
            }
        }
    }

    #[test]
    fn a_share_of_less_than_one_is_one_in_a_longer_time() {
        let allowance = Limit::per_second(number(1)).share(number(4));
        let counts = Counts::new();
        let at = Duration::from_secs;
        assert_eq!(counts.take((), allowance, at(1)), Ok(Duration::ZERO));
        assert_eq!(counts.take((), allowance, at(2)), Err(at(3)));
        assert_eq!(counts.take((), allowance, at(5)), Ok(Duration::ZERO));
    }

    #[test]
    fn a_count_goes_on_when_the_number_of_replicas_changes() {
        let limit = Limit {
            burst: number(10),
            period: Duration::from_secs(6),
        };
        let counts = Counts::new();
        let now = Duration::from_secs(1_000);
        for replicas in [4, 3, 4, 1, 4] {
            while counts.take((), limit.share(number(replicas)), now).is_ok() {}
        }
        let wait = |replicas| counts.wait(&(), limit.share(number(replicas)), now);
        for replicas in [1, 2, 3, 4, 5, 100] {
            let wait = wait(replicas);
            assert!(wait > Some(Duration::ZERO), "used up as well on {replicas}");
            assert!(wait <= Some(limit.period * replicas), "and for one use at most");
        }
    }

    #[test]
    fn what_is_noted_counts_up_to_the_whole_allowance_and_is_given_back() {
        let allowance = Limit::per_second(number(4)).share(number(2));
        let counts = Counts::new();
        let now = Duration::from_secs(1);
        let half = Duration::from_millis(500);
        assert_eq!(counts.note((), allowance, now), half);
        assert_eq!(counts.note((), allowance, now), half);
        assert_eq!(counts.note((), allowance, now), Duration::ZERO);
        assert_eq!(counts.take((), allowance, now), Err(half));
        counts.give_back(&(), half);
        assert_eq!(counts.take((), allowance, now), Ok(Duration::ZERO));
        // A count that is further ahead than these numbers allow stays where it is.
        let less = Limit::per_second(number(40)).share(number(1));
        counts.note((), less, now + half);
        assert_eq!(counts.wait(&(), allowance, now), Some(half));
    }
}
