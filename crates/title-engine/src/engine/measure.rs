//! Measures the features of the occupations that a raw title may belong to.

use super::features::{Feature, Features};
use super::grams::{choose_by_grams, measure_grams};
use super::query::Query;
use super::similar::find_similar;
use super::votes::Votes;
use super::work::{Budget, MOST_GRAMS, Work};
use super::{Engine, Scratch};
use crate::index::field::{Exact, Field, SetHash};
use crate::index::{Unit, WordId, float, position};

/// The least share of votes that is told from none.
const LEAST_VOTES: f32 = 0.01;

/// Features that are shares; they are made logarithms at last.
const SHARES: [Feature; 14] = [
    Feature::Votes,
    Feature::SharpVotes,
    Feature::GroupVotes,
    Feature::MinorVotes,
    Feature::CodedVotes,
    Feature::CodedSharpVotes,
    Feature::CodedGroupVotes,
    Feature::CodedMinorVotes,
    Feature::CodedBroadVotes,
    Feature::CodedCountedVotes,
    Feature::CodedWordShare,
    Feature::CodedHeadShare,
    Feature::CodedPairShare,
    Feature::CodedHabit,
];

/// Where the features of a field are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Library,
    Coded,
}

impl Side {
    /// The place of a feature of the library, or of the one of coded titles that corresponds to it.
    pub fn slot(self, feature: Feature) -> usize {
        match self {
            Self::Library => feature as usize,
            Self::Coded => feature.coded(),
        }
    }

    /// The votes of its texts.
    fn votes(self, [library, coded]: &mut [Votes; 2]) -> &mut Votes {
        match self {
            Self::Library => library,
            Self::Coded => coded,
        }
    }
}

impl Engine {
    /// Measures the candidates of the raw title that was read last, in the order of their numbers, into `scratch`.
    pub(crate) fn measure(&self, scratch: &mut Scratch) {
        scratch.work = Work {
            corrections: scratch.query.compared,
            ..Work::default()
        };
        scratch.fits.set(0);
        scratch.top.clear();
        scratch.candidates.reset(self.units.len());
        scratch.near.clear();
        scratch.measured.clear();
        if scratch.query.known.is_empty() {
            return;
        }
        scratch.board.reset(self.units.len());
        let mut budget = Budget::new(MOST_GRAMS);
        self.measure_descriptions(&mut budget, scratch);
        measure_grams(&self.library, Side::Library, &mut budget, scratch);
        if self.has_coded {
            measure_grams(&self.coded, Side::Coded, &mut budget, scratch);
        }
        scratch.work.grams = budget.used();
        choose_by_grams(scratch);
        self.measure_field(&self.library, Side::Library, scratch);
        scratch.near.append(&mut scratch.top);
        if self.has_coded {
            self.measure_habits(scratch);
            self.measure_field(&self.coded, Side::Coded, scratch);
        }
        self.complete(scratch);
    }

    /// Measures exact titles and the most similar ones; the latter are left in `scratch.top`.
    fn measure_field(&self, field: &Field, side: Side, scratch: &mut Scratch) {
        find_similar(field, scratch);
        let Scratch {
            board,
            top,
            candidates,
            votes,
            ..
        } = scratch;
        let votes = side.votes(votes);
        votes.reset(top);
        for (text, similarity) in &*top {
            let at = position(*text);
            let strength = similarity.powi(4);
            let weight = field.weights.get(at).copied().unwrap_or(1.0);
            let vote = strength * weight;
            let sharp = vote * similarity.powi(10);
            let counted = vote * weight;
            votes.all += vote;
            votes.sharp += sharp;
            votes.counted += counted;
            for (unit, share) in field.shares.get(*text) {
                candidates.insert(*unit);
                if let Some(cell) = board.cell(*unit) {
                    let mut set = |slot: usize, by: &dyn Fn(f32) -> f32| {
                        if let Some(slot) = cell.get_mut(slot) {
                            *slot = by(*slot);
                        }
                    };
                    let nearest = similarity * (0.5 + 0.5 * share);
                    set(side.slot(Feature::Nearest), &|value| value.max(nearest));
                    set(side.slot(Feature::Votes), &|votes| votes + vote * share);
                    set(side.slot(Feature::SharpVotes), &|votes| votes + sharp * share);
                    if side == Side::Coded {
                        set(Feature::CodedCountedVotes as usize, &|votes| {
                            votes + counted * share
                        });
                    }
                }
                if let Some(entry) = self.units.get(usize::from(*unit)) {
                    votes.vote(entry.groups, vote * share);
                }
            }
        }
        mark_exact(field, side, scratch);
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

    /// Fills in for each candidate what does not depend on grams and texts.
    fn complete(&self, scratch: &mut Scratch) {
        let Scratch {
            query,
            board,
            candidates,
            measured,
            votes,
            work,
            ..
        } = scratch;
        measured.clear();
        let words = float(query.known.len()).sqrt();
        let norm = query.norm(&self.library).max(f32::MIN_POSITIVE);
        let [library_votes, coded_votes] = &*votes;
        let likeness = self.likeness(query);
        for unit in candidates.iter() {
            let Some(entry) = self.units.get(usize::from(unit)) else {
                continue;
            };
            let mut cell = board.get(unit);
            let name = self.name_similarity(unit, query) / norm;
            let mut set = |feature: Feature, value: f32| {
                if let Some(slot) = cell.get_mut(feature as usize) {
                    *slot = value;
                }
            };
            set(Feature::Length, self.library.grams.words.length(unit) * words);
            set(Feature::Employment, entry.employment);
            set(Feature::Residual, if entry.soc.is_residual() { 1.0 } else { 0.0 });
            set(Feature::Name, name);
            set(Feature::Titles, entry.titles);
            set(Feature::Top, library_votes.top);
            set(Feature::Counted, float(query.counted));
            if self.has_coded {
                set(Feature::CodedLength, self.coded.grams.words.length(unit) * words);
                set(Feature::CodedPrior, entry.coded);
                set(Feature::CodedGroupPrior, entry.coded_group);
                set(Feature::CodedTop, coded_votes.top);
                set(Feature::CodedLikeness, likeness.ratio);
                set(Feature::CodedKnown, likeness.known);
                set(Feature::LikelyPrior, likeness.probability * entry.coded);
                set(
                    Feature::LikelyGroupPrior,
                    likeness.probability * entry.coded_group,
                );
                coded_votes.share(Side::Coded, entry.groups, &mut cell);
            }
            library_votes.share(Side::Library, entry.groups, &mut cell);
            for feature in SHARES {
                // Of nothing it is nothing.
                if let Some(slot) = cell.get_mut(feature as usize).filter(|slot| **slot > 0.0) {
                    *slot = (*slot + LEAST_VOTES).ln() - LEAST_VOTES.ln();
                }
            }
            measured.push((unit, cell));
        }
        work.scored = measured.len();
        if self.has_coded {
            share_classified(measured);
        }
    }

    /// How much the words of a raw title are like those of coded titles.
    fn likeness(&self, query: &Query) -> Likeness {
        let share = |field: &Field, word: WordId| {
            let texts = field.postings.get(word).len();
            (float(texts) + 0.5) / (float(field.scales.len()) + 100.0)
        };
        let (mut sum, mut count) = (0.0, 0.0_f32);
        let (mut known, mut all) = (0.0, 0.0_f32);
        for word in query.distinct() {
            sum += (share(&self.coded, word.id) / share(&self.library, word.id)).ln();
            count += 1.0;
            let rarity = self.library.rarity(word.id);
            all += rarity;
            if !self.coded.postings.get(word.id).is_empty() {
                known += rarity;
            }
        }
        let ratio = sum / count.max(1.0);
        Likeness {
            ratio,
            probability: 1.0 / (1.0 + (-ratio).exp()),
            known: known / all.max(f32::MIN_POSITIVE),
        }
    }
}

/// How much the words of a raw title are like those of coded titles: how far coded titles are to be believed beyond
/// the titles that they are similar to.
struct Likeness {
    /// The mean over the words of the logarithm of how much commoner they are in coded titles than in the library.
    ratio: f32,
    /// The same as a probability.
    probability: f32,
    /// The share of the words that coded titles have, by how rare they are.
    known: f32,
}

/// Makes logarithms of shares of what the classifier says of the candidates.
fn share_classified(measured: &mut [(Unit, Features)]) {
    let slot = Feature::CodedClassified as usize;
    let mut greatest = f32::MIN;
    for (_, features) in &*measured {
        greatest = greatest.max(features.get(slot).copied().unwrap_or_default());
    }
    let mut all = 0.0;
    for (_, features) in &mut *measured {
        if let Some(value) = features.get_mut(slot) {
            // Of an occupation without any of the grams it says nothing.
            *value = if *value == 0.0 {
                0.0
            } else {
                (*value - greatest).exp()
            };
            all += *value;
        }
    }
    for (_, features) in measured {
        if let Some(value) = features.get_mut(slot) {
            *value = (*value / all.max(f32::MIN_POSITIVE) + LEAST_VOTES).ln() - LEAST_VOTES.ln();
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
            candidates.insert(*unit);
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
