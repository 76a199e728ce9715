//! The time of day. Nothing else reads the system's clock, so that tests can freeze it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// A source of the time of day; cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Frozen(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `instant` until somebody calls [`Clock::advance`]; clones share it.
    #[must_use]
    pub fn frozen_at(instant: DateTime<Utc>) -> Self {
        Self(Source::Frozen(Arc::new(AtomicI64::new(
            instant.timestamp_micros(),
        ))))
    }

    /// The present instant, to the microsecond (PostgreSQL's resolution).
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => system_now(),
            Source::Frozen(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::Relaxed)).unwrap_or_default()
            }
        }
    }

    /// How long it is since some instant of the past, for intervals: unlike [`Clock::now`] it does not follow corrections of
    /// the system's clock. A frozen clock stands still here too.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System => SYSTEM_START.elapsed(),
            Source::Frozen(micros) => {
                Duration::from_micros(u64::try_from(micros.load(Ordering::Relaxed)).unwrap_or(0))
            }
        }
    }

    /// Moves a frozen clock by `delta`; the system's clock ignores it.
    pub fn advance(&self, delta: TimeDelta) {
        if let Source::Frozen(micros) = &self.0 {
            micros.fetch_add(delta.num_microseconds().unwrap_or(0), Ordering::Relaxed);
        }
    }
}

/// When the process first asked for an interval.
static SYSTEM_START: LazyLock<Instant> = LazyLock::new(Instant::now);

#[expect(
    clippy::disallowed_methods,
    reason = "the lint makes sure that the clock is read nowhere else"
)]
fn system_now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told_and_for_all_its_clones() {
        let start = DateTime::from_timestamp(1_520_181_000, 0).unwrap();
        let clock = Clock::frozen_at(start);
        let clone = clock.clone();
        assert_eq!(clock.now(), start);
        clone.advance(TimeDelta::seconds(7));
        assert_eq!(clock.now(), start + TimeDelta::seconds(7));
        assert_eq!(clock.monotonic().as_secs(), 1_520_181_007);
    }

    #[test]
    fn the_systems_monotonic_clock_never_goes_back() {
        let clock = Clock::system();
        let readings: Vec<Duration> = (0..1000).map(|_| clock.monotonic()).collect();
        assert!(readings.is_sorted());
        assert!(readings.last() > readings.first(), "it goes on");
    }
}
