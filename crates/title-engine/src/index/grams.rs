//! How much words, pairs of words and pieces of words speak for each occupation.
//!
//! A gram g speaks for an occupation o by ln(1 + c(g, o) / (μ p(g))), where c counts it in the titles of the
//! occupation and p is its share of all titles: the term of a language model with Dirichlet smoothing that is not
//! zero. What is the same for all grams, ln(μ / (|o| + μ)), is kept for each occupation.

use std::ops::Range;

use super::hash::FixedMap;
use super::rows::Rows;
use super::{Unit, float, number, position};

/// The weight of the background against the titles of an occupation, in grams.
const BACKGROUND: f32 = 150.0;

/// What the grams of one kind speak for.
#[derive(Debug, Default)]
pub(crate) struct Grams {
    numbers: Numbers,
    rows: Rows<(Unit, f32)>,
    lengths: Vec<f32>,
    /// How many grams there are.
    all: f32,
    /// The weight of each entry of the rows in the classifier; none where it was not fitted.
    weights: Vec<f32>,
    /// The share of its gram's occurrences that each entry has; none where there is no classifier.
    shares: Vec<f32>,
}

/// The number of the row of each gram.
#[derive(Debug)]
enum Numbers {
    /// Of grams that are words: that of the word.
    Words,
    /// Of any grams.
    Hashed(FixedMap<u64, u32>),
}

impl Default for Numbers {
    fn default() -> Self {
        Self::Hashed(FixedMap::default())
    }
}

/// What a gram says, entry by entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entries<'a> {
    /// The occupations that it speaks for, and how much.
    pub row: &'a [(Unit, f32)],
    /// Its weights in the classifier.
    pub weights: &'a [f32],
    /// The share of its occurrences that each occupation has, 0 to 1.
    pub shares: &'a [f32],
}

impl Grams {
    /// The table of `counts` (gram, occupation, how often); grams in more than `max_units` occupations are left out.
    pub fn new(units: usize, counts: Vec<(u64, Unit, f32)>, max_units: usize) -> Self {
        let mut numbers = FixedMap::default();
        let mut grams = Self::count(units, counts, |rows, gram, row| {
            if row.len() <= max_units {
                numbers.insert(gram, number(rows.len()));
                rows.push(row);
            }
        });
        numbers.shrink_to_fit();
        grams.numbers = Numbers::Hashed(numbers);
        grams
    }

    /// The table of `counts` of words.
    pub fn of_words(units: usize, counts: Vec<(u64, Unit, f32)>) -> Self {
        let mut grams = Self::count(units, counts, |rows, word, row| {
            while u64::from(number(rows.len())) < word {
                rows.push([]);
            }
            rows.push(row);
        });
        grams.numbers = Numbers::Words;
        grams
    }

    /// A table of which each row is put where `put` wants it, in the order of the grams.
    fn count(
        units: usize,
        mut counts: Vec<(u64, Unit, f32)>,
        mut put: impl FnMut(&mut Rows<(Unit, f32)>, u64, Vec<(Unit, f32)>),
    ) -> Self {
        counts.sort_unstable_by(|one, other| {
            (one.0, one.1)
                .cmp(&(other.0, other.1))
                .then(one.2.total_cmp(&other.2))
        });
        let mut totals = vec![0.0_f32; units];
        for (_, unit, count) in &counts {
            if let Some(total) = totals.get_mut(usize::from(*unit)) {
                *total += count;
            }
        }
        let all: f32 = totals.iter().sum::<f32>().max(1.0);
        let mut grams = Self {
            all,
            ..Self::default()
        };
        for group in counts.chunk_by(|one, other| one.0 == other.0) {
            let share = group.iter().map(|(_, _, count)| count).sum::<f32>() / all;
            let row = group.chunk_by(|one, other| one.1 == other.1).filter_map(|same| {
                let (_, unit, _) = same.first()?;
                let count: f32 = same.iter().map(|(_, _, count)| count).sum();
                Some((*unit, (count / (BACKGROUND * share)).ln_1p()))
            });
            if let Some((gram, _, _)) = group.first() {
                put(&mut grams.rows, *gram, row.collect());
            }
        }
        let scale = all / float(units.max(1));
        grams.lengths = totals
            .iter()
            .map(|total| -((total + scale) / scale).ln())
            .collect();
        grams.rows.shrink();
        grams
    }

    /// The occupations that a gram speaks for, and how much.
    #[inline]
    pub fn get(&self, gram: u64) -> &[(Unit, f32)] {
        self.row_at(self.range(gram))
    }

    /// What a gram says, in all ways.
    #[inline]
    pub fn entries(&self, gram: u64) -> Entries<'_> {
        let range = self.range(gram);
        Entries {
            row: self.row_at(range.clone()),
            weights: self.weights.get(range.clone()).unwrap_or_default(),
            shares: self.shares.get(range).unwrap_or_default(),
        }
    }

    /// Where the entries of a gram stand.
    #[inline]
    pub fn range(&self, gram: u64) -> Range<usize> {
        let row = match &self.numbers {
            Numbers::Words => u32::try_from(gram).ok(),
            Numbers::Hashed(numbers) => numbers.get(&gram).copied(),
        };
        row.map_or(0..0, |row| self.rows.range(row))
    }

    /// The entries that stand there.
    #[inline]
    pub fn row_at(&self, range: Range<usize>) -> &[(Unit, f32)] {
        self.rows.items().get(range).unwrap_or_default()
    }

    /// The entries of all grams.
    pub fn into_entries(self) -> Vec<(Unit, f32)> {
        self.rows.into_items()
    }

    /// How many entries there are.
    pub fn entry_count(&self) -> usize {
        self.rows.items().len()
    }

    /// Keeps the weights of the classifier, and shares at hand.
    pub fn set_weights(&mut self, weights: Vec<f32>) {
        self.weights = weights;
        self.shares = self
            .rows
            .items()
            .iter()
            .map(|(_, value)| self.share(*value))
            .collect();
    }

    /// The share of a gram's occurrences that an occupation has, 0 to 1, by what it says for that occupation.
    fn share(&self, value: f32) -> f32 {
        value.exp_m1() * BACKGROUND / self.all.max(1.0)
    }

    /// What is taken from an occupation for the number of its grams.
    pub fn length(&self, unit: Unit) -> f32 {
        self.lengths
            .get(position(u32::from(unit)))
            .copied()
            .unwrap_or_default()
    }
}

/// Calls `each` with the hash of each piece of four letters of a word with its bounds.
pub(crate) fn each_piece(word: &str, mut each: impl FnMut(u64)) {
    let bytes = word.as_bytes();
    if bytes.len() < 3 {
        return;
    }
    let bound = std::iter::once(&b' ');
    let mut window: u32 = 0;
    for (index, byte) in bound.clone().chain(bytes).chain(bound).enumerate() {
        window = window << 8 | u32::from(*byte);
        if index >= 3 {
            each(u64::from(window));
        }
    }
}
