//! How much the pieces of each word speak for each occupation.
//!
//! A title has some twenty pieces, far more than it has other grams, and all of them are of words of the vocabulary.
//! So where each speaks stands with its words: nothing is hashed, and what comes next is known before it is needed.

use std::ops::Range;

use super::grams::Grams;
use super::rows::Rows;
use super::{Unit, WordId, number, position};

/// The pieces of the words of a vocabulary, and what they speak for.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// What pieces speak for, piece by piece.
    entries: Vec<(Unit, f32)>,
    /// For each word where that of its pieces stands.
    places: Rows<Range<u32>>,
}

impl Pieces {
    /// The pieces of each word with what `grams` has of them.
    pub fn new(words: &Rows<u64>, grams: Grams) -> Self {
        let mut places = Rows::default();
        for word in 0..number(words.len()) {
            let ranges = words.get(word).iter().map(|piece| grams.range(*piece));
            let known = ranges.filter(|range| !range.is_empty());
            places.push(known.map(|range| number(range.start)..number(range.end)));
        }
        places.shrink();
        Self {
            entries: grams.into_entries(),
            places,
        }
    }

    /// The occupations that each piece of a word speaks for, and how much, in the order of its letters.
    pub fn of(&self, word: WordId) -> impl Iterator<Item = &[(Unit, f32)]> {
        self.places
            .get(word)
            .iter()
            .filter_map(|place| self.entries.get(position(place.start)..position(place.end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_what_its_pieces_speak_for_in_their_order() {
        let counts = vec![(7, 0, 1.0), (8, 1, 1.0), (9, 0, 1.0), (9, 1, 1.0)];
        let grams = Grams::new(2, counts, 1);
        let mut words = Rows::default();
        words.push([8, 7, 8]);
        words.push([9, 5]);
        let pieces = Pieces::new(&words, grams);
        let units = |word| -> Vec<Vec<Unit>> {
            let rows = pieces.of(word);
            rows.map(|row| row.iter().map(|(unit, _)| *unit).collect())
                .collect()
        };
        assert_eq!(units(0), [vec![1], vec![0], vec![1]]);
        assert!(units(1).is_empty(), "one is in too many occupations, one unknown");
        assert!(units(2).is_empty(), "no such word");
    }
}
