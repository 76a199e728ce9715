//! What the checks take from outside: the time of day and random bytes.

use aws_lc_rs::rand;
use chrono::{DateTime, Utc};

/// The present instant, by the clock of this host.
#[expect(
    clippy::disallowed_methods,
    reason = "an assertion that a partner is to accept is made by this clock"
)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Random bytes. A process whose random generator fails can make no assertion that is not a replay, so it ends.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    if rand::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}
