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
        0.7816, 0.0658, 0.2327, 0.1640, 0.8483, -0.7886, 0.4233, 0.6349, -0.0429, 0.5444, 0.1439, 0.4969,
        0.4654, 1.8943, -0.6824, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000, 0.2393, -0.1409, 0.0130, 0.4113, 0.0000, 0.0000,
    ],
    coded: [
        0.3998, -0.0013, 0.1022, 0.0058, 0.5029, 0.0388, 0.1381, 2.2589, -0.0448, 0.2491, 0.0537, 0.0563,
        0.3057, 1.3087, -0.3480, 0.1833, 0.1602, 0.0821, 0.0811, 0.2300, 1.0429, 0.1747, -0.1321, -0.0927,
        0.5992, 0.3185, 0.1239, -0.9422, -0.0157, 0.1695, -0.0005, 0.2431,
    ],
    library_confidence: [0.3128, 1.0453, -0.2468, 2.1553, -0.8526, -2.1439, -0.3823, 0.3369],
    coded_confidence: [-0.0834, 0.5957, 0.1523, 0.4244, -0.9592, -0.5588, -0.1958, 0.1702],
};
