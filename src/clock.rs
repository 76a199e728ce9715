//! The time of day, and what it is worth. Nothing else reads the system's clock, so that tests can freeze it.
//!
//! Replicas agree on the time because each compares its clock with the database's. Whatever deletes, expires or gives up goes
//! by the database's time; tokens are issued and accepted by the own clock, and only while the two agree.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike, SecondsFormat, SubsecRound, TimeDelta, Utc};
use serde::{Serialize, Serializer};

/// How far the clock may be from the database's for tokens to be issued and accepted by it, and for chores to be done.
pub const MAX_OFFSET: TimeDelta = TimeDelta::seconds(30);

/// A source of the time of day; cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System(Arc<DatabaseTime>),
    Frozen(Arc<AtomicI64>),
}

/// The database's time: its distance from the monotonic clock, in microseconds, so that no correction of this machine's
/// time of day moves it.
#[derive(Debug)]
struct DatabaseTime(AtomicI64);

impl DatabaseTime {
    /// The value while the database was not asked yet.
    const UNKNOWN: i64 = i64::MIN;

    fn now(&self) -> Option<DateTime<Utc>> {
        let distance = self.0.load(Ordering::Relaxed);
        if distance == Self::UNKNOWN {
            return None;
        }
        DateTime::from_timestamp_micros(distance.saturating_add(micros(SYSTEM_START.elapsed())))
    }
}

/// The clock of this machine is too far from the database's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock of this machine is {} s {} the database's", .offset.num_seconds().abs(),
    if *.offset > TimeDelta::zero() { "ahead of" } else { "behind" })]
pub struct WrongClock {
    /// The clock's time less the database's.
    pub offset: TimeDelta,
}

impl Clock {
    /// The clock of the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System(Arc::new(DatabaseTime(AtomicI64::new(
            DatabaseTime::UNKNOWN,
        )))))
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
            Source::System(_) => system_now(),
            Source::Frozen(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::Relaxed)).unwrap_or_default()
            }
        }
    }

    /// The present instant by a clock that agrees with the database's within 30 s.
    pub fn checked_now(&self) -> Result<DateTime<Utc>, WrongClock> {
        let now = self.now();
        let offset = self.offset_at(now);
        if offset.abs() > MAX_OFFSET {
            return Err(WrongClock { offset });
        }
        Ok(now)
    }

    /// The present instant by the database's clock: as of the last look at it, and the time that has passed since. Before
    /// the first look, and where the clock is frozen, it is [`Clock::now`].
    #[must_use]
    pub fn database_now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System(database) => database.now().unwrap_or_else(system_now),
            Source::Frozen(_) => self.now(),
        }
    }

    /// How far this clock is ahead of the database's; negative where it is behind.
    #[must_use]
    pub fn offset(&self) -> TimeDelta {
        self.offset_at(self.now())
    }

    fn offset_at(&self, now: DateTime<Utc>) -> TimeDelta {
        match &self.0 {
            Source::System(database) => database.now().map_or(TimeDelta::zero(), |then| now - then),
            Source::Frozen(_) => TimeDelta::zero(),
        }
    }

    /// Takes over the database's time, which it read at `read_at` of [`Clock::monotonic`].
    pub fn set_database_time(&self, time: DateTime<Utc>, read_at: Duration) {
        if let Source::System(database) = &self.0 {
            let distance = time.timestamp_micros().saturating_sub(micros(read_at));
            database.0.store(distance, Ordering::Relaxed);
        }
    }

    /// How long it is since some instant of the past, for intervals: unlike [`Clock::now`] it does not follow corrections of
    /// the system's clock. A frozen clock stands still here too.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System(_) => SYSTEM_START.elapsed(),
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

/// An instant as everything that is handed out has it: RFC 3339 in UTC, with six digits after the point, so that all have the
/// same length, and their order as text is that of time.
#[must_use]
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The instant, if its year is 1 to 9999: neither RFC 3339 nor the database has all others that a caller can name.
#[must_use]
pub fn within_years(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (1..=9999).contains(&at.year()).then_some(at)
}

/// A field that is written by [`serialize`].
pub trait Instants {
    /// The instant, if there is one.
    fn instant(&self) -> Option<DateTime<Utc>>;
}

impl Instants for DateTime<Utc> {
    fn instant(&self) -> Option<Self> {
        Some(*self)
    }
}

impl Instants for Option<DateTime<Utc>> {
    fn instant(&self) -> Self {
        *self
    }
}

/// Writes a field of JSON as [`rfc3339`] does, for `#[serde(serialize_with)]`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(at: &impl Instants, serializer: S) -> Result<S::Ok, S::Error> {
    at.instant().map(rfc3339).serialize(serializer)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
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
    fn every_instant_is_written_with_the_same_number_of_digits() {
        #[derive(Serialize)]
        struct Fields {
            #[serde(serialize_with = "serialize")]
            at: DateTime<Utc>,
            #[serde(serialize_with = "serialize")]
            end: Option<DateTime<Utc>>,
        }
        for (micros, digits) in [
            (0, "000000"),
            (500_000, "500000"),
            (1_000, "001000"),
            (1, "000001"),
        ] {
            let at = DateTime::from_timestamp_micros(1_520_181_000_000_000 + micros).unwrap();
            let written = format!("2018-03-04T16:30:00.{digits}Z");
            assert_eq!(rfc3339(at), written);
            for end in [None, Some(at)] {
                let json = serde_json::to_value(Fields { at, end }).unwrap();
                assert_eq!(
                    json,
                    serde_json::json!({ "at": written, "end": end.map(|_| &written) })
                );
            }
        }
    }

    #[test]
    fn a_clock_that_is_far_from_the_databases_is_not_to_be_gone_by() {
        for (seconds, is_right) in [
            (0, true),
            (25, true),
            (35, false),
            (-25, true),
            (-35, false),
            (7200, false),
        ] {
            let clock = Clock::system();
            assert!(clock.checked_now().is_ok(), "nothing is known yet");
            let database = clock.now() - TimeDelta::seconds(seconds);
            clock.clone().set_database_time(database, clock.monotonic());
            assert_eq!(clock.checked_now().is_ok(), is_right, "{seconds}");
            let apart = clock.offset() - TimeDelta::seconds(seconds);
            assert!(apart.abs() < TimeDelta::seconds(4), "{apart}");
            let apart = clock.database_now() - database;
            assert!(
                apart >= TimeDelta::zero() && apart < TimeDelta::seconds(4),
                "{apart}"
            );
        }
    }

    #[test]
    fn a_wrong_clock_says_how_wrong_it_is() {
        let wrong = |seconds| {
            WrongClock {
                offset: TimeDelta::seconds(seconds),
            }
            .to_string()
        };
        assert_eq!(
            wrong(7200),
            "the clock of this machine is 7200 s ahead of the database's"
        );
        assert_eq!(
            wrong(-31),
            "the clock of this machine is 31 s behind the database's"
        );
    }

    #[test]
    fn a_frozen_clock_is_the_databases_too() {
        let start = DateTime::from_timestamp(1_520_181_000, 0).unwrap();
        let clock = Clock::frozen_at(start);
        clock.set_database_time(start + TimeDelta::days(1), Duration::ZERO);
        assert_eq!((clock.checked_now(), clock.database_now()), (Ok(start), start));
    }

    #[test]
    fn the_systems_monotonic_clock_never_goes_back() {
        let clock = Clock::system();
        let readings: Vec<Duration> = (0..1000).map(|_| clock.monotonic()).collect();
        assert!(readings.is_sorted());
        assert!(readings.last() > readings.first(), "it goes on");
    }
}
