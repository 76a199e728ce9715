//! How fresh this replica's caches are.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// How fresh this replica's caches are.
#[derive(Default)]
pub struct FeedStatus {
    polled_at_micros: AtomicI64,
    last_lag_micros: AtomicI64,
}

impl FeedStatus {
    /// The caches are complete up to this instant.
    pub fn note_poll(&self, began_at: DateTime<Utc>) {
        self.polled_at_micros
            .store(began_at.timestamp_micros(), Ordering::Relaxed);
    }

    /// A revocation made elsewhere took this long to arrive.
    pub fn note_lag(&self, lag: TimeDelta) {
        self.last_lag_micros
            .store(lag.num_microseconds().unwrap_or(0).max(0), Ordering::Relaxed);
    }

    /// Seconds at `now` since the caches were last known to be complete.
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

    /// How long the last revocation made elsewhere took to arrive, in seconds.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a duration in microseconds, for a gauge"
    )]
    pub fn last_lag_seconds(&self) -> f64 {
        self.last_lag_micros.load(Ordering::Relaxed) as f64 / 1e6
    }
}
