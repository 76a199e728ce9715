//! The clock of this machine.

use chrono::{DateTime, Utc};

/// The current time. The partner has to agree with it within a minute or so to accept an assertion.
#[expect(
    clippy::disallowed_methods,
    reason = "the partner compares the times in an assertion with its own clock, so they have to be real"
)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
