//! Random bytes. Nothing else uses the random generator of the operating system.

use aws_lc_rs::rand;

/// Fills `bytes` with cryptographically secure random bytes.
///
/// A process whose random generator fails can issue nothing safely, so it ends.
pub fn fill(bytes: &mut [u8]) {
    if rand::fill(bytes).is_err() {
        std::process::abort();
    }
}

/// An array of random bytes.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    fill(&mut bytes);
    bytes
}
