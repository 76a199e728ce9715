//! The time of day.

use chrono::{DateTime, Utc};

/// The present instant, by the clock of this host.
#[expect(
    clippy::disallowed_methods,
    reason = "an assertion that a partner is to accept is made by this clock"
)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
