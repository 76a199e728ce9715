//! A fast hash with a fixed seed, for tables whose keys come from the library and not from callers.

use std::hash::{BuildHasherDefault, Hasher};

/// A map whose order and speed are the same in every process.
pub(crate) type FixedMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Mix>>;

/// Multiplies and rotates, eight bytes at a time.
#[derive(Default)]
pub(crate) struct Mix(u64);

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        scramble(self.0)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.write_u64(u64::from_le_bytes(*chunk));
        }
        let tail = rest.iter().fold(0, |tail, byte| tail << 8 | u64::from(*byte));
        self.write_u64(tail ^ (u64::try_from(bytes.len()).unwrap_or_default() << 56));
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(FACTOR).rotate_left(29);
    }
}

/// Spreads the bits of a number.
pub(crate) fn scramble(number: u64) -> u64 {
    let number = (number ^ (number >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let number = (number ^ (number >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    number ^ (number >> 32)
}

/// The hash of a text.
pub(crate) fn hash_text(text: &str) -> u64 {
    let mut mix = Mix::default();
    mix.write(text.as_bytes());
    mix.finish()
}

/// The hash of a pair in this order.
pub(crate) fn hash_pair(one: u64, other: u64) -> u64 {
    scramble(scramble(one).rotate_left(17) ^ other.wrapping_mul(FACTOR))
}
