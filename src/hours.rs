//! Counts by hour: of tokens, refusals and uses of secrets. Hours are whole hours of UTC.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde::Serialize;

/// How many there were in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HourCount {
    /// When the hour began.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub hour: DateTime<Utc>,
    /// How many.
    pub count: i64,
}

/// The hour that an instant is in.
#[must_use]
pub fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}

/// Whether an instant is in the hour that began at `hour`: without computing the hour it is in, which costs more.
#[must_use]
pub fn is_in_hour(at: DateTime<Utc>, hour: DateTime<Utc>) -> bool {
    (0..3_600).contains(&(at.timestamp() - hour.timestamp()))
}

/// The hours up to the one of `now`, as many as are asked for, the oldest first.
#[must_use]
pub fn last_hours(now: DateTime<Utc>, number: u16) -> Vec<DateTime<Utc>> {
    let latest = hour_of(now);
    (0..number)
        .rev()
        .map(|before| latest - TimeDelta::hours(before.into()))
        .collect()
}

/// One count for each of `hours`: 0 where `counts` has none.
#[must_use]
pub fn complete(hours: &[DateTime<Utc>], counts: &[HourCount]) -> Vec<HourCount> {
    let count_of = |hour| counts.iter().find(|count| count.hour == hour);
    hours
        .iter()
        .map(|&hour| HourCount {
            hour,
            count: count_of(hour).map_or(0, |count| count.count),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_in_the_hour_that_is_computed_of_it_and_in_no_other() {
        for seconds in [-1, 0, 1, 3_599, 3_600, 1_700_003_661] {
            let at = DateTime::from_timestamp(seconds, 999_999_999).unwrap();
            let hour = hour_of(at);
            assert!(is_in_hour(at, hour), "{at}");
            assert!(!is_in_hour(at, hour - TimeDelta::hours(1)), "{at}");
            assert!(!is_in_hour(at, hour + TimeDelta::hours(1)), "{at}");
        }
    }

    #[test]
    fn a_series_has_every_hour_once_and_zero_where_nothing_was_counted() {
        let now = DateTime::from_timestamp(1_700_003_661, 5).unwrap();
        let hours = last_hours(now, 3);
        let hour = hour_of(now);
        assert_eq!(
            hours,
            [hour - TimeDelta::hours(2), hour - TimeDelta::hours(1), hour]
        );
        let counted = HourCount {
            hour: hours[1],
            count: 7,
        };
        let elsewhere = HourCount {
            hour: hour - TimeDelta::hours(9),
            count: 1,
        };
        let counts: Vec<i64> = complete(&hours, &[elsewhere, counted])
            .iter()
            .map(|count| count.count)
            .collect();
        assert_eq!(counts, [0, 7, 0]);
    }
}
