//! Trees that correct the weighted sum of the features where they depend on each other.
//!
//! All nodes of a level ask the same question, so that a tree is a table: the answers are the number of its leaf.

use super::features::{FEATURES, Features};
use crate::index::position;

/// How many questions a tree asks.
pub const DEPTH: usize = 4;

/// How many leaves a tree has.
pub const LEAVES: usize = 1 << DEPTH;

/// How many occupations are corrected at a time: all of a column are compared by the same instructions.
pub const LANES: usize = 24;

/// The features of so many occupations, feature by feature.
pub type Columns = [[f32; LANES]; FEATURES];

/// A tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tree {
    /// The feature that each level asks for, by its place.
    pub features: [u8; DEPTH],
    /// Above which value the answer is yes.
    pub bounds: [f32; DEPTH],
    /// What is added to the score: the answer of the first level is the lowest bit of the leaf's number.
    pub leaves: [f32; LEAVES],
}

impl Tree {
    /// What the tree adds to the score of an occupation.
    #[must_use]
    pub fn value(&self, features: &Features) -> f32 {
        let mut leaf = 0;
        for (level, (feature, bound)) in self.features.iter().zip(&self.bounds).enumerate() {
            let value = features.get(usize::from(*feature)).copied().unwrap_or_default();
            leaf |= usize::from(value > *bound) << level;
        }
        self.leaves.get(leaf).copied().unwrap_or_default()
    }

    /// Adds the same to the sum of each of the occupations.
    pub fn add(&self, columns: &Columns, sums: &mut [f32; LANES]) {
        // Four columns side by side and a table within its mask: loops without a jump, which become vector instructions.
        let [one, two, three, four] = self
            .features
            .map(|feature| columns.get(usize::from(feature)).unwrap_or(&[0.0; LANES]));
        let [first, second, third, fourth] = self.bounds;
        let values = one.iter().zip(two).zip(three.iter().zip(four));
        let mut leaves = [0_u32; LANES];
        for (leaf, ((one, two), (three, four))) in leaves.iter_mut().zip(values) {
            *leaf = u32::from(*one > first)
                | u32::from(*two > second) << 1
                | u32::from(*three > third) << 2
                | u32::from(*four > fourth) << 3;
        }
        for (sum, leaf) in sums.iter_mut().zip(leaves) {
            let leaf = position(leaf) & (LEAVES - 1);
            *sum += self.leaves.get(leaf).copied().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_the_number_of_the_leaf() {
        let tree = Tree {
            features: [0, 1, 2, 3],
            bounds: [0.5; DEPTH],
            leaves: std::array::from_fn(crate::index::float),
        };
        let mut features = [0.0; FEATURES];
        assert!(tree.value(&features).abs() < f32::EPSILON);
        (features[0], features[3]) = (1.0, 1.0);
        assert!((tree.value(&features) - 9.0).abs() < f32::EPSILON);
        features[0] = 0.5;
        assert!(
            (tree.value(&features) - 8.0).abs() < f32::EPSILON,
            "a bound is not above itself"
        );
    }

    #[test]
    fn many_occupations_get_what_each_gets_alone() {
        let tree = |seed: usize| Tree {
            features: std::array::from_fn(|level| u8::try_from((seed + level * 5) % FEATURES).unwrap()),
            bounds: std::array::from_fn(|level| crate::index::float(seed * level % 7)),
            leaves: std::array::from_fn(|leaf| crate::index::float(leaf * seed) / 16.0),
        };
        let trees: Vec<Tree> = (1..20).map(tree).collect();
        let rows: [Features; LANES] = std::array::from_fn(|lane| {
            std::array::from_fn(|feature| crate::index::float((lane * 31 + feature * 17) % 9))
        });
        let columns: Columns = std::array::from_fn(|feature| std::array::from_fn(|lane| rows[lane][feature]));
        let mut sums = [0.0; LANES];
        for tree in &trees {
            tree.add(&columns, &mut sums);
        }
        let alone = rows.map(|row| trees.iter().map(|tree| tree.value(&row)).sum::<f32>());
        for (sum, alone) in sums.iter().zip(alone) {
            assert!((sum - alone).abs() < 1e-4, "{sum} {alone}");
        }
    }
}
