//! The wages of other areas than the nation that were asked for, in memory: as many rows as fit, those that are asked for most.

use quick_cache::sync::Cache;

use super::wages::WageRow;
use super::{Wages, by_code};

/// Rows in memory for each version; about 8 MiB.
const ROWS_IN_MEMORY: usize = 20_000;

/// An area and the code of a row.
type RowKey = (Box<str>, Box<str>);

/// Rows by area and code; `None`: the source has none.
pub(super) struct AreaRows(Cache<RowKey, Option<WageRow>>);

impl Default for AreaRows {
    fn default() -> Self {
        Self(Cache::new(ROWS_IN_MEMORY))
    }
}

impl std::fmt::Debug for AreaRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AreaRows({} rows)", self.0.len())
    }
}

impl AreaRows {
    /// The wages of these rows, and the codes of those that are not in memory.
    pub(super) fn find<'a>(&self, area: &str, row_codes: &[&'a str]) -> (Wages, Vec<&'a str>) {
        let mut wages = Vec::with_capacity(row_codes.len());
        let mut unknown = Vec::new();
        for code in row_codes {
            match self.0.get(&key(area, code)) {
                Some(row) => wages.extend(row),
                None => unknown.push(*code),
            }
        }
        (by_code(wages), unknown)
    }

    /// Keeps what was read of these rows.
    pub(super) fn keep(&self, area: &str, row_codes: &[&str], read: &Wages) {
        for code in row_codes {
            self.0.insert(key(area, code), read.get(*code).cloned());
        }
    }
}

fn key(area: &str, code: &str) -> RowKey {
    (area.into(), code.into())
}
