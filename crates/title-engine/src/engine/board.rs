//! The features of all occupations while a raw title is measured.
//!
//! Grams speak for hundreds of occupations each, so what they say is added up in columns, a feature after the other,
//! which stay in the nearest cache; similar texts speak for few, so theirs are kept occupation by occupation.

use super::features::{FEATURES, Feature, Features};
use crate::index::Unit;

/// The features that grams add to, each with a column.
const GRAMS: [Feature; 18] = [
    Feature::Words,
    Feature::Pairs,
    Feature::Pieces,
    Feature::Head,
    Feature::Description,
    Feature::MainPart,
    Feature::Matched,
    Feature::CodedWords,
    Feature::CodedPairs,
    Feature::CodedPieces,
    Feature::CodedHead,
    Feature::CodedMatched,
    Feature::CodedDistantPairs,
    Feature::CodedWordShare,
    Feature::CodedHeadShare,
    Feature::CodedPairShare,
    Feature::CodedClassified,
    Feature::CodedHabit,
];

/// The number of the column of each feature that has one.
const COLUMNS: [Option<u8>; FEATURES] = {
    let mut columns = [None; FEATURES];
    let mut column = 0;
    let mut rest: &[Feature] = &GRAMS;
    while let [feature, others @ ..] = rest {
        if let Some(slot) = columns
            .as_mut_slice()
            .split_at_mut(*feature as usize)
            .1
            .first_mut()
        {
            *slot = Some(column);
        }
        column += 1;
        rest = others;
    }
    columns
};

/// The features of all occupations.
#[derive(Debug, Default)]
pub(crate) struct Board {
    units: usize,
    /// Those that grams add to, a column after the other.
    columns: Vec<f32>,
    /// Those that texts raise; only those of `touched` are not zero.
    cells: Vec<Features>,
    touched: Vec<Unit>,
    seen: Vec<bool>,
}

impl Board {
    /// Empties the board for so many occupations.
    pub fn reset(&mut self, units: usize) {
        self.columns.clear();
        self.columns.resize(units * GRAMS.len(), 0.0);
        if self.units != units {
            self.cells = vec![[0.0; FEATURES]; units];
            self.seen = vec![false; units];
            self.touched.clear();
            self.units = units;
        }
        for unit in self.touched.drain(..) {
            if let (Some(cell), Some(seen)) = (
                self.cells.get_mut(usize::from(unit)),
                self.seen.get_mut(usize::from(unit)),
            ) {
                *cell = [0.0; FEATURES];
                *seen = false;
            }
        }
    }

    /// A feature of all occupations that grams add to; none of another feature.
    #[inline]
    pub fn column(&self, feature: usize) -> &[f32] {
        let start = self.start(feature);
        self.columns.get(start..start + self.units).unwrap_or_default()
    }

    /// The same, to be changed.
    #[inline]
    pub fn column_mut(&mut self, feature: usize) -> &mut [f32] {
        let start = self.start(feature);
        let end = start + self.units;
        self.columns.get_mut(start..end).unwrap_or_default()
    }

    fn start(&self, feature: usize) -> usize {
        let column = COLUMNS.get(feature).copied().flatten();
        column.map_or(self.columns.len(), |column| usize::from(column) * self.units)
    }

    /// Raises a feature that texts raise to this value at least.
    #[inline]
    pub fn raise(&mut self, unit: Unit, feature: usize, value: f32) {
        if let Some(slot) = self.cell(unit).and_then(|cell| cell.get_mut(feature)) {
            *slot = slot.max(value);
        }
    }

    /// The features of an occupation that texts raise, to be changed.
    #[inline]
    pub fn cell(&mut self, unit: Unit) -> Option<&mut Features> {
        let seen = self.seen.get_mut(usize::from(unit))?;
        if !*seen {
            *seen = true;
            self.touched.push(unit);
        }
        self.cells.get_mut(usize::from(unit))
    }

    /// The occupations that texts of the library speak for so far, with their votes.
    pub fn voted(&self) -> impl Iterator<Item = (Unit, f32)> {
        let votes = |unit: Unit| {
            self.cells
                .get(usize::from(unit))?
                .get(Feature::Votes as usize)
                .copied()
        };
        self.touched
            .iter()
            .filter_map(move |unit| Some((*unit, votes(*unit)?)))
    }

    /// All features of an occupation.
    pub fn get(&self, unit: Unit) -> Features {
        let unit = usize::from(unit);
        let mut cell = self.cells.get(unit).copied().unwrap_or([0.0; FEATURES]);
        for feature in GRAMS {
            let value = self.column(feature as usize).get(unit);
            if let (Some(slot), Some(value)) = (cell.get_mut(feature as usize), value) {
                *slot = *value;
            }
        }
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occupation_has_what_grams_and_texts_added_until_the_board_is_reset() {
        let mut board = Board::default();
        board.reset(3);
        for feature in GRAMS {
            board.column_mut(feature as usize)[1] += 1.0;
        }
        board.cell(1).unwrap()[Feature::Votes as usize] += 2.0;
        board.raise(1, Feature::Nearest as usize, 0.5);
        board.raise(1, Feature::Nearest as usize, 0.25);
        let mut expected = [0.0; FEATURES];
        for feature in GRAMS {
            expected[feature as usize] = 1.0;
        }
        expected[Feature::Votes as usize] = 2.0;
        expected[Feature::Nearest as usize] = 0.5;
        let is = |board: &Board, unit: Unit, expected: &Features| {
            let cell = board.get(unit);
            cell.iter()
                .zip(expected)
                .all(|(one, other)| (one - other).abs() < f32::EPSILON)
        };
        assert!(is(&board, 1, &expected));
        assert!(is(&board, 0, &[0.0; FEATURES]));
        assert!(board.column(Feature::Votes as usize).is_empty());
        for units in [3, 5] {
            board.reset(units);
            assert!(is(&board, 1, &[0.0; FEATURES]));
        }
    }
}
