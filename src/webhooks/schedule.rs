//! When an event is tried again, and when it is given up.

use chrono::{DateTime, TimeDelta, Utc};

use super::event::DueEvent;
use crate::crypto::random;

/// How long an event is tried after it occurred, or after somebody took it up again.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::days(3);

/// Seconds after the first, second, … failure; after those that are not here, the last.
const PAUSES: [i64; 9] = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600];
const LAST_PAUSE: i64 = 21_600;

/// What becomes of an event after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterFailure {
    /// It is tried again at this instant.
    RetryAt(DateTime<Utc>),
    /// It is given up.
    Park,
}

/// What becomes of `event`, whose latest attempt failed at `now`; the receiver may have asked to be left alone until
/// `retry_at`. The last attempt is at the end of the time that an event has.
pub(super) fn after_failure(
    event: &DueEvent,
    now: DateTime<Utc>,
    retry_at: Option<DateTime<Utc>>,
) -> AfterFailure {
    let end = event.retried_at.unwrap_or(event.occurred_at) + GIVE_UP_AFTER;
    if now >= end {
        return AfterFailure::Park;
    }
    let next = now + with_jitter(pause(event.attempts), u16::from_be_bytes(random::bytes()));
    AfterFailure::RetryAt(retry_at.map_or(next, |asked| next.max(asked)).min(end))
}

fn pause(attempts: i32) -> TimeDelta {
    let place = usize::try_from(attempts.max(1) - 1).unwrap_or(0);
    TimeDelta::seconds(PAUSES.get(place).copied().unwrap_or(LAST_PAUSE))
}

/// From 0.8 to 1.2 times the pause, so that what failed together does not come back together.
fn with_jitter(pause: TimeDelta, random: u16) -> TimeDelta {
    let millis = pause.num_milliseconds();
    TimeDelta::milliseconds(millis * 4 / 5 + millis * 2 / 5 * i64::from(random) / i64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::event::Destination;

    fn seconds(number: i64) -> TimeDelta {
        TimeDelta::seconds(number)
    }

    #[test]
    fn pauses_grow_and_vary_by_a_fifth() {
        assert_eq!(with_jitter(seconds(100), 0), seconds(80));
        assert_eq!(with_jitter(seconds(100), u16::MAX), seconds(120));
        for (attempts, expected) in [
            (1, 5),
            (2, 30),
            (8, 14_400),
            (9, 21_600),
            (10, 21_600),
            (1000, 21_600),
        ] {
            assert_eq!(pause(attempts), seconds(expected), "{attempts}");
            let mut event = DueEvent::sample(Destination::Callback);
            event.attempts = attempts;
            let now = event.occurred_at + seconds(60);
            let AfterFailure::RetryAt(next) = after_failure(&event, now, None) else {
                panic!("given up after {attempts}");
            };
            let waits = next - now;
            assert!(
                waits * 10 >= seconds(expected * 8) && waits * 10 <= seconds(expected * 12),
                "{waits}"
            );
        }
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_and_not_for_less() {
        let event = DueEvent::sample(Destination::Callback);
        let now = event.occurred_at;
        let later = now + seconds(3000);
        assert_eq!(
            after_failure(&event, now, Some(later)),
            AfterFailure::RetryAt(later)
        );
        let AfterFailure::RetryAt(next) = after_failure(&event, now, Some(now)) else {
            panic!("given up");
        };
        assert!(next >= now + seconds(4), "{next}");
    }

    #[test]
    fn after_three_days_it_is_given_up_and_not_before_a_last_attempt() {
        let mut event = DueEvent::sample(Destination::Callback);
        event.attempts = 20;
        let end = event.occurred_at + GIVE_UP_AFTER;
        assert_eq!(
            after_failure(&event, end - seconds(10), None),
            AfterFailure::RetryAt(end)
        );
        let never = DateTime::<Utc>::MAX_UTC;
        assert_eq!(
            after_failure(&event, end - seconds(10), Some(never)),
            AfterFailure::RetryAt(end)
        );
        assert_eq!(after_failure(&event, end, None), AfterFailure::Park);
        event.retried_at = Some(end);
        assert!(matches!(
            after_failure(&event, end, None),
            AfterFailure::RetryAt(_)
        ));
        assert_eq!(
            after_failure(&event, end + GIVE_UP_AFTER, None),
            AfterFailure::Park
        );
    }
}
