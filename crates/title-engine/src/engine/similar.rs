//! Finds the texts of a field that are most similar to a raw title.

use super::Scratch;
use super::rank::keep_best_of;
use super::work::{Budget, MOST_POSTINGS};
use crate::index::field::Field;
use crate::index::position;

/// How many of the most similar texts of a field vote.
const NEAREST_TEXTS: usize = 60;

/// A text of a field and how similar it is to the query, 0 to 1.
pub(crate) type Similar = (u32, f32);

/// Finds the texts with the greatest cosine to the query; they are left in `scratch.top`, equal ones by their numbers.
pub(super) fn find_similar(field: &Field, scratch: &mut Scratch) {
    let Scratch {
        query,
        sums,
        touched,
        ranking,
        top,
        rarest,
        work,
        ..
    } = scratch;
    let texts = field.scales.len();
    if sums.len() < texts {
        sums.resize(texts, 0.0);
    }
    if touched.len() <= texts {
        touched.resize(texts + 1, 0);
    }
    // The rarest words first: they say most, and are read where a budget is short.
    rarest.clear();
    rarest.extend(query.distinct().map(|word| {
        let value = word.weight * field.rarity(word.id).powi(2);
        (field.postings.get(word.id).len(), word.id, value)
    }));
    rarest.sort_unstable_by_key(|(texts, word, _)| (*texts, *word));
    let mut budget = Budget::new(MOST_POSTINGS);
    let mut found = 0;
    for (count, word, value) in &*rarest {
        if !budget.take(*count) {
            break;
        }
        for text in field.postings.get(*word) {
            if let (Some(sum), Some(next)) = (sums.get_mut(position(*text)), touched.get_mut(found)) {
                // Nobody can foretell which text is new, so that writing each costs less than a jump.
                *next = *text;
                found += usize::from(*sum == 0.0);
                *sum += value;
            }
        }
    }
    work.postings += budget.used();
    let norm = query.norm(field).max(f32::MIN_POSITIVE);
    let touched = touched.get(..found).unwrap_or_default();
    let similarities = touched.iter().filter_map(|text| {
        let sum = std::mem::take(sums.get_mut(position(*text))?);
        Some((*text, sum * field.scales.get(position(*text))? / norm))
    });
    keep_best_of(similarities, NEAREST_TEXTS, ranking);
    top.clear();
    top.extend(ranking.iter().map(|rank| (rank.number(), rank.value())));
}
