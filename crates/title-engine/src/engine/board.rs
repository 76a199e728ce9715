//! The features of all occupations while a raw title is measured.

use super::features::{FEATURES, Features};
use crate::index::Unit;

/// The features of all occupations; only those that were touched are not zero.
#[derive(Debug, Default)]
pub(crate) struct Board {
    pub cells: Vec<Features>,
    pub touched: Vec<Unit>,
    seen: Vec<bool>,
}

impl Board {
    /// Empties the board for so many occupations.
    pub fn reset(&mut self, units: usize) {
        if self.cells.len() != units {
            self.cells = vec![[0.0; FEATURES]; units];
            self.seen = vec![false; units];
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

    /// The features of an occupation, to be changed.
    #[inline]
    pub fn cell(&mut self, unit: Unit) -> Option<&mut Features> {
        let seen = self.seen.get_mut(usize::from(unit))?;
        if !*seen {
            *seen = true;
            self.touched.push(unit);
        }
        self.cells.get_mut(usize::from(unit))
    }

    #[inline]
    pub fn add(&mut self, unit: Unit, feature: usize, value: f32) {
        if let Some(slot) = self.cell(unit).and_then(|cell| cell.get_mut(feature)) {
            *slot += value;
        }
    }

    #[inline]
    pub fn raise(&mut self, unit: Unit, feature: usize, value: f32) {
        if let Some(slot) = self.cell(unit).and_then(|cell| cell.get_mut(feature)) {
            *slot = slot.max(value);
        }
    }

    pub fn get(&self, unit: Unit) -> Features {
        self.cells
            .get(usize::from(unit))
            .copied()
            .unwrap_or([0.0; FEATURES])
    }
}
