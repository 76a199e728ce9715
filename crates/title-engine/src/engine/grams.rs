//! What words, pairs of words and pieces of words say of the occupations, and which are candidates by them.

use super::board::Board;
use super::features::Feature;
use super::measure::Side;
use super::query::Query;
use super::rank::keep_best_of;
use super::work::Budget;
use super::{Engine, Scratch};
use crate::index::Unit;
use crate::index::field::{Field, each_distant_pair, pair_gram};
use crate::index::grams::{Entries, Grams};

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
    /// Adds a row of what a gram says, times `factor`, if the budget is there.
    fn add(&mut self, row: &[(Unit, f32)], feature: Feature, factor: f32) {
        if self.budget.take(row.len()) {
            self.add_row(row, self.side.slot(feature), factor);
        }
    }

    /// What a gram says in all ways, if the budget is there.
    fn take<'b>(&mut self, grams: &'b Grams, gram: u64) -> Option<Entries<'b>> {
        let entries = grams.entries(gram);
        self.budget.take(entries.row.len()).then_some(entries)
    }

    fn add_row(&mut self, row: &[(Unit, f32)], slot: usize, factor: f32) {
        let column = self.board.column_mut(slot);
        for (unit, value) in row {
            if let Some(slot) = column.get_mut(usize::from(*unit)) {
                *slot += value * factor;
            }
        }
    }

    /// Adds the same to all occupations of a row.
    fn count_row(&mut self, row: &[(Unit, f32)], slot: usize, value: f32) {
        let column = self.board.column_mut(slot);
        for (unit, _) in row {
            if let Some(slot) = column.get_mut(usize::from(*unit)) {
                *slot += value;
            }
        }
    }

    /// Adds values that stand beside a row, times `factor`.
    fn add_values(&mut self, row: &[(Unit, f32)], values: &[f32], feature: Feature, factor: f32) {
        let column = self.board.column_mut(feature as usize);
        for ((unit, _), value) in row.iter().zip(values) {
            if let Some(slot) = column.get_mut(usize::from(*unit)) {
                *slot += value * factor;
            }
        }
    }

    /// Raises a feature to values that stand beside a row.
    fn raise_values(&mut self, row: &[(Unit, f32)], values: &[f32], feature: Feature) {
        let column = self.board.column_mut(feature as usize);
        for ((unit, _), value) in row.iter().zip(values) {
            if let Some(slot) = column.get_mut(usize::from(*unit)) {
                *slot = slot.max(*value);
            }
        }
    }
}

impl Engine {
    /// Adds what the descriptions of the occupations say.
    pub(super) fn measure_descriptions(&self, budget: &mut Budget, scratch: &mut Scratch) {
        let Scratch { query, board, .. } = scratch;
        let side = Side::Library;
        let mut adder = Adder { board, budget, side };
        for word in query.known.iter().filter(|word| !word.modifier) {
            let factor = word.weight * query.scale();
            let row = self.descriptions.get(u64::from(word.id));
            adder.add(row, Feature::Description, factor);
        }
    }
}

/// Adds what the grams of a field say.
pub(super) fn measure_grams(field: &Field, side: Side, budget: &mut Budget, scratch: &mut Scratch) {
    let Scratch { query, board, .. } = scratch;
    let mut adder = Adder { board, budget, side };
    measure_words(field, query, &mut adder);
    let scale = query.scale();
    for word in query.known.iter().filter(|word| !word.modifier) {
        let factor = word.weight * scale * PIECE;
        for row in field.grams.pieces.of(word.id) {
            adder.add(row, Feature::Pieces, factor);
        }
    }
}

fn measure_words(field: &Field, query: &Query, adder: &mut Adder<'_>) {
    let grams = &field.grams;
    let scale = query.scale();
    let [words, pairs, heads, matched] = [Feature::Words, Feature::Pairs, Feature::Head, Feature::Matched]
        .map(|feature| adder.side.slot(feature));
    let rarities = query.known.iter().map(|word| word.weight * field.rarity(word.id));
    let rarity = rarities.sum::<f32>().max(f32::MIN_POSITIVE);
    let mut before = None;
    for word in &query.known {
        if let Some(entries) = adder.take(&grams.words, u64::from(word.id)) {
            let weight = word.weight * scale;
            adder.add_row(entries.row, words, weight);
            adder.count_row(entries.row, matched, scale.powi(2));
            if adder.side == Side::Library && word.segment == query.main {
                adder.add_row(entries.row, Feature::MainPart as usize, weight);
            }
            let share = word.weight * field.rarity(word.id) / rarity;
            adder.add_values(entries.row, entries.shares, Feature::CodedWordShare, share);
            adder.add_values(entries.row, entries.weights, Feature::CodedClassified, scale);
        }
        if word.head
            && let Some(entries) = adder.take(&grams.heads, u64::from(word.id))
        {
            adder.add_row(entries.row, heads, 1.0);
            adder.add_values(entries.row, entries.shares, Feature::CodedHeadShare, 1.0);
            adder.add_values(entries.row, entries.weights, Feature::CodedClassified, scale);
        }
        if let Some(before) = before.filter(|_| word.joined)
            && let Some(entries) = adder.take(&grams.pairs, pair_gram(before, word.id))
        {
            adder.add_row(entries.row, pairs, scale);
            adder.raise_values(entries.row, entries.shares, Feature::CodedPairShare);
            adder.add_values(entries.row, entries.weights, Feature::CodedClassified, scale);
        }
        before = Some(word.id);
    }
    // Of coded titles only: for others there are none.
    let words = query.known.iter().map(|word| word.id);
    each_distant_pair(words, |gram| {
        if let Some(entries) = adder.take(&grams.distant_pairs, gram) {
            adder.add_row(entries.row, Feature::CodedDistantPairs as usize, scale);
            adder.add_values(entries.row, entries.weights, Feature::CodedClassified, scale);
        }
    });
}

/// Makes candidates of the occupations that the grams speak for most.
pub(super) fn choose_by_grams(scratch: &mut Scratch) {
    let Scratch {
        board,
        voices,
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
    // Added up before any is looked at, so that vector instructions do it.
    voices.clear();
    voices.extend(library.zip(coded).map(|(library, coded)| library + coded));
    let units = (0..).zip(&*voices).zip(column(Feature::Description));
    let spoken_for = units.filter(|((_, value), description)| **value > 0.0 || **description > 0.0);
    keep_best_of(
        spoken_for.map(|((unit, value), _)| (unit, *value)),
        NEAREST_UNITS,
        ranking,
    );
    let nearest = ranking
        .iter()
        .filter_map(|rank| Unit::try_from(rank.number()).ok());
    nearest.for_each(|unit| candidates.insert(unit));
}
