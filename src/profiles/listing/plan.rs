//! How a list finds its rows, chosen by what is known of them.

use super::Found;
use super::sort::{Sort, SortKey};
use crate::profiles::segment::Segment;

/// What a row costs that is gathered by the index of what is searched for and sorted by something else, so that it has to be
/// read itself, in rows that are passed in the order of an index.
const COST_OF_READING: i64 = 7;

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

    /// Rows up to its end.
    pub(super) const fn end(&self) -> i64 {
        self.skip.saturating_add(self.limit)
    }
}

/// A key that searches look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Family,
    Given,
    Email,
}

impl Field {
    const ALL: [Self; 3] = [Self::Family, Self::Given, Self::Email];

    const fn sorted_by(key: SortKey) -> Option<Self> {
        match key {
            SortKey::FamilyName => Some(Self::Family),
            SortKey::GivenName => Some(Self::Given),
            SortKey::Email => Some(Self::Email),
            SortKey::CreatedAt | SortKey::CurrentSchoolName | SortKey::LastLogin => None,
        }
    }

    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::Family => "family_key",
            Self::Given => "given_key",
            Self::Email => "email_key",
        }
    }
}

/// One way to rows of a list; those of different ways are different rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Through a segment in order, past what is not found. Rows whose key of this kind begins with the first term come by
    /// another way.
    Pass(Segment, Option<Field>),
    /// Through the part of a segment in order in which the key that is sorted by begins with the first term.
    Part(Segment, Field),
    /// All rows whose key of this kind begins with the first term, in no order, but for those with such a key of these kinds.
    Gather(Field, Vec<Field>),
}

/// How the rows of a list are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan(pub Vec<Way>);

impl Plan {
    pub(super) fn of(found: &Found<'_>, sort: &Sort, window: &Window, total: i64) -> Self {
        let sorted_by = Field::sorted_by(sort.first());
        let cost = if sorted_by.is_some() { 1 } else { COST_OF_READING };
        // Gathering costs as many rows as there are. Passing costs as many as lie between those of the window: so many times
        // the window as the population is greater than what is found.
        let is_rare = |rows: i64| {
            let gathered = i128::from(rows) * i128::from(rows) * i128::from(cost);
            gathered <= i128::from(window.end()) * i128::from(found.population)
        };
        let pass = |other: Option<Field>| {
            found
                .segments
                .iter()
                .map(move |segment| Way::Pass(*segment, other))
        };
        if found.terms.is_empty() {
            return Self(pass(None).collect());
        }
        if is_rare(found.bound.profiles) {
            return Self(gather(&[]));
        }
        let is_one = found.terms.len() == 1;
        match sorted_by.filter(|_| is_one) {
            Some(field) => {
                let part = found.segments.iter().map(|segment| Way::Part(*segment, field));
                let rest = found.bound.profiles - found.count(field);
                let rest: Vec<Way> = match rest {
                    0 => Vec::new(),
                    rest if is_rare(rest) => gather(&[field]),
                    _ => pass(Some(field)).collect(),
                };
                Self(part.chain(rest).collect())
            }
            None if is_rare(total) => Self(gather(&[])),
            None => Self(pass(None).collect()),
        }
    }
}

/// The ways to all that the first term finds, but for what it finds by these keys.
pub(super) fn gather(but_by: &[Field]) -> Vec<Way> {
    let mut before = but_by.to_vec();
    let mut ways = Vec::new();
    for field in Field::ALL {
        if !before.contains(&field) {
            ways.push(Way::Gather(field, before.clone()));
            before.push(field);
        }
    }
    ways
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

    const WINDOW: Window = Window {
        skip: 0,
        limit: 50,
        is_from_end: false,
    };

    fn found(terms: &[&'static str], profiles: i64, by_family: i64) -> Found<'static> {
        Found {
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
        Plan::of(found, &sort.parse().unwrap(), &WINDOW, found.bound.profiles).0
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
        let passed = |other| {
            vec![
                Way::Pass(Segment::from_number(0), other),
                Way::Pass(Segment::from_number(4), other),
            ]
        };
        let parts = |field| {
            vec![
                Way::Part(Segment::from_number(0), field),
                Way::Part(Segment::from_number(4), field),
            ]
        };
        assert_eq!(plan(&found(&[], 1_000_000, 0), "email"), passed(None));
        let rare = found(&["mar"], 2_000, 900);
        assert_eq!(plan(&rare, "createdAt"), gather(&[]));
        let frequent = found(&["mar"], 50_000, 49_000);
        assert_eq!(plan(&frequent, "createdAt"), passed(None));
        let with_rest = [parts(Field::Family), gather(&[Field::Family])].concat();
        assert_eq!(plan(&frequent, "-familyName"), with_rest);
        let all_by_family = found(&["mar"], 50_000, 50_000);
        assert_eq!(plan(&all_by_family, "familyName"), parts(Field::Family));
        let by_others = [parts(Field::Given), passed(Some(Field::Given))].concat();
        assert_eq!(plan(&frequent, "givenName"), by_others);
        assert_eq!(
            plan(&found(&["mar", "jo"], 50_000, 0), "familyName"),
            passed(None)
        );
    }

    #[test]
    fn ways_do_not_meet() {
        use Field::{Email, Family, Given};
        assert_eq!(
            gather(&[Given]),
            [
                Way::Gather(Family, vec![Given]),
                Way::Gather(Email, vec![Given, Family])
            ]
        );
    }
}
