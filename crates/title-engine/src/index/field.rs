//! Texts with the occupations they belong to: the titles of a library, or coded titles.

use std::collections::BTreeMap;

use super::grams::{Grams, each_piece};
use super::hash::{FixedMap, hash_pair, scramble};
use super::pieces::Pieces;
use super::rows::Rows;
use super::{Unit, WordId, float, number, position};

/// A text before it is put into a field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    /// Its words, in order.
    pub words: Vec<WordId>,
    /// Whether the word of the same place can be left out without changing the occupation.
    pub modifiers: Vec<bool>,
    /// Whether the word of the same place stands in parentheses.
    pub asides: Vec<bool>,
    /// The abbreviation of the title that stands in parentheses behind it.
    pub acronym: Option<WordId>,
    /// The head of the title.
    pub head: Option<WordId>,
    /// The share of each occupation, the greatest first; they add up to one.
    pub shares: Vec<(Unit, f32)>,
    /// How much it counts against other texts.
    pub weight: f32,
    /// How much it counts among texts with exactly the same words.
    pub count: f32,
}

/// The kinds of grams.
#[derive(Debug, Default)]
pub(crate) struct FieldGrams {
    /// Single words.
    pub words: Grams,
    /// Pairs of words that follow each other.
    pub pairs: Grams,
    /// Pieces of four letters, by words.
    pub pieces: Pieces,
    /// Heads.
    pub heads: Grams,
    /// Pairs of words that do not follow each other; of coded titles only.
    pub distant_pairs: Grams,
}

/// Texts by their words.
#[derive(Debug, Default)]
pub(crate) struct Field {
    /// The words of each text, each once, in the order of their numbers.
    pub words: Rows<WordId>,
    /// The occupations of each text, the greatest share first.
    pub shares: Rows<(Unit, f32)>,
    /// One divided by the length of the vector of each text.
    pub scales: Vec<f32>,
    /// The texts of each word.
    pub postings: Rows<u32>,
    /// How rare each word is.
    pub rarity: Vec<f32>,
    /// How much each text counts.
    pub weights: Vec<f32>,
    /// The rows of `exact_rows` by the set of the words of a text, and by that of its words without levels.
    pub exact: FixedMap<u64, u32>,
    /// The share of each occupation of the texts with the same set.
    pub exact_rows: Rows<(Unit, f32)>,
    /// How much the texts of each row count in all.
    pub exact_counts: Vec<f32>,
    /// What the grams speak for.
    pub grams: FieldGrams,
}

/// Which words of a text belong to a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exact {
    /// All.
    Whole,
    /// Those that name more than a level.
    Bare,
}

impl Exact {
    /// The hash of a set of this kind: the same words are another set than of the other kind.
    fn hash(self, set: SetHash) -> Option<u64> {
        set.get().map(|hash| match self {
            Self::Whole => hash,
            Self::Bare => scramble(hash),
        })
    }
}

/// What a set of words hashes to, in any order; a word counts once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SetHash(u64);

impl SetHash {
    /// Adds a word that was not added before.
    pub fn add(&mut self, word: WordId) {
        self.0 = self.0.wrapping_add(scramble(u64::from(word) + 1));
    }

    /// The hash of the set, or none of the empty set.
    pub fn get(self) -> Option<u64> {
        (self.0 != 0).then_some(self.0)
    }
}

/// The gram of a pair of words.
pub(crate) fn pair_gram(one: WordId, other: WordId) -> u64 {
    hash_pair(u64::from(one), u64::from(other))
}

/// Of so many words of a text each makes a pair with each.
const PAIRED_WORDS: usize = 8;

/// Calls `each` with the gram of each pair of words that do not follow each other, in any order.
pub(crate) fn each_distant_pair(words: impl Iterator<Item = WordId> + Clone, mut each: impl FnMut(u64)) {
    let words = words.take(PAIRED_WORDS);
    for (place, one) in words.clone().enumerate() {
        for other in words.clone().skip(place + 2) {
            each(pair_gram(one.min(other), one.max(other)));
        }
    }
}

/// What pairs of words that do not follow each other speak for.
pub(crate) fn distant_pairs(units: usize, documents: &[Document]) -> Grams {
    let mut counts = Vec::new();
    for document in documents {
        for (unit, share) in &document.shares {
            let weight = share * document.weight;
            each_distant_pair(document.words.iter().copied(), |gram| {
                counts.push((gram, *unit, weight));
            });
        }
    }
    Grams::new(units, counts, units)
}

impl Field {
    /// The field of these texts.
    pub fn new(words: usize, units: usize, spell: impl Fn(WordId) -> String, documents: &[Document]) -> Self {
        let mut field = Self::default();
        let mut postings = Vec::new();
        for (index, document) in documents.iter().enumerate() {
            let mut set = document.words.clone();
            set.sort_unstable();
            set.dedup();
            postings.extend(set.iter().map(|word| (*word, number(index))));
            field.words.push(set);
            field.shares.push(document.shares.iter().copied());
            field.weights.push(document.weight);
        }
        field.postings = Rows::grouped(words, postings);
        let count = float(documents.len());
        field.rarity = (0..number(words))
            .map(|word| (1.0 + count / (0.5 + float(field.postings.get(word).len()))).ln())
            .collect();
        field.scales = (0..number(documents.len()))
            .map(|text| {
                field
                    .words
                    .get(text)
                    .iter()
                    .map(|word| field.rarity(*word).powi(2))
                    .sum::<f32>()
            })
            .map(|square| if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 })
            .collect();
        field.index_exact(documents);
        field.grams = count_grams(words, units, spell, documents);
        field.words.shrink();
        field.shares.shrink();
        field
    }

    /// How rare a word is.
    pub fn rarity(&self, word: WordId) -> f32 {
        self.rarity.get(position(word)).copied().unwrap_or_default()
    }

    /// The occupations of the texts with exactly these words, with their shares, and how much the texts count.
    pub fn exact(&self, set: SetHash, kind: Exact) -> (&[(Unit, f32)], f32) {
        let row = kind.hash(set).and_then(|hash| self.exact.get(&hash));
        row.map_or((&[], 0.0), |row| {
            let count = self.exact_counts.get(position(*row)).copied().unwrap_or_default();
            (self.exact_rows.get(*row), count)
        })
    }

    fn index_exact(&mut self, documents: &[Document]) {
        let mut pairs = Vec::new();
        for (index, document) in documents.iter().enumerate() {
            let (mut all, mut bare, mut main) = (SetHash::default(), SetHash::default(), SetHash::default());
            let flags = document.modifiers.iter().zip(&document.asides);
            for (place, (word, (modifier, aside))) in document.words.iter().zip(flags).enumerate() {
                let seen = document.words.iter().take(place).any(|other| other == word);
                if !seen {
                    all.add(*word);
                    if !modifier {
                        bare.add(*word);
                    }
                    if !modifier && !aside {
                        main.add(*word);
                    }
                }
            }
            let mut acronym = SetHash::default();
            document.acronym.into_iter().for_each(|word| acronym.add(word));
            let mut hashes = [
                Exact::Whole.hash(all),
                Exact::Whole.hash(main),
                Exact::Whole.hash(acronym),
                Exact::Bare.hash(bare),
                Exact::Bare.hash(main),
                Exact::Bare.hash(acronym),
            ];
            hashes.sort_unstable();
            let mut last = None;
            let hashes = hashes.map(|hash| hash.filter(|_| std::mem::replace(&mut last, hash) != hash));
            pairs.extend(hashes.into_iter().flatten().map(|hash| (hash, number(index))));
        }
        pairs.sort_unstable();
        for group in pairs.chunk_by(|(one, _), (other, _)| one == other) {
            let mut sums: BTreeMap<Unit, f32> = BTreeMap::new();
            let mut all = 0.0;
            for (_, text) in group {
                let count = documents
                    .get(position(*text))
                    .map_or(0.0, |document| document.count);
                all += count;
                for (unit, share) in self.shares.get(*text) {
                    *sums.entry(*unit).or_insert(0.0) += share * count;
                }
            }
            if let Some((hash, _)) = group.first().filter(|_| all > 0.0) {
                self.exact.insert(*hash, number(self.exact_rows.len()));
                self.exact_rows
                    .push(sums.into_iter().map(|(unit, sum)| (unit, sum / all)));
                self.exact_counts.push(all);
            }
        }
        self.exact_rows.shrink();
        self.exact.shrink_to_fit();
    }
}

/// Counts the grams of the texts for each occupation.
fn count_grams(
    words: usize,
    units: usize,
    spell: impl Fn(WordId) -> String,
    documents: &[Document],
) -> FieldGrams {
    let (mut singles, mut pairs, mut pieces, mut heads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut pieces_of_word: Rows<u64> = Rows::default();
    for word in 0..number(words) {
        let mut row = Vec::new();
        each_piece(&spell(word), |piece| row.push(piece));
        pieces_of_word.push(row);
    }
    for document in documents {
        for (unit, share) in &document.shares {
            let weight = share * document.weight;
            let add = |to: &mut Vec<(u64, Unit, f32)>, gram: u64| to.push((gram, *unit, weight));
            for (word, modifier) in document.words.iter().zip(&document.modifiers) {
                add(&mut singles, u64::from(*word));
                if !modifier {
                    pieces_of_word
                        .get(*word)
                        .iter()
                        .for_each(|piece| add(&mut pieces, *piece));
                }
            }
            for pair in document.words.windows(2) {
                if let [one, other] = pair {
                    add(&mut pairs, pair_gram(*one, *other));
                }
            }
            if let Some(head) = document.head {
                add(&mut heads, u64::from(head));
            }
        }
    }
    FieldGrams {
        words: Grams::of_words(units, singles),
        pairs: Grams::new(units, pairs, units),
        pieces: Pieces::new(&pieces_of_word, Grams::new(units, pieces, units / 2)),
        heads: Grams::of_words(units, heads),
        distant_pairs: Grams::default(),
    }
}
