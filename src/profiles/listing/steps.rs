//! A list in an order that no index is in, such as by school and last login: found key by key.
//!
//! Whatever comes next, the rows of the window are among those that come first by the first key, up to the value that the last
//! one of them has. Those before that value are all within the window's end; of those with that value, of which there may be any
//! number, those that come first by the next key are wanted, and so on. When few rows are left that are alike so far, they are
//! sorted. So the rows of each step are read in the order of an index of its key: past what is not alike, or by an index that
//! has what is alike before that key.

use sqlx::PgConnection;

use super::Found;
use super::plan::{Plan, Window};
use super::sort::{Direction, Sort, SortKey, indexed_before, is_indexed};
use super::store;
use super::way::Way;

/// How many times more rows are sorted than are looked for by another statement, where an index has them in order.
const ROWS_INSTEAD_OF_A_STATEMENT: i64 = 16;

/// A key, and the text of its value that rows have alike.
pub(super) type Alike = (SortKey, String);

/// Rows that come before a value by a key, among those that are alike in the keys before.
pub(super) struct Step {
    /// How they are found.
    pub ways: Vec<Way>,
    /// What they are alike in.
    pub alike: Vec<Alike>,
    /// By what they come before.
    pub key: SortKey,
    /// Which way it is sorted.
    pub direction: Direction,
}

/// Where a key's rows up to the end of the window end.
pub(super) struct Boundary {
    /// The value of the last one of them.
    pub value: String,
    /// How many come before that value.
    pub rows_before: i64,
}

/// The rows up to the end of the window: all of some parts, and the first ones of a rest.
pub(super) struct Steps {
    /// The parts, each with the value that its rows come before.
    pub parts: Vec<(Step, String)>,
    /// What the rows of the rest are alike in.
    pub rest: Vec<Alike>,
    /// How many of the rest are within the window's end.
    pub rest_rows: i64,
}

impl Steps {
    /// Finds the parts.
    pub(super) async fn take(
        db: &mut PgConnection,
        found: &Found<'_>,
        sort: &Sort,
        window: &Window,
        plan: &Plan,
    ) -> Result<Self, sqlx::Error> {
        let mut steps = Self {
            parts: Vec::new(),
            rest: Vec::new(),
            rest_rows: window.end(),
        };
        for (key, direction) in sort.keys() {
            if steps.is_rest_small(db, found, key).await? {
                break;
            }
            let ways = if steps.rest.is_empty() {
                plan.0.clone()
            } else {
                passes(found)
            };
            let step = Step {
                ways,
                alike: steps.rest.clone(),
                key,
                direction: window.direction(direction),
            };
            let Some(boundary) = store::find_boundary(db, found, &step, steps.rest_rows).await? else {
                break;
            };
            steps.rest.push((key, boundary.value.clone()));
            steps.rest_rows -= boundary.rows_before;
            if boundary.rows_before > 0 {
                steps.parts.push((step, boundary.value));
            }
        }
        Ok(steps)
    }

    /// The ways to the rows of the rest where it is alike in all keys, and an index has it in the order of the identifiers, which
    /// is all that is left to sort by.
    pub(super) fn ways_by_identifier(&self, found: &Found<'_>, sort: &Sort) -> Option<Vec<Way>> {
        let is_alike = self.rest.len() == sort.keys().len();
        (is_alike && is_indexed(&self.alike_keys())).then(|| passes(found))
    }

    fn alike_keys(&self) -> Vec<SortKey> {
        self.rest.iter().map(|(key, _)| *key).collect()
    }

    /// Whether it is cheaper to read and sort all of the rest than to find its first rows by the next key: past the others in the
    /// order of that key, or by an index that has what is alike before it.
    async fn is_rest_small(
        &self,
        db: &mut PgConnection,
        found: &Found<'_>,
        next: SortKey,
    ) -> Result<bool, sqlx::Error> {
        let mut most = self.rest_rows.saturating_mul(found.population).isqrt();
        let alike = self.alike_keys();
        if !alike.is_empty() && indexed_before(next, &alike).len() == alike.len() {
            most = most.min(self.rest_rows.saturating_mul(ROWS_INSTEAD_OF_A_STATEMENT));
        }
        let rows = if self.rest.is_empty() {
            found.population
        } else {
            store::count_alike(db, found, &self.rest, most.saturating_add(1)).await?
        };
        Ok(rows <= most)
    }
}

fn passes(found: &Found<'_>) -> Vec<Way> {
    let segments = found.segments.iter();
    segments.map(|segment| Way::Pass(*segment, None)).collect()
}
