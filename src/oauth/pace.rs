//! How fast those are refused who have proved nothing.
//!
//! A refusal that costs nothing is answered in microseconds, and who sends the next request at once keeps the processors busy
//! with refusing. So past a rate each waits: known or not, they wait the same, and a request that is let in never does.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

/// Refusals at once that do not wait.
const BURST: u32 = 300;
/// The time after which one more does not.
const PERIOD: Duration = Duration::from_millis(10);
/// How long the others wait.
const WAIT: Duration = Duration::from_millis(100);

/// The refusals of this process, whoever is refused.
#[derive(Default)]
pub struct RefusalPace {
    /// Until when those that did not wait are paid for.
    paid_until: Mutex<Option<Instant>>,
}

impl RefusalPace {
    /// Waits if there were too many refusals.
    pub(super) async fn keep(&self) {
        if !self.has_room() {
            sleep(WAIT).await;
        }
    }

    fn has_room(&self) -> bool {
        let now = Instant::now();
        let mut paid_until = self.paid_until.lock();
        let after = paid_until.map_or(now, |until| until.max(now)) + PERIOD;
        let has_room = after <= now + PERIOD * BURST;
        if has_room {
            *paid_until = Some(after);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn refusals_past_the_rate_wait() {
        let pace = RefusalPace::default();
        let began = Instant::now();
        for _ in 0..BURST {
            pace.keep().await;
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        pace.keep().await;
        assert_eq!(began.elapsed(), WAIT);
        pace.keep().await;
        assert_eq!(began.elapsed(), WAIT, "time gave room for ten");
    }
}
