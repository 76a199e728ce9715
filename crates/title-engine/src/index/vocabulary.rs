//! The words that a library uses, numbered in alphabetical order.

use super::hash::FixedMap;
use super::{WordId, number, position};

/// The words of a library.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    words: Vec<Box<str>>,
    ids: FixedMap<Box<str>, WordId>,
}

impl Vocabulary {
    /// The vocabulary of these words.
    pub fn new(mut words: Vec<Box<str>>) -> Self {
        words.sort_unstable();
        words.dedup();
        words.shrink_to_fit();
        let ids = words
            .iter()
            .enumerate()
            .map(|(index, word)| (word.clone(), number(index)))
            .collect();
        Self { words, ids }
    }

    /// The number of a word.
    pub fn id(&self, word: &str) -> Option<WordId> {
        self.ids.get(word).copied()
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// The letters of a word.
    pub fn word(&self, id: WordId) -> &str {
        self.words.get(position(id)).map_or("", |word| word)
    }

    /// All words, in alphabetical order.
    pub fn words(&self) -> impl Iterator<Item = (WordId, &str)> {
        self.words
            .iter()
            .enumerate()
            .map(|(index, word)| (number(index), &**word))
    }

    /// The numbers of the words that begin with `prefix`.
    pub fn with_prefix(&self, prefix: &str) -> std::ops::Range<WordId> {
        let start = self.words.partition_point(|word| **word < *prefix);
        let rest = self.words.get(start..).unwrap_or_default();
        let count = rest.partition_point(|word| word.starts_with(prefix));
        number(start)..number(start + count)
    }
}
