//! Finds words of the vocabulary by words that are misspelt.
//!
//! A word and a misspelt one have a form in common if letters are left out of both, so that a table of the words by
//! their shortened forms finds them without a search: one letter left out, or two of a long word.

use super::hash::{FixedMap, hash_text};
use super::rows::Rows;
use super::vocabulary::Vocabulary;
use super::{WordId, number};
use crate::engine::work::{Budget, MOST_CORRECTIONS};

/// The shortest word that is corrected, in letters.
const MIN_LENGTH: usize = 5;

/// From this length on, two mistakes are corrected.
const LONG: usize = 9;

/// Longer words are not corrected.
const MAX_LENGTH: usize = 24;

/// The words of a vocabulary by their shortened forms.
#[derive(Debug, Default)]
pub(crate) struct Spelling {
    forms: FixedMap<u64, u32>,
    words: Rows<WordId>,
}

impl Spelling {
    /// The table of the words of `vocabulary` for which `counts` says in how many titles they stand; words that
    /// stand in one alone are likely to be mistakes themselves.
    pub fn new(vocabulary: &Vocabulary, counts: &[u32]) -> Self {
        let mut pairs = Vec::new();
        for ((id, word), count) in vocabulary.words().zip(counts) {
            if *count >= 2 {
                each_form(word, |form| pairs.push((form, id)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut spelling = Self::default();
        for group in pairs.chunk_by(|(one, _), (other, _)| one == other) {
            if let Some((form, _)) = group.first() {
                spelling.forms.insert(*form, number(spelling.words.len()));
                spelling.words.push(group.iter().map(|(_, id)| *id));
            }
        }
        spelling.words.shrink();
        spelling.forms.shrink_to_fit();
        spelling
    }

    /// The word that was most likely meant, of those that `may_be`: the nearest, then the most frequent, then the first.
    ///
    /// At most [`MOST_CORRECTIONS`] words are compared; `compared` is raised by how many.
    pub fn correct(
        &self,
        word: &str,
        vocabulary: &Vocabulary,
        counts: &[u32],
        compared: &mut usize,
        may_be: impl Fn(WordId) -> bool,
    ) -> Option<WordId> {
        let mut best: Option<(usize, std::cmp::Reverse<u32>, WordId)> = None;
        let mut budget = Budget::new(MOST_CORRECTIONS);
        each_form(word, |form| {
            let Some(row) = self.forms.get(&form) else { return };
            for id in self.words.get(*row) {
                if !budget.take(1) {
                    return;
                }
                let candidate = vocabulary.word(*id);
                let allowed = if word.len().min(candidate.len()) >= LONG {
                    2
                } else {
                    1
                };
                let distance = distance(word.as_bytes(), candidate.as_bytes());
                let count = counts.get(super::position(*id)).copied().unwrap_or_default();
                let key = (distance, std::cmp::Reverse(count), *id);
                if distance <= allowed && best.is_none_or(|best| key < best) && may_be(*id) {
                    best = Some(key);
                }
            }
        });
        *compared += budget.used();
        best.map(|(_, _, id)| id)
    }
}

/// Calls `each` with the hash of each form of a word of ASCII letters that can be corrected.
fn each_form(word: &str, mut each: impl FnMut(u64)) {
    let length = word.len();
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return;
    }
    each(hash_text(word));
    let mut form = [0_u8; MAX_LENGTH];
    for first in 0..length {
        each(hash_without(word, first, length, &mut form));
        if length >= LONG {
            for second in first + 1..length {
                each(hash_without(word, first, second, &mut form));
            }
        }
    }
}

/// The hash of the word without the letters at two positions; a position behind its end leaves nothing out.
fn hash_without(word: &str, first: usize, second: usize, form: &mut [u8; MAX_LENGTH]) -> u64 {
    let kept = word
        .bytes()
        .enumerate()
        .filter(|(index, _)| *index != first && *index != second);
    let mut length = 0;
    for ((_, byte), slot) in kept.zip(&mut *form) {
        *slot = byte;
        length += 1;
    }
    let text = form
        .get(..length)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .unwrap_or_default();
    hash_text(text)
}

/// How many letters are to be inserted, left out, replaced or swapped with the next one; at most three are told apart.
fn distance(one: &[u8], other: &[u8]) -> usize {
    const WIDTH: usize = MAX_LENGTH + 1;
    if one.len().abs_diff(other.len()) > 2 || one.len() > MAX_LENGTH || other.len() > MAX_LENGTH {
        return 3;
    }
    let mut before = [0_usize; WIDTH];
    let mut above: [usize; WIDTH] = std::array::from_fn(|index| index);
    let mut previous = 0_u8;
    for (row, letter) in one.iter().enumerate() {
        let mut current = [row + 1; WIDTH];
        let mut left = row + 1;
        let mut last = 0_u8;
        for (column, against) in other.iter().enumerate() {
            let at = |line: &[usize; WIDTH], index: usize| line.get(index).copied().unwrap_or(WIDTH);
            let mut cost = at(&above, column) + usize::from(letter != against);
            cost = cost.min(at(&above, column + 1) + 1).min(left + 1);
            if row > 0 && column > 0 && *letter == last && previous == *against {
                cost = cost.min(at(&before, column - 1) + 1);
            }
            if let Some(cell) = current.get_mut(column + 1) {
                *cell = cost;
            }
            left = cost;
            last = *against;
        }
        previous = *letter;
        before = above;
        above = current;
    }
    above.get(other.len()).copied().unwrap_or(3).min(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_find_the_word_that_was_meant() {
        let words = [
            "engineer",
            "engine",
            "administrative",
            "nurse",
            "manager",
            "accountant",
            "developer",
        ];
        let vocabulary = Vocabulary::new(words.iter().map(|word| Box::from(*word)).collect());
        let counts: Vec<u32> = vocabulary
            .words()
            .map(|(_, word)| if word == "engineer" { 50 } else { 5 })
            .collect();
        let spelling = Spelling::new(&vocabulary, &counts);
        for (word, expected) in [
            ("enginer", "engineer"),
            ("engineeer", "engineer"),
            ("adminstrative", "administrative"),
            ("adminsitratve", "administrative"),
            ("nurze", "nurse"),
            ("mangaer", "manager"),
            ("acountent", "accountant"),
        ] {
            let found = spelling
                .correct(word, &vocabulary, &counts, &mut 0, |_| true)
                .map(|id| vocabulary.word(id));
            assert_eq!(found, Some(expected), "{word}");
        }
        for word in ["nurs", "xyzzyx", "nnrze", "", "développeur"] {
            assert_eq!(
                spelling.correct(word, &vocabulary, &counts, &mut 0, |_| true),
                None,
                "{word}"
            );
        }
    }

    #[test]
    fn the_distance_counts_each_mistake_once() {
        for (one, other, expected) in [
            ("abcd", "abcd", 0),
            ("abcd", "abdc", 1),
            ("abcd", "abd", 1),
            ("abcd", "xbcde", 2),
            ("abcd", "", 3),
            ("abcd", "wxyz", 3),
        ] {
            assert_eq!(
                distance(one.as_bytes(), other.as_bytes()),
                expected,
                "{one} {other}"
            );
        }
    }
}
