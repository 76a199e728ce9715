//! The best of many things, in an order that one instruction compares.

/// A thing with its value. The one with the greater value comes before the others, and of things with the same value the
/// one with the smaller number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(u64);

impl Rank {
    /// The thing of this number.
    #[inline]
    pub fn new(number: u32, value: f32) -> Self {
        Self(u64::from(reverse(value.to_bits())) << 32 | u64::from(number))
    }

    /// Its number.
    #[inline]
    pub fn number(self) -> u32 {
        let [.., one, two, three, four] = self.0.to_be_bytes();
        u32::from_be_bytes([one, two, three, four])
    }

    /// Its value.
    #[inline]
    pub fn value(self) -> f32 {
        let [one, two, three, four, ..] = self.0.to_be_bytes();
        f32::from_bits(reverse(u32::from_be_bytes([one, two, three, four])))
    }
}

/// Brings the bits of values into the reverse order of the values, and back: those of values below zero are so already.
#[inline]
fn reverse(bits: u32) -> u32 {
    const SIGN: u32 = 1 << 31;
    if bits & SIGN == 0 { bits ^ !SIGN } else { bits }
}

/// Keeps the `count` best, in order.
fn keep_best(list: &mut Vec<Rank>, count: usize) {
    put_best_first(list, count);
    list.truncate(count);
    list.sort_unstable();
}

/// The `count` best of a long list, in order. Most of such a list is below what was found already, so it is put nowhere.
pub(crate) fn keep_best_of(list: impl Iterator<Item = (u32, f32)>, count: usize, best: &mut Vec<Rank>) {
    best.clear();
    let mut least = f32::NEG_INFINITY;
    for (number, value) in list {
        if value >= least {
            best.push(Rank::new(number, value));
            if best.len() >= 4 * count {
                put_best_first(best, count);
                best.truncate(count);
                least = best.last().map_or(least, |last| last.value());
            }
        }
    }
    keep_best(best, count);
}

/// Moves the `count` best before the others, the least of them last.
pub(crate) fn put_best_first(list: &mut [Rank], count: usize) {
    if list.len() > count && count > 0 {
        list.select_nth_unstable(count - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{float, position};

    #[test]
    fn things_are_ordered_by_value_and_then_by_number() {
        let values = [f32::INFINITY, 2.5, 1.0, f32::MIN_POSITIVE, 0.0, -0.0, -1.0, -7.5];
        let ranks: Vec<Rank> = values
            .iter()
            .flat_map(|value| [3, 4, u32::MAX].map(|number| Rank::new(number, *value)))
            .collect();
        assert!(ranks.is_sorted());
        for (value, rank) in values.iter().zip(ranks.iter().skip(1).step_by(3)) {
            assert_eq!((rank.number(), rank.value().to_bits()), (4, value.to_bits()));
        }
    }

    #[test]
    fn the_best_of_a_long_list_are_those_of_all_sorted() {
        let value = |number: u32| float(position(number.wrapping_mul(2_654_435_761) >> 20));
        let list: Vec<(u32, f32)> = (0..5_000).map(|number| (number, value(number % 900))).collect();
        let mut all: Vec<Rank> = list
            .iter()
            .map(|(number, value)| Rank::new(*number, *value))
            .collect();
        all.sort_unstable();
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
