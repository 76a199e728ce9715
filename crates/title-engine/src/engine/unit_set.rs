//! A set of occupations, which is gone through in the order of their numbers.

use crate::index::Unit;

/// Occupations, each once.
#[derive(Debug, Default)]
pub(crate) struct UnitSet {
    /// A bit for each occupation.
    blocks: Vec<u64>,
}

impl UnitSet {
    /// Empties the set for so many occupations.
    pub fn reset(&mut self, units: usize) {
        self.blocks.clear();
        self.blocks.resize(units.div_ceil(64), 0);
    }

    /// Adds an occupation; one that is beyond those of the set is left out.
    #[inline]
    pub fn insert(&mut self, unit: Unit) {
        if let Some(block) = self.blocks.get_mut(usize::from(unit / 64)) {
            *block |= 1 << (unit % 64);
        }
    }

    /// The occupations, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = Unit> {
        (0_u32..)
            .step_by(64)
            .zip(&self.blocks)
            .flat_map(|(start, block)| {
                let with_rest = |rest: u64| Some(rest).filter(|rest| *rest != 0);
                // The lowest bit that is set is taken away each time.
                let rests =
                    std::iter::successors(with_rest(*block), move |rest| with_rest(rest & (rest - 1)));
                rests.filter_map(move |rest| Unit::try_from(start + rest.trailing_zeros()).ok())
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occupations_stand_once_in_order_until_the_set_is_reset() {
        let mut set = UnitSet::default();
        for units in [840, 130] {
            set.reset(units);
            assert_eq!(set.iter().count(), 0);
            for unit in [129, 0, 63, 64, 0, 7, 129, 900] {
                set.insert(unit);
            }
            assert_eq!(set.iter().collect::<Vec<_>>(), [0, 7, 63, 64, 129]);
        }
    }
}
