//! A linear classifier of texts by their grams, fitted while an index is built.
//!
//! What a gram speaks for (see [`Grams`]) is counted for each gram by itself, so that words which come together speak
//! twice. Here the weights of all grams of a text are fitted together, by gradient descent on the softmax over the
//! occupations that its grams speak for; a gram weighs only for occupations that it was counted with.

use std::ops::Range;

use super::field::{Document, FieldGrams, each_distant_pair, pair_gram};
use super::grams::Grams;
use super::hash::scramble;
use super::{Unit, float, number, position};

/// How often the texts are gone through.
const PASSES: usize = 8;

/// At most so many steps are made in all, each by one text: of more texts than this some are not learned from.
const MOST_STEPS: usize = 400_000;

/// How far one text moves the weights of its grams at first.
const RATE: f32 = 0.8;

/// How much of a weight is lost in each pass.
const DECAY: f32 = 0.02;

/// A smaller difference moves nothing.
const LEAST: f32 = 1e-3;

/// The kinds of grams that weigh.
const KINDS: usize = 4;

/// The grams of one text: of which kind, and where their entries stand.
struct Features {
    entries: Vec<(usize, Range<usize>)>,
    scale: f32,
}

/// The scores of the occupations that the grams of one text speak for.
struct Scores {
    values: Vec<f32>,
    /// The text of which each value is.
    texts: Vec<u32>,
    text: u32,
    touched: Vec<Unit>,
}

impl FieldGrams {
    fn kinds(&self) -> [&Grams; KINDS] {
        [&self.words, &self.pairs, &self.heads, &self.distant_pairs]
    }

    /// Fits the weights to the occupations of the texts.
    pub fn fit(&mut self, units: usize, documents: &[Document]) {
        let texts: Vec<Features> = documents.iter().map(|document| self.features(document)).collect();
        let mut weights = self.kinds().map(|grams| vec![0.0_f32; grams.entry_count()]);
        let mut order: Vec<u32> = (0..number(documents.len())).collect();
        order.sort_unstable_by_key(|index| scramble(u64::from(*index) + 1));
        let mut scores = Scores {
            values: vec![0.0; units],
            texts: vec![0; units],
            text: 0,
            touched: Vec::new(),
        };
        order.truncate(MOST_STEPS);
        let passes = (MOST_STEPS / order.len().max(1)).min(PASSES);
        for pass in 0..passes {
            let rate = RATE / (1.0 + 0.5 * float(pass));
            for index in &order {
                let index = position(*index);
                if let (Some(text), Some(document)) = (texts.get(index), documents.get(index)) {
                    self.step(&mut weights, text, document, rate, &mut scores);
                }
            }
            for weight in weights.iter_mut().flatten() {
                *weight *= 1.0 - DECAY;
            }
        }
        let [words, pairs, heads, distant_pairs] = weights;
        self.words.set_weights(words);
        self.pairs.set_weights(pairs);
        self.heads.set_weights(heads);
        self.distant_pairs.set_weights(distant_pairs);
    }

    fn features(&self, document: &Document) -> Features {
        let mut entries = Vec::new();
        let mut add = |kind: usize, grams: &Grams, gram: u64| {
            let range = grams.range(gram);
            if !range.is_empty() {
                entries.push((kind, range));
            }
        };
        for word in &document.words {
            add(0, &self.words, u64::from(*word));
        }
        for pair in document.words.windows(2) {
            if let [one, other] = pair {
                add(1, &self.pairs, pair_gram(*one, *other));
            }
        }
        if let Some(head) = document.head {
            add(2, &self.heads, u64::from(head));
        }
        each_distant_pair(document.words.iter().copied(), |gram| {
            add(3, &self.distant_pairs, gram);
        });
        Features {
            entries,
            scale: 1.0 / float(document.words.len().max(1)).sqrt(),
        }
    }

    /// Moves the weights of the grams of one text towards its occupations.
    fn step(
        &self,
        weights: &mut [Vec<f32>; KINDS],
        text: &Features,
        document: &Document,
        rate: f32,
        scores: &mut Scores,
    ) {
        let kinds = self.kinds();
        scores.reset();
        for (kind, range) in &text.entries {
            let (Some(grams), Some(weights)) = (kinds.get(*kind), weights.get(*kind)) else {
                continue;
            };
            let weights = weights.get(range.clone()).unwrap_or_default();
            for ((unit, _), weight) in grams.row_at(range.clone()).iter().zip(weights) {
                scores.add(*unit, weight * text.scale);
            }
        }
        scores.become_differences(&document.shares);
        let rate = rate * text.scale * document.weight;
        for (kind, range) in &text.entries {
            let (Some(grams), Some(weights)) = (kinds.get(*kind), weights.get_mut(*kind)) else {
                continue;
            };
            let weights = weights.get_mut(range.clone()).unwrap_or_default();
            for ((unit, _), weight) in grams.row_at(range.clone()).iter().zip(weights) {
                let difference = scores.values.get(usize::from(*unit)).copied().unwrap_or_default();
                if difference.abs() > LEAST {
                    *weight += rate * difference;
                }
            }
        }
    }
}

impl Scores {
    /// None yet, of another text.
    fn reset(&mut self) {
        self.touched.clear();
        self.text += 1;
    }

    fn add(&mut self, unit: Unit, value: f32) {
        let at = usize::from(unit);
        if let (Some(slot), Some(text)) = (self.values.get_mut(at), self.texts.get_mut(at)) {
            if *text == self.text {
                *slot += value;
            } else {
                (*text, *slot) = (self.text, value);
                self.touched.push(unit);
            }
        }
    }

    /// Makes of the score of each occupation how far its share is below that of the text.
    fn become_differences(&mut self, shares: &[(Unit, f32)]) {
        let Self {
            values,
            texts,
            text,
            touched,
        } = self;
        let scores = touched.iter().filter_map(|unit| values.get(usize::from(*unit)));
        let greatest = scores.copied().fold(f32::MIN, f32::max);
        let mut all = 0.0;
        for unit in &*touched {
            if let Some(slot) = values.get_mut(usize::from(*unit)) {
                *slot = (*slot - greatest).exp();
                all += *slot;
            }
        }
        for unit in &*touched {
            if let Some(slot) = values.get_mut(usize::from(*unit)) {
                *slot /= -all;
            }
        }
        for (unit, share) in shares {
            let at = usize::from(*unit);
            if texts.get(at) == Some(text)
                && let Some(slot) = values.get_mut(at)
            {
                *slot += share;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::field::Field;
    use super::super::{Unit, WordId};
    use super::*;

    fn document(words: &[WordId], unit: Unit) -> Document {
        Document {
            words: words.to_vec(),
            modifiers: vec![false; words.len()],
            asides: vec![false; words.len()],
            head: words.last().copied(),
            shares: vec![(unit, 1.0)],
            weight: 1.0,
            count: 1.0,
            acronym: None,
        }
    }

    /// The occupation for which the weights of single words speak most.
    fn best(grams: &Grams, words: &[WordId]) -> Option<Unit> {
        let mut scores = [0.0_f32; 3];
        for word in words {
            let entries = grams.entries(u64::from(*word));
            for ((unit, _), weight) in entries.row.iter().zip(entries.weights) {
                scores[usize::from(*unit)] += weight;
            }
        }
        (0..3_u16).max_by(|one, other| scores[usize::from(*one)].total_cmp(&scores[usize::from(*other)]))
    }

    #[test]
    fn words_together_are_weighed_together() {
        // Word 0 stands in texts of occupation 0 far more often than in the other one, yet only beside word 2.
        let mut documents = vec![document(&[0, 2], 0); 9];
        documents.extend(vec![document(&[0, 1], 1); 3]);
        documents.extend(vec![document(&[1], 2); 9]);
        let mut field = Field::new(3, 3, |word| word.to_string(), &documents);
        assert!(field.grams.words.entries(0).weights.is_empty());
        field.grams.fit(3, &documents);
        let words = &field.grams.words;
        assert_eq!(best(words, &[0, 2]), Some(0));
        assert_eq!(best(words, &[0, 1]), Some(1));
        assert_eq!(best(words, &[1]), Some(2));
        let shares = words.entries(0).shares;
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-3, "{shares:?}");
    }
}
