//! Random bytes. Nothing else uses the random generator of the operating system.

use std::cell::RefCell;

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

/// Random bytes that may be known to others, such as a nonce. The generator is asked for many at a time, because each call
/// costs more than the bytes.
#[must_use]
pub fn public_bytes<const N: usize>() -> [u8; N] {
    const AT_ONCE: usize = 1024;
    thread_local! {
        static LEFT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    LEFT.with_borrow_mut(|left| {
        if left.len() < N {
            left.resize(AT_ONCE.max(N), 0);
            fill(left);
        }
        let taken = left.last_chunk::<N>().copied().unwrap_or_else(bytes);
        left.truncate(left.len() - N);
        taken
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn public_bytes_are_given_out_once() {
        let given: HashSet<[u8; 12]> = (0..1_000).map(|_| public_bytes()).collect();
        assert_eq!(given.len(), 1_000);
        assert_ne!(public_bytes::<2048>(), public_bytes::<2048>());
    }
}
