//! What was learned: the weights of the features, the trees, and the weights of confidence.
//!
//! `library.rs` and `coded.rs` are written by `cargo run --release -p title-engine --example quality -- DATA --write`;
//! they are not to be edited by hand.

mod coded;
mod library;

use std::borrow::Cow;

use super::confidence::Signals;
use super::features::Features;
use super::trees::{Columns, LANES, Tree};

/// What was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// For a library without coded titles.
    pub library: Model,
    /// For a library with coded titles.
    pub coded: Model,
}

/// What was learned for one kind of library.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The weights of the features.
    pub features: Features,
    /// What corrects their sum.
    pub trees: Cow<'static, [Tree]>,
    /// The weights of the signals of confidence.
    pub confidence: Signals,
}

impl Model {
    /// The weighted sum of the features of an occupation: its score before it is corrected.
    #[must_use]
    pub fn weigh(&self, features: &Features) -> f32 {
        let weighted = features.iter().zip(&self.features);
        weighted.map(|(feature, weight)| feature * weight).sum()
    }

    /// What the trees add to those of so many occupations; a softmax over the scores of all candidates makes them shares.
    #[must_use]
    pub fn correct(&self, columns: &Columns) -> [f32; LANES] {
        let mut sums = [0.0; LANES];
        for tree in &*self.trees {
            tree.add(columns, &mut sums);
        }
        sums
    }
}

/// What was learned from all files.
pub const LEARNED: Weights = Weights {
    library: library::MODEL,
    coded: coded::MODEL,
};

/// A tree, as the files of weights have it.
const fn tree(features: [u8; 4], bounds: [f32; 4], leaves: [f32; 16]) -> Tree {
    Tree {
        features,
        bounds,
        leaves,
    }
}
