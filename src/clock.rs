//! The only place that reads the clock, so that tests can freeze it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Where the service takes the time of day from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Frozen(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
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

    /// Moves a frozen clock by `delta`; the system's clock ignores it.
    pub fn advance(&self, delta: TimeDelta) {
        if let Source::Frozen(micros) = &self.0 {
            micros.fetch_add(delta.num_microseconds().unwrap_or(0), Ordering::Relaxed);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the door that the lint keeps shut elsewhere"
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
    }
}
