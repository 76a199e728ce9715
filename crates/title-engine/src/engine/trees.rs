//! Trees that correct the weighted sum of the features where they depend on each other.
//!
//! All nodes of a level ask the same question, so that a tree is a table: the answers are the number of its leaf.

use super::features::Features;

/// How many questions a tree asks.
pub const DEPTH: usize = 4;

/// How many leaves a tree has.
pub const LEAVES: usize = 1 << DEPTH;

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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::features::FEATURES;

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
}
