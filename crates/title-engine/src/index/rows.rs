//! Rows of different lengths in one piece of memory.

use super::{number, position};

/// Rows of `T`, numbered from 0.
#[derive(Debug)]
pub(crate) struct Rows<T> {
    ends: Vec<u32>,
    items: Vec<T>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self {
            ends: Vec::new(),
            items: Vec::new(),
        }
    }
}

impl<T> Rows<T> {
    /// Appends a row.
    pub fn push(&mut self, row: impl IntoIterator<Item = T>) {
        self.items.extend(row);
        self.ends.push(number(self.items.len()));
    }

    /// A row; one that is not there is empty.
    #[inline]
    pub fn get(&self, row: u32) -> &[T] {
        self.items.get(self.range(row)).unwrap_or_default()
    }

    /// Where the items of a row stand among all.
    #[inline]
    pub fn range(&self, row: u32) -> std::ops::Range<usize> {
        let row = position(row);
        let start = if row == 0 {
            0
        } else {
            self.ends.get(row - 1).copied().unwrap_or(u32::MAX)
        };
        let end = self.ends.get(row).copied().unwrap_or_default();
        position(start)..position(end)
    }

    /// The items of all rows.
    #[inline]
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// The items of all rows, one row after the other.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Gives back memory that is not used.
    pub fn shrink(&mut self) {
        self.ends.shrink_to_fit();
        self.items.shrink_to_fit();
    }
}

impl<T: Copy> Rows<T> {
    /// The rows of `count` keys from pairs of a key and an item, in the order of the pairs within a key.
    pub fn grouped(count: usize, mut pairs: Vec<(u32, T)>) -> Self {
        pairs.sort_by_key(|(key, _)| *key);
        let mut rows = Self {
            ends: Vec::with_capacity(count),
            items: pairs.iter().map(|(_, item)| *item).collect(),
        };
        let mut at = 0;
        for key in 0..count {
            at += pairs
                .get(at..)
                .unwrap_or_default()
                .partition_point(|(other, _)| position(*other) <= key);
            rows.ends.push(number(at));
        }
        rows
    }
}
