//! The weights of the features and of confidence.
//!
//! Written by `cargo run --release -p title-engine --example quality -- DATA --write`; not to be edited by hand.

use super::confidence::Signals;
use super::features::Features;

/// What was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Weights of the features in a library without coded titles.
    pub library: Features,
    /// Weights of the features in a library with coded titles.
    pub coded: Features,
    /// Weights of the signals in a library without coded titles.
    pub library_confidence: Signals,
    /// Weights of the signals in a library with coded titles.
    pub coded_confidence: Signals,
}

/// The weights that were learned from all files.
pub const LEARNED: Weights = Weights {
    library: [
        0.4352, 0.0773, 0.2954, 0.2007, 0.8653, -0.6929, 0.3817, 0.6176, -0.0242, 0.4841, 0.1678, 0.5004,
        0.4810, 1.8202, -0.3437, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000, 0.2257, -0.1173, 0.0312, 0.4465, 0.0000, 0.0000,
    ],
    coded: [
        0.1564, -0.0010, 0.1227, 0.0341, 0.4591, 0.1891, 0.1165, 2.2704, -0.0800, 0.1930, 0.0663, 0.0605,
        0.2815, 1.2192, -0.1126, 0.1789, 0.1777, 0.1046, 0.0868, 0.2568, 1.2525, 0.1683, -0.1585, -0.1360,
        0.5874, 0.3559, 0.0772, -0.9566, 0.0048, 0.1908, -0.0083, 0.2523,
    ],
    library_confidence: [0.0980, 1.0372, -0.2381, 2.3629, -0.8879, -2.2120, -0.2966, 0.3191],
    coded_confidence: [-0.0448, 0.6114, 0.1439, 0.2176, -0.7290, -0.4564, -0.1623, 0.1977],
};
