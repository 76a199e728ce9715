//! Names what speaks for the candidates of a raw title, for whoever asks.

use super::measure::exact_sets;
use super::normalize::{Candidate, Normalized};
use super::query::{Query, QueryWord};
use super::similar::Similar;
use super::{Engine, Scratch};
use crate::ids::TitleId;
use crate::index::field::{Exact, Field, SetHash};
use crate::index::{Unit, position};

/// At most so many titles are named of each kind.
const MOST_TITLES: usize = 5;

/// What speaks for one candidate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation<'a> {
    /// The words of the raw title that the library knows, cleaned, corrected and in the form in which they are
    /// compared, in the order of the text.
    pub words: Vec<&'a str>,
    /// Those words that are exactly those of a title or of a coded title of the occupation: all, or all without
    /// levels, or those of one part; with a space between, in the order of the text.
    pub exact_keys: Vec<String>,
    /// The titles of the occupation that are most similar, the most similar first.
    pub titles: Vec<SimilarTitle<'a>>,
    /// The coded titles of the occupation that are most similar, the most similar first.
    pub coded_titles: Vec<SimilarCodedTitle<'a>>,
}

/// A title of the library that speaks for an occupation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimilarTitle<'a> {
    /// The title.
    pub id: TitleId,
    /// Its name.
    pub name: &'a str,
    /// How similar its words are to those of the raw title, 0 to 1.
    pub similarity: f32,
}

/// A coded title that speaks for an occupation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimilarCodedTitle<'a> {
    /// The title, as it was written.
    pub name: &'a str,
    /// How similar its words are to those of the raw title, 0 to 1.
    pub similarity: f32,
}

impl Engine {
    /// The titles that `raw` may stand for, as [`Engine::normalize`] finds them, and what speaks for each of them.
    pub fn inspect(
        &self,
        raw: &str,
        limit: usize,
        scratch: &mut Scratch,
    ) -> (Normalized<'_>, Vec<Explanation<'_>>) {
        let found = self.normalize(raw, limit, scratch);
        let explain = |candidate| self.explain(candidate, scratch);
        let explanations = found.candidates.iter().map(explain).collect();
        (found, explanations)
    }

    /// What speaks for a candidate of the title that `scratch` was used for last.
    fn explain(&self, candidate: &Candidate<'_>, scratch: &Scratch) -> Explanation<'_> {
        let query = &scratch.query;
        let place = self.units.binary_search_by_key(&candidate.soc, |unit| unit.soc);
        let Some(unit) = place.ok().and_then(|place| Unit::try_from(place).ok()) else {
            return Explanation::default();
        };
        let titles = similar(&self.library, unit, &scratch.near).filter_map(|(title, similarity)| {
            let entry = self.titles.get(position(title))?;
            Some(SimilarTitle {
                id: entry.id,
                name: &entry.name,
                similarity,
            })
        });
        let coded = similar(&self.coded, unit, &scratch.top).filter_map(|(text, similarity)| {
            Some(SimilarCodedTitle {
                name: std::str::from_utf8(self.coded_names.get(text)).ok()?,
                similarity,
            })
        });
        Explanation {
            words: query
                .known
                .iter()
                .map(|word| self.vocabulary.word(word.id))
                .collect(),
            exact_keys: self.exact_keys(unit, query),
            titles: titles.collect(),
            coded_titles: coded.collect(),
        }
    }

    /// The keys that titles of the occupation have exactly.
    fn exact_keys(&self, unit: Unit, query: &Query) -> Vec<String> {
        let mut keys = Vec::new();
        let mut add = |set: SetHash, kind: Exact, belongs: &dyn Fn(&QueryWord) -> bool| {
            let mut fields = [&self.library, &self.coded].into_iter();
            let has = |field: &Field| field.exact(set, kind).0.iter().any(|(other, _)| *other == unit);
            if fields.any(has) {
                keys.push(self.key_of(query, belongs));
            }
        };
        let (whole, bare, parts) = exact_sets(query);
        add(whole, Exact::Whole, &|_| true);
        add(bare, Exact::Bare, &|word| !word.modifier);
        for (segment, part) in (0_u8..).zip(parts) {
            add(part, Exact::Bare, &|word| {
                !word.modifier && word.segment == segment
            });
        }
        keys.dedup();
        keys
    }

    /// The words of the query that belong, with a space between.
    fn key_of(&self, query: &Query, belongs: &dyn Fn(&QueryWord) -> bool) -> String {
        let words = query.distinct().filter(|word| belongs(word));
        let words: Vec<&str> = words.map(|word| self.vocabulary.word(word.id)).collect();
        words.join(" ")
    }
}

/// The most similar texts of an occupation.
fn similar(field: &Field, unit: Unit, list: &[Similar]) -> impl Iterator<Item = Similar> {
    let is_of_unit =
        move |(text, _): &&Similar| field.shares.get(*text).iter().any(|(other, _)| *other == unit);
    let of_unit = list.iter().filter(is_of_unit).take(MOST_TITLES);
    of_unit.map(|(text, similarity)| (*text, similarity.clamp(0.0, 1.0)))
}
