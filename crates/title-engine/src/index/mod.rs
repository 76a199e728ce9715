//! The indexes of an engine: words, titles by their words, and how much a word speaks for an occupation.

pub(crate) mod classifier;
pub(crate) mod field;
pub(crate) mod grams;
pub(crate) mod hash;
pub(crate) mod pieces;
pub(crate) mod rows;
pub(crate) mod spelling;
pub(crate) mod vocabulary;

/// The number of a word of the vocabulary.
pub(crate) type WordId = u32;

/// The number of a detailed occupation of the SOC in the engine.
pub(crate) type Unit = u16;

/// A number of things, for arithmetic; above 2²⁴ it is rounded.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts are far below 2^24, and weights need no more than that"
)]
pub(crate) fn float(count: usize) -> f32 {
    count as f32
}

/// The position that a number of 32 bits stands for.
pub(crate) fn position(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The number of a position; a library has far fewer than 2³² of anything.
pub(crate) fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
