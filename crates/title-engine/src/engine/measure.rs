//! Measures the features of the occupations that a raw title may belong to.

use super::features::Feature;
use super::query::Query;
use super::work::{Budget, MOST_GRAMS, MOST_POSTINGS, Work};
use super::{Engine, Scratch};
use crate::index::field::{Exact, Field, SetHash, pair_gram};
use crate::index::grams::{Grams, each_piece};
use crate::index::{Unit, float, position};

/// How many of the most similar texts of a field vote.
const NEAREST_TEXTS: usize = 60;

/// How many occupations are candidates by their grams alone.
const NEAREST_UNITS: usize = 30;

/// The least share of votes that is told from none.
const LEAST_VOTES: f32 = 0.01;

/// A text of a field and how similar it is to the query, 0 to 1.
pub(crate) type Similar = (u32, f32);

/// Where the features of a field are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Library,
    Coded,
}

impl Side {
    fn slot(self, feature: Feature) -> usize {
        match self {
            Self::Library => feature as usize,
            Self::Coded => feature.coded(),
        }
    }
}

impl Engine {
    /// Reads `raw` and measures its candidates, in the order of their numbers, into `scratch`.
    pub(crate) fn measure(&self, raw: &str, scratch: &mut Scratch) {
        scratch.query.read(raw, self.lexicon());
        scratch.work = Work {
            corrections: scratch.query.compared,
            ..Work::default()
        };
        scratch.fits.set(0);
        scratch.top.clear();
        scratch.board.reset(self.units.len());
        scratch.candidates.clear();
        scratch.near.clear();
        scratch.measured.clear();
        if scratch.query.known.is_empty() {
            return;
        }
        let mut budget = Budget::new(MOST_GRAMS);
        Self::add_words(
            &self.descriptions,
            Feature::Description as usize,
            &mut budget,
            scratch,
        );
        self.measure_grams(&self.library, Side::Library, &mut budget, scratch);
        if self.has_coded {
            self.measure_grams(&self.coded, Side::Coded, &mut budget, scratch);
        }
        scratch.work.grams = budget.used();
        Self::choose_by_grams(scratch);
        self.measure_field(&self.library, Side::Library, scratch);
        scratch.near.append(&mut scratch.top);
        if self.has_coded {
            self.measure_field(&self.coded, Side::Coded, scratch);
        }
        let similarity = |list: &[Similar]| list.first().map_or(0.0, |(_, similarity)| *similarity);
        let tops = (similarity(&scratch.near), similarity(&scratch.top));
        self.complete(tops, scratch);
    }

    fn measure_grams(&self, field: &Field, side: Side, budget: &mut Budget, scratch: &mut Scratch) {
        let Scratch { query, board, .. } = scratch;
        let scale = query.scale();
        let mut add = |grams: &Grams, gram: u64, feature: Feature, factor: f32| {
            let row = grams.get(gram);
            let may = budget.take(row.len());
            for (unit, value) in row.iter().filter(|_| may) {
                board.add(*unit, side.slot(feature), value * factor);
                if feature == Feature::Words {
                    board.add(*unit, side.slot(Feature::Matched), scale.powi(2));
                }
            }
        };
        let grams = &field.grams;
        let mut before = None;
        for word in &query.known {
            let weight = word.weight * scale;
            add(&grams.words, u64::from(word.id), Feature::Words, weight);
            if side == Side::Library && word.segment == query.main {
                add(&grams.words, u64::from(word.id), Feature::MainPart, weight);
            }
            if word.head {
                add(&grams.heads, u64::from(word.id), Feature::Head, 1.0);
            }
            if let Some(before) = before.filter(|_| word.joined) {
                add(&grams.pairs, pair_gram(before, word.id), Feature::Pairs, scale);
            }
            before = Some(word.id);
        }
        for word in query.known.iter().filter(|word| !word.modifier) {
            each_piece(self.vocabulary.word(word.id), |piece| {
                add(&grams.pieces, piece, Feature::Pieces, word.weight * scale * 0.2);
            });
        }
    }

    fn add_words(grams: &Grams, feature: usize, budget: &mut Budget, scratch: &mut Scratch) {
        let Scratch { query, board, .. } = scratch;
        for word in query.known.iter().filter(|word| !word.modifier) {
            let row = grams.get(u64::from(word.id));
            let may = budget.take(row.len());
            for (unit, value) in row.iter().filter(|_| may) {
                board.add(*unit, feature, value * word.weight * query.scale());
            }
        }
    }

    /// Makes candidates of the occupations that the grams speak for most.
    fn choose_by_grams(scratch: &mut Scratch) {
        let Scratch {
            board,
            ranking,
            candidates,
            ..
        } = scratch;
        ranking.clear();
        for unit in &board.touched {
            let cell = board.get(*unit);
            let value = |feature: Feature| cell.get(feature as usize).copied().unwrap_or_default();
            let library =
                value(Feature::Words) + value(Feature::Pieces) + value(Feature::Pairs) + value(Feature::Head);
            let coded = value(Feature::CodedWords) + value(Feature::CodedPieces) + value(Feature::CodedHead);
            ranking.push((u32::from(*unit), library + coded));
        }
        keep_best(ranking, NEAREST_UNITS);
        candidates.extend(ranking.iter().filter_map(|(unit, _)| Unit::try_from(*unit).ok()));
    }

    /// Measures exact titles and the most similar ones; the latter are left in `scratch.top`.
    fn measure_field(&self, field: &Field, side: Side, scratch: &mut Scratch) {
        Self::find_similar(field, scratch);
        let Scratch {
            board,
            top,
            candidates,
            groups,
            ..
        } = scratch;
        groups.resize(100, 0.0);
        let (mut all, mut all_sharp) = (0.0, 0.0);
        groups.fill(0.0);
        for (text, similarity) in &*top {
            let vote = similarity.powi(4) * field.weights.get(position(*text)).copied().unwrap_or(1.0);
            let sharp = vote * similarity.powi(10);
            all += vote;
            all_sharp += sharp;
            for (unit, share) in field.shares.get(*text) {
                candidates.push(*unit);
                board.raise(
                    *unit,
                    side.slot(Feature::Nearest),
                    similarity * (0.5 + 0.5 * share),
                );
                board.add(*unit, side.slot(Feature::Votes), vote * share);
                board.add(*unit, side.slot(Feature::SharpVotes), sharp * share);
                if let Some(group) = groups.get_mut(self.group(*unit)) {
                    *group += vote * share;
                }
            }
        }
        Self::mark_exact(field, side, scratch);
        self.share_votes(side, (all, all_sharp), scratch);
    }

    /// Divides the votes of the occupations by those of all.
    fn share_votes(&self, side: Side, (all, all_sharp): (f32, f32), scratch: &mut Scratch) {
        let Scratch { board, groups, .. } = scratch;
        if all > 0.0 {
            for unit in &board.touched {
                let Some(cell) = board.cells.get_mut(usize::from(*unit)) else {
                    continue;
                };
                let group = groups.get(self.group(*unit)).copied().unwrap_or_default();
                let mut change = |feature: Feature, by: &dyn Fn(f32) -> f32| {
                    if let Some(slot) = cell.get_mut(side.slot(feature)) {
                        *slot = by(*slot);
                    }
                };
                change(Feature::Votes, &|votes| votes / all);
                change(Feature::SharpVotes, &|votes| {
                    votes / all_sharp.max(f32::MIN_POSITIVE)
                });
                change(Feature::GroupVotes, &|_| group / all);
            }
        }
    }

    /// Measures the texts with exactly the words of the query.
    fn mark_exact(field: &Field, side: Side, scratch: &mut Scratch) {
        let Scratch {
            query,
            board,
            candidates,
            ..
        } = scratch;
        let (whole, bare, parts) = exact_sets(query);
        let mut mark = |set: SetHash, kind: Exact, feature: Feature| {
            let (units, count) = field.exact(set, kind);
            for (unit, share) in units {
                candidates.push(*unit);
                let certainty = if side == Side::Coded {
                    count / (count + 1.0)
                } else {
                    1.0
                };
                board.raise(*unit, side.slot(feature), share * certainty);
            }
        };
        mark(whole, Exact::Whole, Feature::Exact);
        mark(bare, Exact::Bare, Feature::ExactBare);
        for part in parts {
            mark(part, Exact::Bare, Feature::ExactPart);
        }
    }

    /// The major group of an occupation.
    fn group(&self, unit: Unit) -> usize {
        self.units
            .get(usize::from(unit))
            .map_or(0, |unit| position(unit.soc.major_group()))
    }

    /// Finds the texts with the greatest cosine to the query.
    fn find_similar(field: &Field, scratch: &mut Scratch) {
        let Scratch {
            query,
            sums,
            touched,
            top,
            rarest,
            work,
            ..
        } = scratch;
        let texts = field.scales.len();
        if sums.len() < texts {
            sums.resize(texts, 0.0);
        }
        touched.clear();
        top.clear();
        // The rarest words first: they say most, and are read where a budget is short.
        rarest.clear();
        rarest.extend(query.distinct().map(|word| {
            let value = word.weight * field.rarity(word.id).powi(2);
            (field.postings.get(word.id).len(), word.id, value)
        }));
        rarest.sort_unstable_by_key(|(texts, word, _)| (*texts, *word));
        let mut budget = Budget::new(MOST_POSTINGS);
        for (count, word, value) in &*rarest {
            if !budget.take(*count) {
                break;
            }
            for text in field.postings.get(*word) {
                if let Some(sum) = sums.get_mut(position(*text)) {
                    if *sum == 0.0 {
                        touched.push(*text);
                    }
                    *sum += value;
                }
            }
        }
        work.postings += budget.used();
        let norm = query.norm(field).max(f32::MIN_POSITIVE);
        for text in &*touched {
            if let (Some(sum), Some(scale)) =
                (sums.get_mut(position(*text)), field.scales.get(position(*text)))
            {
                top.push((*text, *sum * scale / norm));
                *sum = 0.0;
            }
        }
        keep_best(top, NEAREST_TEXTS);
    }

    /// The cosine of the query and the name of an occupation, times the length of the query's vector.
    fn name_similarity(&self, unit: Unit, query: &Query) -> f32 {
        let (mut shared, mut length) = (0.0, 0.0);
        for word in self.names.get(u32::from(unit)) {
            let square = self.library.rarity(*word).powi(2);
            let known = query.distinct().find(|known| known.id == *word);
            length += square;
            shared += known.map_or(0.0, |known| known.weight * square);
        }
        if length > 0.0 { shared / length.sqrt() } else { 0.0 }
    }

    /// Sorts the candidates, each once, and fills in what does not depend on grams and texts.
    fn complete(&self, (top, coded_top): (f32, f32), scratch: &mut Scratch) {
        let Scratch {
            query,
            board,
            candidates,
            measured,
            work,
            ..
        } = scratch;
        candidates.sort_unstable();
        candidates.dedup();
        work.scored = candidates.len();
        measured.clear();
        let words = float(query.known.len()).sqrt();
        let norm = query.norm(&self.library).max(f32::MIN_POSITIVE);
        for unit in &*candidates {
            let mut cell = board.get(*unit);
            let Some(entry) = self.units.get(usize::from(*unit)) else {
                continue;
            };
            let name = self.name_similarity(*unit, query) / norm;
            let mut set = |feature: Feature, value: f32| {
                if let Some(slot) = cell.get_mut(feature as usize) {
                    *slot = value;
                }
            };
            set(Feature::Length, self.library.grams.words.length(*unit) * words);
            set(Feature::Employment, entry.employment);
            set(Feature::Residual, if entry.soc.is_residual() { 1.0 } else { 0.0 });
            set(Feature::Name, name);
            set(Feature::Titles, entry.titles);
            set(Feature::Top, top);
            set(Feature::Counted, float(query.counted));
            if self.has_coded {
                set(Feature::CodedLength, self.coded.grams.words.length(*unit) * words);
                set(Feature::CodedPrior, entry.coded);
                set(Feature::CodedTop, coded_top);
            }
            for votes in [
                Feature::Votes,
                Feature::CodedVotes,
                Feature::SharpVotes,
                Feature::CodedSharpVotes,
                Feature::GroupVotes,
                Feature::CodedGroupVotes,
            ] {
                if let Some(slot) = cell.get_mut(votes as usize) {
                    *slot = (*slot + LEAST_VOTES).ln() - LEAST_VOTES.ln();
                }
            }
            measured.push((*unit, cell));
        }
    }
}

/// The sets of the words of a query: all, without levels, and those of each part without levels.
pub(super) fn exact_sets(query: &Query) -> (SetHash, SetHash, [SetHash; 4]) {
    let (mut whole, mut bare, mut parts) = (SetHash::default(), SetHash::default(), [SetHash::default(); 4]);
    for word in &query.known {
        if !word.repeated {
            whole.add(word.id);
            if !word.modifier {
                bare.add(word.id);
            }
        }
        if !word.modifier
            && let Some(part) = parts.get_mut(usize::from(word.segment))
        {
            part.add(word.id);
        }
    }
    (whole, bare, parts)
}

/// Keeps the `count` greatest, in order; equal ones by their numbers.
pub(crate) fn keep_best(list: &mut Vec<Similar>, count: usize) {
    put_best_first(list, count);
    list.truncate(count);
    list.sort_unstable_by(|one, other| by_value(*one, *other));
}

/// Moves the `count` greatest before the others; equal ones by their numbers.
pub(super) fn put_best_first(list: &mut [Similar], count: usize) {
    if list.len() > count && count > 0 {
        list.select_nth_unstable_by(count - 1, |one, other| by_value(*one, *other));
    }
}

/// The greatest first; equal ones by their numbers.
fn by_value(one: Similar, other: Similar) -> std::cmp::Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}
