//! Finds the texts of a field that are most similar to a raw title.

use super::Scratch;
use super::work::{Budget, MOST_POSTINGS};
use crate::index::field::Field;
use crate::index::position;

/// How many of the most similar texts of a field vote.
const NEAREST_TEXTS: usize = 60;

/// A text of a field and how similar it is to the query, 0 to 1.
pub(crate) type Similar = (u32, f32);

/// Finds the texts with the greatest cosine to the query; they are left in `scratch.top`.
pub(super) fn find_similar(field: &Field, scratch: &mut Scratch) {
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
    let similarities = touched.iter().filter_map(|text| {
        let sum = std::mem::take(sums.get_mut(position(*text))?);
        Some((*text, sum * field.scales.get(position(*text))? / norm))
    });
    keep_best_of(similarities, NEAREST_TEXTS, top);
}

/// The `count` greatest of a long list, in order; equal ones by their numbers. Most of such a list is below what was
/// found already, so it is put nowhere.
fn keep_best_of(list: impl Iterator<Item = Similar>, count: usize, best: &mut Vec<Similar>) {
    best.clear();
    let mut least = f32::NEG_INFINITY;
    for one in list {
        if one.1 >= least {
            best.push(one);
            if best.len() >= 4 * count {
                put_best_first(best, count);
                best.truncate(count);
                least = best.last().map_or(least, |(_, value)| *value);
            }
        }
    }
    keep_best(best, count);
}

/// Keeps the `count` greatest, in order; equal ones by their numbers.
pub(super) fn keep_best(list: &mut Vec<Similar>, count: usize) {
    put_best_first(list, count);
    list.truncate(count);
    list.sort_unstable_by(|one, other| by_value(*one, *other));
}

/// Moves the `count` greatest before the others, the least of them last; equal ones by their numbers.
pub(super) fn put_best_first(list: &mut [Similar], count: usize) {
    if list.len() > count && count > 0 {
        list.select_nth_unstable_by(count - 1, |one, other| by_value(*one, *other));
    }
}

/// The greatest first; equal ones by their numbers.
fn by_value(one: Similar, other: Similar) -> std::cmp::Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_of_a_long_list_are_those_of_all_sorted() {
        let value = |number: u32| crate::index::float(position(number.wrapping_mul(2_654_435_761) >> 20));
        let list: Vec<Similar> = (0..5_000).map(|number| (number, value(number % 900))).collect();
        let mut all = list.clone();
        all.sort_unstable_by(|one, other| by_value(*one, *other));
        for count in [1, 7, 60] {
            let mut best = Vec::new();
            keep_best_of(list.iter().copied(), count, &mut best);
            assert_eq!(best, all[..count], "{count}");
        }
        let mut few = Vec::new();
        keep_best_of(list[..5].iter().copied(), 60, &mut few);
        assert_eq!(few.len(), 5);
    }
}
