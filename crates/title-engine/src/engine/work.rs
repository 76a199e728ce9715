//! How much one question costs, counted; and the most that it may.
//!
//! Every question is answered within these bounds, whatever is asked and whatever the library holds: what is over a
//! bound is left out, the commonest words first.

/// Most titles and coded titles that are read by their words, each.
pub const MOST_POSTINGS: usize = 200_000;

/// Most occupations that are read by grams, each time that a gram speaks for one.
pub const MOST_GRAMS: usize = 300_000;

/// Most words that a misspelt word is compared with.
pub const MOST_CORRECTIONS: usize = 100;

/// Most titles that are compared with the raw title to choose one.
pub const MOST_FITS: usize = 20_000;

/// What was done for one question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Titles and coded titles that were read by their words.
    pub postings: usize,
    /// Occupations that were read by grams.
    pub grams: usize,
    /// Words that misspelt ones were compared with.
    pub corrections: usize,
    /// Titles that were compared with the raw title to choose one.
    pub fits: usize,
    /// Occupations that were scored.
    pub scored: usize,
}

/// What may still be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    used: usize,
    most: usize,
}

impl Budget {
    /// So much.
    pub fn new(most: usize) -> Self {
        Self { used: 0, most }
    }

    /// Takes the cost of a step, if it is still there.
    #[must_use]
    pub fn take(&mut self, cost: usize) -> bool {
        let may = cost <= self.most - self.used;
        if may {
            self.used += cost;
        }
        may
    }

    /// How much was taken.
    pub fn used(self) -> usize {
        self.used
    }
}
