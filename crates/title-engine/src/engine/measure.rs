//! Measures the features of the occupations that a raw title may belong to.

use super::features::Feature;
use super::query::Query;
use super::{Engine, Scratch};
use crate::index::field::{Field, SetHash, pair_gram};
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
        scratch.board.reset(self.units.len());
        scratch.candidates.clear();
        scratch.near.clear();
        scratch.measured.clear();
        if scratch.query.known.is_empty() {
            return;
        }
        self.measure_grams(&self.library, Side::Library, scratch);
        Self::add_words(&self.descriptions, Feature::Description as usize, scratch);
        if self.has_coded {
            self.measure_grams(&self.coded, Side::Coded, scratch);
        }
        Self::choose_by_grams(scratch);
        self.measure_field(&self.library, Side::Library, scratch);
        scratch.near.append(&mut scratch.top);
        if self.has_coded {
            self.measure_field(&self.coded, Side::Coded, scratch);
        }
        self.complete(scratch);
    }

    fn measure_grams(&self, field: &Field, side: Side, scratch: &mut Scratch) {
        let Scratch { query, board, .. } = scratch;
        let scale = query.scale();
        let mut before = None;
        for word in &query.known {
            let weight = word.weight * scale;
            for (unit, value) in field.grams.words.get(u64::from(word.id)) {
                board.add(*unit, side.slot(Feature::Words), value * weight);
                if side == Side::Library && word.segment == query.main {
                    board.add(*unit, Feature::MainPart as usize, value * weight);
                }
            }
            if word.head {
                for (unit, value) in field.grams.heads.get(u64::from(word.id)) {
                    board.add(*unit, side.slot(Feature::Head), *value);
                }
            }
            if let Some(before) = before.filter(|_| word.joined) {
                for (unit, value) in field.grams.pairs.get(pair_gram(before, word.id)) {
                    board.add(*unit, side.slot(Feature::Pairs), value * scale);
                }
            }
            if !word.modifier {
                each_piece(self.vocabulary.word(word.id), |piece| {
                    for (unit, value) in field.grams.pieces.get(piece) {
                        board.add(*unit, side.slot(Feature::Pieces), value * weight * 0.2);
                    }
                });
            }
            before = Some(word.id);
        }
    }

    fn add_words(grams: &Grams, feature: usize, scratch: &mut Scratch) {
        let Scratch { query, board, .. } = scratch;
        for word in query.known.iter().filter(|word| !word.modifier) {
            for (unit, value) in grams.get(u64::from(word.id)) {
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
        let mut mark = |set: SetHash, feature: Feature| {
            let texts = field.exact(set);
            for text in texts {
                let weight = field.weights.get(position(*text)).copied().unwrap_or(1.0);
                for (unit, share) in field.shares.get(*text) {
                    candidates.push(*unit);
                    let value = share
                        * if side == Side::Coded {
                            weight / (weight + 0.7)
                        } else {
                            1.0
                        };
                    board.raise(*unit, side.slot(feature), value);
                    if side == Side::Library && feature == Feature::Exact && *share > 0.99 {
                        board.raise(*unit, Feature::ExactSole as usize, 1.0);
                    }
                }
            }
        };
        mark(whole, Feature::Exact);
        mark(bare, Feature::ExactBare);
        for part in parts {
            mark(part, Feature::ExactPart);
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
            ..
        } = scratch;
        let texts = field.scales.len();
        if sums.len() < texts {
            sums.resize(texts, 0.0);
        }
        touched.clear();
        top.clear();
        for word in query.distinct() {
            let value = word.weight * field.rarity(word.id).powi(2);
            for text in field.postings.get(word.id) {
                if let Some(sum) = sums.get_mut(position(*text)) {
                    if *sum == 0.0 {
                        touched.push(*text);
                    }
                    *sum += value;
                }
            }
        }
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
    fn complete(&self, scratch: &mut Scratch) {
        let Scratch {
            query,
            board,
            candidates,
            measured,
            ..
        } = scratch;
        candidates.sort_unstable();
        candidates.dedup();
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
            if self.has_coded {
                set(Feature::CodedLength, self.coded.grams.words.length(*unit) * words);
                set(Feature::CodedPrior, entry.coded);
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
fn exact_sets(query: &Query) -> (SetHash, SetHash, [SetHash; 4]) {
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
    let order = |one: &Similar, other: &Similar| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
    if list.len() > count && count > 0 {
        list.select_nth_unstable_by(count - 1, order);
        list.truncate(count);
    }
    list.sort_unstable_by(order);
}
