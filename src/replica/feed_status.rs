//! How far this replica's memory is behind the database, for its metrics.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// What the change feed has measured of itself. Instants are in microseconds since the Unix epoch.
#[derive(Default)]
pub struct FeedStatus {
    polled_at_micros: AtomicI64,
    revocation_delay_micros: AtomicI64,
}

impl FeedStatus {
    /// Records a successful poll: every change committed before `began_at` is in memory.
    pub fn record_poll(&self, began_at: DateTime<Utc>) {
        self.polled_at_micros
            .store(began_at.timestamp_micros(), Ordering::Relaxed);
    }

    /// Records how long a revocation made on another replica took to arrive.
    pub fn record_revocation_delay(&self, delay: TimeDelta) {
        self.revocation_delay_micros
            .store(delay.num_microseconds().unwrap_or(0).max(0), Ordering::Relaxed);
    }

    /// Milliseconds from the last successful poll to `now`; `None` before the first one.
    #[must_use]
    pub fn age_millis(&self, now: DateTime<Utc>) -> Option<i64> {
        let polled_at = self.polled_at_micros.load(Ordering::Relaxed);
        let age = now.timestamp_micros().saturating_sub(polled_at).max(0);
        (polled_at != 0).then_some(age / 1_000)
    }

    /// Seconds from the last successful poll to `now`.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a duration in microseconds, for a gauge"
    )]
    pub fn age_seconds(&self, now: DateTime<Utc>) -> f64 {
        let age = now
            .timestamp_micros()
            .saturating_sub(self.polled_at_micros.load(Ordering::Relaxed));
        age as f64 / 1e6
    }

    /// Seconds that the last revocation made on another replica took to arrive.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a duration in microseconds, for a gauge"
    )]
    pub fn revocation_delay_seconds(&self) -> f64 {
        self.revocation_delay_micros.load(Ordering::Relaxed) as f64 / 1e6
    }
}
