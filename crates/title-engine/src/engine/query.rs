//! A raw title, read into the words of a library.

use crate::index::field::Field;
use crate::index::spelling::Spelling;
use crate::index::vocabulary::Vocabulary;
use crate::index::{WordId, float};
use crate::text::levels::JobLevel;
use crate::text::words::{Cleaning, Words};

/// How much a word outside the part with the head counts.
const OTHER_PART: f32 = 0.8;

/// How much a word counts that only names a level.
const MODIFIER: f32 = 0.3;

/// A word of a raw title that the library knows.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something else of the word"
)]
pub(crate) struct QueryWord {
    /// Its number.
    pub id: WordId,
    /// How much it counts, 0 to 1.
    pub weight: f32,
    /// The part of the title it stands in.
    pub segment: u8,
    /// Whether it can be left out without changing the occupation.
    pub modifier: bool,
    /// Whether it is the head.
    pub head: bool,
    /// Whether it stands directly behind the word before it.
    pub joined: bool,
    /// Whether the same word stands before.
    pub repeated: bool,
}

/// What was read of a raw title. The buffers are kept for the next one.
#[derive(Debug, Default)]
pub(crate) struct Query {
    words: Words,
    /// The known words, in the order of the text.
    pub known: Vec<QueryWord>,
    /// How many words of the title count in all.
    pub counted: usize,
    /// How many of them the library does not know in any spelling.
    pub unknown: usize,
    /// How many of them were corrected.
    pub corrected: usize,
    /// How many words the misspelt ones were compared with.
    pub compared: usize,
    /// The levels that the title names, in order, each once.
    pub levels: Vec<JobLevel>,
    /// The part in which the head stands.
    pub main: u8,
}

/// What a raw title says to a library, in a form that can be remembered: its words, their places and its levels, without
/// what is left out of it, such as a requisition number. The same words have another form in another library.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Form(Box<[u8]>);

impl Form {
    /// How many bytes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

/// What words are looked up in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexicon<'a> {
    pub vocabulary: &'a Vocabulary,
    pub counts: &'a [u32],
    pub spelling: &'a Spelling,
}

impl Query {
    /// Reads a raw title, in place of the one before.
    pub fn read(&mut self, raw: &str, lexicon: Lexicon<'_>) {
        self.words.read(raw, Cleaning::Posting);
        self.known.clear();
        self.levels.clear();
        (self.counted, self.unknown, self.corrected, self.compared) = (0, 0, 0, 0);
        let list = self.words.list();
        self.main = list.iter().find(|word| word.head).map_or(0, |word| word.segment);
        let mut joined = false;
        for word in list {
            let modifier = word.level.is_some_and(JobLevel::is_modifier) || word.generic;
            self.levels.extend(word.level);
            let text = self.words.word(word);
            let exact = lexicon.vocabulary.id(text);
            let found = exact.or_else(|| {
                let compared = &mut self.compared;
                lexicon
                    .spelling
                    .correct(text, lexicon.vocabulary, lexicon.counts, compared, |_| true)
            });
            if !modifier {
                self.counted += 1;
                self.unknown += usize::from(found.is_none());
                self.corrected += usize::from(exact.is_none() && found.is_some());
            }
            if let Some(id) = found {
                let part = if word.segment == self.main {
                    1.0
                } else {
                    OTHER_PART
                };
                let weight = if modifier { MODIFIER } else { part };
                let repeated = self.known.iter().any(|other| other.id == id);
                let (segment, head) = (word.segment, word.head);
                self.known.push(QueryWord {
                    id,
                    weight,
                    segment,
                    modifier,
                    head,
                    joined,
                    repeated,
                });
            }
            joined = found.is_some();
        }
        self.levels.sort_unstable();
        self.levels.dedup();
    }

    /// All that answers depend on: raw titles with the same form are answered alike.
    pub fn form(&self) -> Form {
        let byte = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
        let mut bytes = Vec::with_capacity(5 + self.levels.len() * 8 + self.known.len() * 6);
        bytes.extend([self.counted, self.unknown, self.corrected].map(byte));
        bytes.extend([self.main, byte(self.levels.len())]);
        for level in &self.levels {
            bytes.extend(level.as_str().bytes().chain([0]));
        }
        for word in &self.known {
            bytes.extend(word.id.to_le_bytes());
            let flags = [word.modifier, word.head, word.joined, word.repeated];
            let flags = flags.iter().fold(0, |bits, flag| bits << 1 | u8::from(*flag));
            bytes.extend([word.segment, flags]);
        }
        Form(bytes.into())
    }

    /// The known words, each once.
    pub fn distinct(&self) -> impl Iterator<Item = &QueryWord> {
        self.known.iter().filter(|word| !word.repeated)
    }

    /// The length of the vector of the known words.
    pub fn norm(&self, field: &Field) -> f32 {
        self.distinct()
            .map(|word| (word.weight * field.rarity(word.id)).powi(2))
            .sum::<f32>()
            .sqrt()
    }

    /// By what sums over words are divided, so that a long title is not more certain than a short one.
    pub fn scale(&self) -> f32 {
        1.0 / float(self.known.len().max(1)).sqrt()
    }

    /// The share of the words that count which the library does not know.
    pub fn unknown_share(&self) -> f32 {
        if self.counted == 0 {
            1.0
        } else {
            float(self.unknown) / float(self.counted)
        }
    }
}
