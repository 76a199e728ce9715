//! From scores to a confidence: the calibrated probability that the occupation is right.

/// How many signals confidence is made of.
pub const SIGNALS: usize = 8;

/// What confidence is made of, in this order: one; the logit of the share of the best occupation in the softmax; the
/// logarithm of how far it is ahead of the next one; how well the title fits; the share of the words that the
/// library does not know; the share of the rest that the title covers; how many words count, as a logarithm; the share of
/// the titles with exactly these words.
pub type Signals = [f32; SIGNALS];

/// The highest confidence of a title most of whose words are unknown, or of a text that is no title.
const DOUBTFUL: f32 = 0.49;

/// From so many words on, a text that its title hardly covers is taken for prose.
const PROSE_WORDS: usize = 9;

/// A text with fewer letters says nothing, unless a title has exactly these.
const LETTERS: usize = 3;

/// A text of misspelt words only and with fewer letters may be of any words: "Salem" is not "sales".
const CORRECTED_LETTERS: usize = 6;

/// How much text there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// How many words count.
    pub words: usize,
    /// How many letters the known ones have, as they were corrected.
    pub letters: usize,
    /// Whether a title has exactly these words.
    pub is_title: bool,
    /// Whether all words that count had to be corrected.
    pub is_misspelt: bool,
}

/// The confidence that the occupation is right.
pub(crate) fn confidence(weights: &Signals, signals: &Signals, extent: Extent) -> f32 {
    let sum: f32 = weights
        .iter()
        .zip(signals)
        .map(|(weight, signal)| weight * signal)
        .sum();
    let probability = 1.0 / (1.0 + (-sum).exp());
    let [_, _, _, fit, unknown, covered, _, _] = *signals;
    let is_prose = extent.words >= PROSE_WORDS && covered < 0.5;
    let is_scrap = (extent.letters < LETTERS && !extent.is_title)
        || (extent.letters < CORRECTED_LETTERS && extent.is_misspelt);
    let doubtful = unknown > 0.5 || fit < 0.2 || is_prose || is_scrap || covered < 0.15;
    // A title that shares no word with the text says little even where the occupation is right.
    let bounded = if doubtful {
        probability.min(DOUBTFUL)
    } else {
        probability
    };
    bounded.clamp(0.0, 1.0)
}

/// The logit of a probability, within ±8.
pub(crate) fn logit(probability: f32) -> f32 {
    let bounded = probability.clamp(1e-4, 1.0 - 1e-4);
    (bounded / (1.0 - bounded)).ln()
}
