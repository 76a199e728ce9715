//! What stood in a file before, in the same few bytes however long it is.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What stood in a file before, with its line.
///
/// Kept are hashes of 128 bits, of which no two of a file's are the same by chance.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashMap<(u64, u64), u64>);

impl Seen {
    /// Notes what stands in a line; the line where it stood first, if it was there before.
    pub(crate) fn note(&mut self, what: &impl Hash, line: u64) -> Option<u64> {
        let hash = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            what.hash(&mut hasher);
            hasher.finish()
        };
        let first_line = *self.0.entry((hash(0), hash(1))).or_insert(line);
        (first_line != line).then_some(first_line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_known_however_often_it_comes_again() {
        let mut seen = Seen::default();
        assert_eq!(seen.note(&("a", "b"), 2), None);
        assert_eq!(seen.note(&("b", "a"), 3), None);
        assert_eq!(seen.note(&("a", "b"), 4), Some(2));
        assert_eq!(seen.note(&("a", "b"), 5), Some(2));
    }
}
