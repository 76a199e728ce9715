//! When an event is tried again after a failure, and when it is parked.

use chrono::{DateTime, TimeDelta, Utc};

use super::event::DueEvent;
use super::sender::{DeliveryFailure, FailureKind};
use crate::crypto::random;

/// How long an event is tried after it occurred, or after an operator retried it.
const PARK_AFTER: TimeDelta = TimeDelta::days(3);

/// The pause in seconds after the first, second, … failure. [`LAST_PAUSE`] follows all further ones.
const PAUSES: &[i64] = &[5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600];
const LAST_PAUSE: i64 = 21_600;

/// What happens to an event after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterFailure {
    /// It is tried again at this time.
    RetryAt(DateTime<Utc>),
    /// It is parked.
    Park,
}

/// Decides about `event`, whose latest attempt failed at `now`: the receiver may have asked not to be tried again before some
/// time, or, by 410, ever. The last attempt is made at the end of [`PARK_AFTER`].
pub(super) fn after_failure(event: &DueEvent, now: DateTime<Utc>, failure: &DeliveryFailure) -> AfterFailure {
    let end = event.retried_at.unwrap_or(event.occurred_at) + PARK_AFTER;
    if now >= end || failure.kind == FailureKind::Gone {
        return AfterFailure::Park;
    }
    let next = now + with_jitter(pause(event.attempts), u16::from_be_bytes(random::bytes()));
    AfterFailure::RetryAt(failure.retry_at.map_or(next, |asked| next.max(asked)).min(end))
}

fn pause(attempts: i32) -> TimeDelta {
    let place = usize::try_from(attempts.max(1) - 1).unwrap_or(0);
    TimeDelta::seconds(PAUSES.get(place).copied().unwrap_or(LAST_PAUSE))
}

/// From 0.8 to 1.2 times the pause, so that events that failed at the same time are not tried again at the same time.
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

    fn refused(retry_at: Option<DateTime<Utc>>) -> DeliveryFailure {
        DeliveryFailure {
            kind: FailureKind::Refused,
            reason: String::new(),
            retry_at,
        }
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
            let AfterFailure::RetryAt(next) = after_failure(&event, now, &refused(None)) else {
                panic!("parked after {attempts}");
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
            after_failure(&event, now, &refused(Some(later))),
            AfterFailure::RetryAt(later)
        );
        let AfterFailure::RetryAt(next) = after_failure(&event, now, &refused(Some(now))) else {
            panic!("parked");
        };
        assert!(next >= now + seconds(4), "{next}");
    }

    #[test]
    fn after_three_days_it_is_parked_and_not_before_a_last_attempt() {
        let mut event = DueEvent::sample(Destination::Callback);
        event.attempts = 20;
        let end = event.occurred_at + PARK_AFTER;
        assert_eq!(
            after_failure(&event, end - seconds(10), &refused(None)),
            AfterFailure::RetryAt(end)
        );
        let never = DateTime::<Utc>::MAX_UTC;
        assert_eq!(
            after_failure(&event, end - seconds(10), &refused(Some(never))),
            AfterFailure::RetryAt(end)
        );
        assert_eq!(after_failure(&event, end, &refused(None)), AfterFailure::Park);
        event.retried_at = Some(end);
        assert!(matches!(
            after_failure(&event, end, &refused(None)),
            AfterFailure::RetryAt(_)
        ));
        assert_eq!(
            after_failure(&event, end + PARK_AFTER, &refused(None)),
            AfterFailure::Park
        );
    }

    #[test]
    fn what_a_receiver_does_not_want_is_parked_at_its_first_attempt() {
        let event = DueEvent::sample(Destination::Callback);
        for (kind, is_parked) in [
            (FailureKind::NotAsked, false),
            (FailureKind::Unanswered, false),
            (FailureKind::Refused, false),
            (FailureKind::Gone, true),
        ] {
            let failure = DeliveryFailure {
                kind,
                ..refused(None)
            };
            let after = after_failure(&event, event.occurred_at, &failure);
            assert_eq!(after == AfterFailure::Park, is_parked, "{kind:?}");
        }
    }
}
