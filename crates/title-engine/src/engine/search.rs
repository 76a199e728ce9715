//! Finds titles by the beginning of their words, with mistakes in spelling.

use super::{Engine, Scratch};
use crate::ids::TitleId;
use crate::index::{WordId, number, position};
use crate::text::words::{Cleaning, Words};

/// A title that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The title.
    pub id: TitleId,
    /// Its name.
    pub name: &'a str,
}

/// How much a word counts that was found whole.
const WHOLE: f32 = 1.0;
/// How much a word counts that was found by its beginning.
const PREFIX: f32 = 0.7;
/// How much a word counts that was found by correcting its spelling.
const CORRECTED: f32 = 0.5;

impl Engine {
    /// How many titles there are.
    #[must_use]
    pub fn title_count(&self) -> usize {
        self.titles.len()
    }

    /// A page of all titles, by name.
    pub fn list(&self, skip: usize, limit: usize) -> impl Iterator<Item = Found<'_>> {
        self.titles.iter().skip(skip).take(limit).map(|entry| Found {
            id: entry.id,
            name: &entry.name,
        })
    }

    /// A page of the titles that have each word of `query`, the best first: whole, as the beginning of a word, or
    /// nearly so spelt. A query without a word finds nothing.
    pub fn search(&self, query: &str, skip: usize, limit: usize, scratch: &mut Scratch) -> Vec<Found<'_>> {
        let mut words = Words::default();
        words.read(query, Cleaning::None);
        let mut best: Vec<(u32, f32)> = Vec::new();
        for (count, word) in words.list().iter().enumerate() {
            let meant = self.meant(words.word(word));
            let mut matches = self.titles_with(&meant, scratch);
            if count == 0 {
                best = matches;
                continue;
            }
            matches.sort_unstable_by_key(|(title, _)| *title);
            best.retain_mut(|(title, value)| {
                let found = matches.binary_search_by_key(title, |(other, _)| *other).ok();
                found
                    .and_then(|at| matches.get(at))
                    .map(|(_, other)| *value += other)
                    .is_some()
            });
        }
        for (title, value) in &mut best {
            // Of titles with the same words found, the one with the fewest others comes first.
            let length = self.library.words.get(*title).len();
            *value /= crate::index::float(length + words.list().len());
        }
        let order =
            |one: &(u32, f32), other: &(u32, f32)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
        let end = skip.saturating_add(limit);
        if end < best.len() && end > 0 {
            best.select_nth_unstable_by(end - 1, order);
            best.truncate(end);
        }
        best.sort_unstable_by(order);
        let page = best.into_iter().skip(skip).take(limit);
        page.filter_map(|(title, _)| self.titles.get(position(title)))
            .map(|entry| Found {
                id: entry.id,
                name: &entry.name,
            })
            .collect()
    }

    /// The words that may be meant, and how much each counts.
    fn meant(&self, word: &str) -> Vec<(WordId, f32)> {
        // A word of coded titles alone finds no title of the library, and may be a mistake itself.
        let is_of_library = |id: WordId| !self.library.postings.get(id).is_empty();
        let whole = self.vocabulary.id(word);
        let mut meant: Vec<(WordId, f32)> = self
            .vocabulary
            .with_prefix(word)
            .filter(|id| is_of_library(*id))
            .map(|id| (id, if Some(id) == whole { WHOLE } else { PREFIX }))
            .collect();
        if meant.is_empty() {
            let corrected =
                self.spelling
                    .correct(word, &self.vocabulary, &self.counts, &mut 0, is_of_library);
            meant.extend(corrected.map(|id| (id, CORRECTED)));
        }
        meant
    }

    /// The titles with any of these words, each once with the most that one of them counts.
    fn titles_with(&self, words: &[(WordId, f32)], scratch: &mut Scratch) -> Vec<(u32, f32)> {
        let sums = &mut scratch.sums;
        if sums.len() < self.titles.len() {
            sums.resize(self.titles.len(), 0.0);
        }
        let mut titles = Vec::new();
        for (word, value) in words {
            for title in self.library.postings.get(*word) {
                if let Some(sum) = sums.get_mut(position(*title)) {
                    if *sum == 0.0 {
                        titles.push(*title);
                    }
                    *sum = sum.max(*value);
                }
            }
        }
        let mut found = Vec::with_capacity(titles.len());
        for title in titles {
            if let Some(sum) = sums.get_mut(position(title)) {
                found.push((title, *sum));
                *sum = 0.0;
            }
        }
        debug_assert!(
            number(found.len()) <= number(self.titles.len()),
            "each title stands once"
        );
        found
    }
}
