//! What words, pairs of words and pieces of words say of the occupations, and which are candidates by them.

use super::board::Board;
use super::features::Feature;
use super::measure::Side;
use super::query::Query;
use super::similar::keep_best;
use super::work::Budget;
use super::{Engine, Scratch};
use crate::index::Unit;
use crate::index::field::{Field, each_distant_pair, pair_gram};
use crate::index::grams::{Grams, each_piece};

/// How many occupations are candidates by their grams alone.
const NEAREST_UNITS: usize = 30;

/// How much a piece of a word counts beside a word.
const PIECE: f32 = 0.2;

/// Adds what grams say to the columns of a board, as far as a budget goes.
struct Adder<'a> {
    board: &'a mut Board,
    budget: &'a mut Budget,
    side: Side,
}

impl Adder<'_> {
    /// Adds what a gram says, times `factor`.
    fn add(&mut self, grams: &Grams, gram: u64, feature: Feature, factor: f32) {
        let row = grams.get(gram);
        if self.budget.take(row.len()) {
            self.add_row(row, feature, |value| value * factor);
        }
    }

    /// Raises a feature to the share of a gram that each occupation has.
    fn raise(&mut self, grams: &Grams, gram: u64, feature: Feature) {
        let row = grams.get(gram);
        if self.budget.take(row.len()) {
            let column = self.board.column_mut(self.side.slot(feature));
            for (unit, value) in row {
                if let Some(slot) = column.get_mut(usize::from(*unit)) {
                    *slot = slot.max(grams.share(*value));
                }
            }
        }
    }

    fn add_row(&mut self, row: &[(Unit, f32)], feature: Feature, by: impl Fn(f32) -> f32) {
        let column = self.board.column_mut(self.side.slot(feature));
        for (unit, value) in row {
            if let Some(slot) = column.get_mut(usize::from(*unit)) {
                *slot += by(*value);
            }
        }
    }
}

impl Engine {
    /// Adds what the grams of a field say.
    pub(super) fn measure_grams(
        &self,
        field: &Field,
        side: Side,
        budget: &mut Budget,
        scratch: &mut Scratch,
    ) {
        let Scratch { query, board, .. } = scratch;
        let mut adder = Adder { board, budget, side };
        measure_words(field, query, &mut adder);
        let scale = query.scale();
        for word in query.known.iter().filter(|word| !word.modifier) {
            each_piece(self.vocabulary.word(word.id), |piece| {
                let factor = word.weight * scale * PIECE;
                adder.add(&field.grams.pieces, piece, Feature::Pieces, factor);
            });
        }
        if side == Side::Coded {
            measure_coded_words(field, query, &mut adder);
        }
    }

    /// Adds what the descriptions of the occupations say.
    pub(super) fn measure_descriptions(&self, budget: &mut Budget, scratch: &mut Scratch) {
        let Scratch { query, board, .. } = scratch;
        let side = Side::Library;
        let mut adder = Adder { board, budget, side };
        for word in query.known.iter().filter(|word| !word.modifier) {
            let factor = word.weight * query.scale();
            adder.add(
                &self.descriptions,
                u64::from(word.id),
                Feature::Description,
                factor,
            );
        }
    }
}

fn measure_words(field: &Field, query: &Query, adder: &mut Adder<'_>) {
    let grams = &field.grams;
    let scale = query.scale();
    let mut before = None;
    for word in &query.known {
        let weight = word.weight * scale;
        let row = grams.words.get(u64::from(word.id));
        if adder.budget.take(row.len()) {
            adder.add_row(row, Feature::Words, |value| value * weight);
            adder.add_row(row, Feature::Matched, |_| scale.powi(2));
            if adder.side == Side::Library && word.segment == query.main {
                adder.add_row(row, Feature::MainPart, |value| value * weight);
            }
        }
        if word.head {
            adder.add(&grams.heads, u64::from(word.id), Feature::Head, 1.0);
        }
        if let Some(before) = before.filter(|_| word.joined) {
            adder.add(&grams.pairs, pair_gram(before, word.id), Feature::Pairs, scale);
        }
        before = Some(word.id);
    }
}

/// Adds what is asked of coded titles only: they say how somebody decides, where titles say what there is.
fn measure_coded_words(field: &Field, query: &Query, adder: &mut Adder<'_>) {
    let grams = &field.grams;
    let rarities = query.known.iter().map(|word| word.weight * field.rarity(word.id));
    let all = rarities.sum::<f32>().max(f32::MIN_POSITIVE);
    let mut before = None;
    for word in &query.known {
        let gram = u64::from(word.id);
        let row = grams.words.get(gram);
        let factor = word.weight * field.rarity(word.id) / all;
        if adder.budget.take(row.len()) {
            adder.add_row(row, Feature::CodedWordShare, |value| {
                grams.words.share(value) * factor
            });
        }
        let row = grams.heads.get(gram);
        if word.head && adder.budget.take(row.len()) {
            adder.add_row(row, Feature::CodedHeadShare, |value| grams.heads.share(value));
        }
        if let Some(before) = before.filter(|_| word.joined) {
            adder.raise(&grams.pairs, pair_gram(before, word.id), Feature::CodedPairShare);
        }
        before = Some(word.id);
    }
    let scale = query.scale();
    let words = query.known.iter().map(|word| word.id);
    each_distant_pair(words, |gram| {
        adder.add(&grams.distant_pairs, gram, Feature::CodedDistantPairs, scale);
    });
}

/// Makes candidates of the occupations that the grams speak for most.
pub(super) fn choose_by_grams(scratch: &mut Scratch) {
    let Scratch {
        board,
        ranking,
        candidates,
        ..
    } = scratch;
    let column = |feature: Feature| board.column(feature as usize);
    let library = column(Feature::Words)
        .iter()
        .zip(column(Feature::Pieces))
        .zip(column(Feature::Pairs))
        .zip(column(Feature::Head))
        .map(|(((words, pieces), pairs), head)| words + pieces + pairs + head);
    let coded = column(Feature::CodedWords)
        .iter()
        .zip(column(Feature::CodedPieces))
        .zip(column(Feature::CodedHead))
        .map(|((words, pieces), head)| words + pieces + head);
    let values = library.zip(coded).map(|(library, coded)| library + coded);
    let units = (0_u32..).zip(values).zip(column(Feature::Description));
    ranking.clear();
    ranking.extend(
        units
            .filter(|((_, value), description)| *value > 0.0 || **description > 0.0)
            .map(|(ranked, _)| ranked),
    );
    keep_best(ranking, NEAREST_UNITS);
    candidates.extend(ranking.iter().filter_map(|(unit, _)| Unit::try_from(*unit).ok()));
}
