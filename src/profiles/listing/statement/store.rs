//! SQL of the rows of a list: what holds of them.

use sqlx::{Postgres, QueryBuilder};

use super::super::Found;
use super::super::sort::{Direction, Sort, SortKey, indexed_before};
use super::super::steps::{Alike, Step};
use super::super::way::{Beginning, Field, Pair, Way};
use crate::profiles::key::pair_prefix;
use crate::profiles::segment::Segment;

/// Follows everything that begins with a term: names and addresses have no such character.
const LAST_CHARACTER: char = '\u{10ffff}';

/// What `profile_shared_chars` counts up to.
const MAX_SHARED_CHARS: i16 = 6;

/// The columns that an order names, but for the identifier.
pub(in super::super) fn columns_of(sort: &Sort) -> String {
    let columns: Vec<&str> = sort.keys().into_iter().map(|(key, _)| key.column()).collect();
    columns.join(", ")
}

/// A statement that is being put together.
pub(in super::super) struct Statement<'a> {
    pub sql: QueryBuilder<Postgres>,
    found: &'a Found<'a>,
}

impl<'a> Statement<'a> {
    pub(in super::super) fn new(found: &'a Found<'a>) -> Self {
        Self {
            sql: QueryBuilder::new(""),
            found,
        }
    }

    pub(in super::super) fn push(&mut self, text: &str) {
        self.sql.push(text);
    }

    /// What holds of the rows of a way.
    pub(in super::super) fn push_way(&mut self, way: &Way) {
        match way {
            Way::Pass(segment, but_by) => {
                self.push_segment(*segment);
                self.push_passed(*but_by);
            }
            Way::Part(segment, beginning) => {
                self.push_segment(*segment);
                self.push(" and ");
                self.push_begins(*beginning);
                self.push_others(&[beginning.term]);
            }
            Way::Gather(field, but_by) => {
                self.push_segments();
                self.push_first(*field, " and ");
                self.push_all_but(*field, but_by);
                self.push_others(&[0]);
            }
            Way::Pair(pair, but) => self.push_pair(*pair, but),
        }
    }

    fn push_subdomain(&mut self) {
        self.push("subdomain_id = ");
        self.sql.push_bind(self.found.subdomain_id.0);
    }

    fn push_segment(&mut self, segment: Segment) {
        self.push_subdomain();
        self.push(&format!(" and segment = {}", segment.number()));
    }

    /// The segments in which something may be found.
    pub(in super::super) fn push_segments(&mut self) {
        self.push_subdomain();
        self.push(" and segment = any(");
        let segments = self.found.segments.iter();
        self.sql
            .push_bind(segments.map(|segment| segment.number()).collect::<Vec<i16>>());
        self.push(")");
    }

    /// `is true` keeps the planner from another index than that of the order.
    fn push_passed(&mut self, but_by: Option<Field>) {
        if self.found.terms.is_empty() {
            return;
        }
        self.push(" and (true");
        for term in &self.found.terms {
            self.push(" and ");
            self.push_any(term);
        }
        if let Some(field) = but_by {
            self.push_first(field, " and not ");
        }
        self.push(") is true");
    }

    /// That all terms are found, by rows that are read for another reason.
    pub(in super::super) fn push_terms(&mut self) {
        self.push_passed(None);
    }

    /// That the terms are found but for these.
    fn push_others(&mut self, but: &[usize]) {
        for (index, term) in self.found.terms.iter().enumerate() {
            if !but.contains(&index) {
                self.push(" and ");
                self.push_any(term);
                self.push(" is true");
            }
        }
    }

    fn push_pair(&mut self, pair: Pair, but: &[Pair]) {
        let Pair(one, other) = pair;
        let prefix = pair_prefix(self.term(one), self.term(other));
        let key = format!(
            "profile_pair_key({}, {})",
            one.field.column(),
            other.field.column()
        );
        self.push_segments();
        if let Some(name) = pair.other_name() {
            self.push_shared_less(name, self.term(other));
        }
        self.push(" and ");
        self.push_beginning(&key, &prefix);
        self.push(" and (");
        self.push_both(pair);
        for pair in but {
            self.push(" and not ");
            self.push_both(*pair);
        }
        self.push(") is true");
        self.push_others(&[0, 1]);
    }

    /// That the address shares less than the term with this name, as far as the indexes of pairs know: who has an address and
    /// this name that begin with the term is found by the pair of names.
    fn push_shared_less(&mut self, name: Field, term: &str) {
        let chars = i16::try_from(term.chars().count()).unwrap_or(i16::MAX);
        self.push(&format!(
            " and profile_shared_chars(email_key, {}) = any(",
            name.column()
        ));
        let shared: Vec<i16> = (0..chars.min(MAX_SHARED_CHARS + 1)).collect();
        self.sql.push_bind(shared);
        self.push(")");
    }

    fn push_both(&mut self, Pair(one, other): Pair) {
        self.push("(");
        self.push_begins(one);
        self.push(" and ");
        self.push_begins(other);
        self.push(")");
    }

    /// That none of these keys begins with the first term. Where an address is all that is left, the index of those that share
    /// less with the names knows them.
    fn push_all_but(&mut self, field: Field, but_by: &[Field]) {
        let by_names = [Field::Family, Field::Given]
            .iter()
            .all(|name| but_by.contains(name));
        if field == Field::Email && by_names {
            let chars = self.found.terms.first().map_or(0, |term| term.chars().count());
            let overlaps: Vec<i16> = (0..i16::try_from(chars).unwrap_or(i16::MAX)).collect();
            self.push(" and email_overlap = any(");
            self.sql.push_bind(overlaps);
            self.push(")");
            return;
        }
        for field in but_by {
            self.push_first(*field, " and not ");
        }
    }

    /// That this key begins with the first term.
    fn push_first(&mut self, field: Field, before: &str) {
        self.push(before);
        self.push_begins(Beginning { field, term: 0 });
    }

    fn term(&self, beginning: Beginning) -> &'a str {
        self.found.terms.get(beginning.term).copied().unwrap_or_default()
    }

    fn push_begins(&mut self, beginning: Beginning) {
        self.push_beginning(beginning.field.column(), self.term(beginning));
    }

    /// That one of the keys begins with the term.
    fn push_any(&mut self, term: &str) {
        self.push("(");
        for (index, field) in Field::ALL.iter().enumerate() {
            self.push(if index == 0 { "" } else { " or " });
            self.push_beginning(field.column(), term);
        }
        self.push(")");
    }

    fn push_beginning(&mut self, key: &str, beginning: &str) {
        self.push(&format!("({key} >= "));
        self.sql.push_bind(beginning.to_owned());
        self.push(&format!(" and {key} < "));
        self.sql.push_bind(format!("{beginning}{LAST_CHARACTER}"));
        self.push(")");
    }

    /// That rows are alike. What an index has before the key of the step leads there; the rest is met on the way.
    pub(in super::super) fn push_alike_on_the_way(&mut self, step: &Step) {
        let keys: Vec<SortKey> = step.alike.iter().map(|(key, _)| *key).collect();
        let indexed = indexed_before(step.key, &keys);
        for alike in &step.alike {
            let end = if indexed.contains(&alike.0) {
                ""
            } else {
                " is true"
            };
            self.push_alike(alike, end);
        }
    }

    /// That rows have this value.
    pub(in super::super) fn push_alike(&mut self, (key, value): &Alike, end: &str) {
        self.push(&format!(" and ({} = ", key.column()));
        self.push_value(*key, value);
        self.push(&format!("){end}"));
    }

    /// That rows come before this value by the key of the step. Rows that are gathered are not looked for by it.
    pub(in super::super) fn push_before(&mut self, step: &Step, way: &Way, value: &str) {
        self.push(&format!(
            " and ({} {} ",
            step.key.column(),
            step.direction.before()
        ));
        self.push_value(step.key, value);
        self.push(if way.is_gathered() { ") is true" } else { ")" });
    }

    /// A value as the database wrote it.
    fn push_value(&mut self, key: SortKey, value: &str) {
        self.sql.push_bind(value.to_owned());
        if key.is_instant() {
            self.push("::text::timestamptz");
        }
    }

    /// That rows come in the order of a key, and no more than these.
    pub(in super::super) fn push_order(&mut self, column: &str, direction: Direction, rows: i64) {
        self.push(&format!(" order by {column} {} limit ", direction.word()));
        self.sql.push_bind(rows);
    }
}
