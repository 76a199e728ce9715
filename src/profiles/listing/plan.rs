//! How a list finds its rows, chosen by what is known of them.

use super::Found;
use super::sort::{Direction, Sort};
use super::way::{Beginning, Field, Way, gather};
use crate::profiles::segment::Segment;

/// How many times rows are passed where an order is no index's: once or more for each key.
const PASSES: i64 = 10;

/// How many profiles have a key that begins so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SegmentCount {
    pub prefix: String,
    pub segment: Segment,
    pub profiles: i64,
    pub by_family: i64,
    pub by_given: i64,
    pub by_email: i64,
}

impl SegmentCount {
    pub(super) fn plus(mut self, other: &Self) -> Self {
        self.profiles += other.profiles;
        self.by_family += other.by_family;
        self.by_given += other.by_given;
        self.by_email += other.by_email;
        self
    }
}

/// Which rows of the order a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Rows before it; from the other end, those after it.
    pub skip: i64,
    /// Rows of it.
    pub limit: i64,
    /// Whether it is read in the reverse order, because it is nearer to the end.
    pub is_from_end: bool,
}

impl Window {
    /// The window of a list that has so many rows in total; `None`: it has none.
    pub(super) fn of(skip: i64, limit: i64, total: i64) -> Option<Self> {
        let after = total.saturating_sub(skip);
        if after <= 0 {
            return None;
        }
        let limit = limit.min(after);
        let is_from_end = skip > total / 2;
        Some(Self {
            skip: if is_from_end { after - limit } else { skip },
            limit,
            is_from_end,
        })
    }

    /// In which direction it reads a key that is sorted in this one.
    pub(super) const fn direction(&self, direction: Direction) -> Direction {
        if self.is_from_end {
            direction.reversed()
        } else {
            direction
        }
    }

    /// Rows up to its end.
    pub(super) const fn end(&self) -> i64 {
        self.skip.saturating_add(self.limit)
    }
}

/// How the rows of a list are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan(pub Vec<Way>);

impl Plan {
    pub(super) fn of(found: &Found<'_>, sort: &Sort, window: &Window, counted: &Counted) -> Self {
        let chooser = Chooser {
            found,
            end: window.end(),
            passes: if sort.is_of_index() { 1 } else { PASSES },
        };
        if found.terms.is_empty() {
            return Self(chooser.pass(None));
        }
        let gathered = || -> Vec<Way> {
            match counted.ways.as_slice() {
                [] => found.ways(None),
                ways => ways.iter().map(|(way, _)| way.clone()).collect(),
            }
        };
        if chooser.is_rare(counted.total) {
            return Self(gathered());
        }
        let Some(field) = Field::sorted_by(sort.first()) else {
            return Self(chooser.pass(None));
        };
        if found.terms.len() == 1 {
            Self(chooser.one_term(field))
        } else if field != Field::Email && counted.ways.iter().all(|(way, _)| matches!(way, Way::Pair(..))) {
            Self(chooser.several_terms(field, counted))
        } else {
            Self(gathered())
        }
    }

    /// Whether all rows are gathered and sorted.
    pub(super) fn is_gathered(&self) -> bool {
        self.0.iter().all(Way::is_gathered)
    }
}

/// How many rows are found, and where they were counted, by which ways how many.
pub(super) struct Counted {
    pub total: i64,
    pub ways: Vec<(Way, i64)>,
}

/// What ways are chosen by.
struct Chooser<'a> {
    found: &'a Found<'a>,
    /// Rows up to the end of the window.
    end: i64,
    passes: i64,
}

impl Chooser<'_> {
    /// Whether it is cheaper to gather so many rows than to pass them. Gathering costs as many rows as there are. Passing costs
    /// as many as lie between those of the window: so many times the window as the population is greater than what is found.
    fn is_rare(&self, rows: i64) -> bool {
        let gathered = i128::from(rows) * i128::from(rows);
        gathered <= i128::from(self.end) * i128::from(self.passes) * i128::from(self.found.population)
    }

    fn pass(&self, but_by: Option<Field>) -> Vec<Way> {
        let segments = self.found.segments.iter();
        segments.map(|segment| Way::Pass(*segment, but_by)).collect()
    }

    fn part(&self, beginning: Beginning) -> impl Iterator<Item = Way> {
        let segments = self.found.segments.iter();
        segments.map(move |segment| Way::Part(*segment, beginning))
    }

    /// In the order of a key that may begin with the term.
    fn one_term(&self, field: Field) -> Vec<Way> {
        let rest = match self.found.bound.profiles - self.found.count(field) {
            0 => Vec::new(),
            rest if self.is_rare(rest) => gather(&[field]),
            _ => self.pass(Some(field)),
        };
        self.part(Beginning { field, term: 0 }).chain(rest).collect()
    }

    /// In the order of a name that may begin with one of the first two terms; the others are met on the way. An address that
    /// begins so is mostly counted by the pair of names, so it is not known how many there are to meet.
    fn several_terms(&self, field: Field, counted: &Counted) -> Vec<Way> {
        let mut ways = Vec::new();
        for term in 0..2 {
            let beginning = Beginning { field, term };
            let of_beginning = counted.ways.iter().filter(|(way, _)| is_through(way, beginning));
            if self.is_rare(of_beginning.clone().map(|(_, count)| count).sum()) {
                ways.extend(of_beginning.map(|(way, _)| way.clone()));
            } else {
                ways.extend(self.part(beginning));
            }
        }
        let rest = counted.ways.iter().map(|(way, _)| way);
        let is_rest = |way: &&Way| (0..2).all(|term| !is_through(way, Beginning { field, term }));
        ways.extend(rest.filter(is_rest).cloned());
        ways
    }
}

fn is_through(way: &Way, beginning: Beginning) -> bool {
    matches!(way, Way::Pair(pair, _) if pair.0 == beginning || pair.1 == beginning)
}

impl Found<'_> {
    fn count(&self, field: Field) -> i64 {
        match field {
            Field::Family => self.bound.by_family,
            Field::Given => self.bound.by_given,
            Field::Email => self.bound.by_email,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiles::subdomain::SubdomainId;

    const WINDOW: Window = Window {
        skip: 0,
        limit: 50,
        is_from_end: false,
    };

    fn found(terms: &[&'static str], profiles: i64, by_family: i64) -> Found<'static> {
        Found {
            subdomain_id: SubdomainId(1),
            terms: terms.to_vec(),
            segments: vec![Segment::from_number(0), Segment::from_number(4)],
            population: 1_000_000,
            bound: SegmentCount {
                profiles,
                by_family,
                ..SegmentCount::default()
            },
            total: Some(profiles),
        }
    }

    fn plan(found: &Found<'_>, sort: &str) -> Vec<Way> {
        let counted = Counted {
            total: found.bound.profiles,
            ways: Vec::new(),
        };
        Plan::of(found, &sort.parse().unwrap(), &WINDOW, &counted).0
    }

    fn plan_of_pairs(found: &Found<'_>, sort: &str, counts: [i64; 6]) -> Vec<Way> {
        let sort = sort.parse().unwrap();
        let ways = found.ways(Field::sorted_by(Sort::first(&sort)));
        let counted = Counted {
            total: counts.iter().sum(),
            ways: ways.into_iter().zip(counts).collect(),
        };
        Plan::of(found, &sort, &WINDOW, &counted).0
    }

    fn passed(other: Option<Field>) -> Vec<Way> {
        vec![
            Way::Pass(Segment::from_number(0), other),
            Way::Pass(Segment::from_number(4), other),
        ]
    }

    fn parts(field: Field, term: usize) -> Vec<Way> {
        let beginning = Beginning { field, term };
        vec![
            Way::Part(Segment::from_number(0), beginning),
            Way::Part(Segment::from_number(4), beginning),
        ]
    }

    #[test]
    fn a_window_is_read_from_the_nearer_end() {
        let window = |skip, limit, total| {
            Window::of(skip, limit, total).map(|window| (window.skip, window.limit, window.is_from_end))
        };
        assert_eq!(window(0, 50, 0), None);
        assert_eq!(window(10, 50, 10), None);
        assert_eq!(window(0, 50, 10), Some((0, 10, false)));
        assert_eq!(window(50, 50, 100), Some((50, 50, false)));
        assert_eq!(window(51, 20, 100), Some((29, 20, true)));
        assert_eq!(window(90, 50, 100), Some((0, 10, true)));
        assert_eq!(window(i64::MAX, 50, 100), None);
    }

    #[test]
    fn what_is_rare_is_gathered_and_what_is_frequent_is_met_on_the_way() {
        assert_eq!(plan(&found(&[], 1_000_000, 0), "email"), passed(None));
        let rare = found(&["mar"], 7_000, 900);
        assert_eq!(plan(&rare, "createdAt"), gather(&[]));
        let frequent = found(&["mar"], 50_000, 49_000);
        assert_eq!(plan(&frequent, "createdAt"), passed(None));
        let with_rest = [parts(Field::Family, 0), gather(&[Field::Family])].concat();
        assert_eq!(plan(&frequent, "-familyName"), with_rest);
        let all_by_family = found(&["mar"], 50_000, 50_000);
        assert_eq!(plan(&all_by_family, "familyName"), parts(Field::Family, 0));
        let by_others = [parts(Field::Given, 0), passed(Some(Field::Given))].concat();
        assert_eq!(plan(&frequent, "givenName"), by_others);
    }

    #[test]
    fn two_terms_are_met_where_the_key_that_is_sorted_by_begins_with_one_and_gathered_elsewhere() {
        let two = found(&["jo", "mar"], 50_000, 0);
        let ways = two.ways(Some(Field::Family));
        let counts = [9_000, 0, 3, 4, 2, 1];
        let expected = [&parts(Field::Family, 0)[..], &ways[2..]].concat();
        assert_eq!(plan_of_pairs(&two, "familyName", counts), expected);
        assert_eq!(plan_of_pairs(&two, "-createdAt", counts), passed(None));
        assert_eq!(plan_of_pairs(&two, "familyName", [1; 6]), ways);
        assert_eq!(plan_of_pairs(&two, "email", counts), ways);
        let rare = found(&["jo", "mar"], 1_000, 0);
        assert_eq!(rare.ways(None), gather(&[]));
    }

    #[test]
    fn what_no_index_has_in_order_is_gathered_more_often() {
        let frequent = found(&["mar"], 20_000, 20_000);
        assert_eq!(plan(&frequent, "familyName"), parts(Field::Family, 0));
        assert_eq!(plan(&frequent, "familyName,-lastLogin"), gather(&[]));
        let most = found(&["mar"], 50_000, 50_000);
        assert_eq!(plan(&most, "familyName,-lastLogin"), parts(Field::Family, 0));
    }
}
