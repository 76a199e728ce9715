//! Ways to the rows of a list: through the order of an index, or straight to what begins with what is searched for.

use super::Found;
use super::sort::SortKey;
use crate::profiles::segment::Segment;

/// A key that searches look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Family,
    Given,
    Email,
}

impl Field {
    pub(super) const ALL: [Self; 3] = [Self::Family, Self::Given, Self::Email];

    pub(super) const fn sorted_by(key: SortKey) -> Option<Self> {
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

    /// Its place in the indexes of pairs, which have the one of the lower place first.
    const fn place(self) -> u8 {
        self as u8
    }
}

/// A key that begins with a term, which is named by its place among those that are searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    pub field: Field,
    pub term: usize,
}

/// Two keys that begin with two terms, in the order of their index: the address comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair(pub Beginning, pub Beginning);

impl Pair {
    /// Where the pair has an address, the name that is not in it.
    pub(super) fn other_name(self) -> Option<Field> {
        match (self.0.field, self.1.field) {
            (Field::Family, Field::Email) => Some(Field::Given),
            (Field::Given, Field::Email) => Some(Field::Family),
            _ => None,
        }
    }

    /// Whether rows may have both pairs: a key begins with one of the terms at most.
    fn may_meet(self, other: Self) -> bool {
        let is_one = |one: Beginning, other: Beginning| one.field != other.field || one.term == other.term;
        [self.0, self.1]
            .iter()
            .all(|one| is_one(*one, other.0) && is_one(*one, other.1))
    }
}

/// One way to rows of a list; those of different ways are different rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Through a segment in order, past what is not found. Rows whose key of this kind begins with the first term come by
    /// another way.
    Pass(Segment, Option<Field>),
    /// Through the part of a segment in order in which the key that is sorted by begins with a term, past what is not found by the
    /// other terms.
    Part(Segment, Beginning),
    /// All rows whose key of this kind begins with the first term, in no order, but for those with such a key of these kinds.
    Gather(Field, Vec<Field>),
    /// All rows with these two beginnings, in no order, but for those that have one of these pairs of them.
    Pair(Pair, Vec<Pair>),
}

impl Way {
    /// Whether it has all its rows at once, in no order.
    pub(super) const fn is_gathered(&self) -> bool {
        matches!(self, Self::Gather(..) | Self::Pair(..))
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

/// The ways to all that the first two terms find together, those through this name first, by its term. A pair of names comes
/// before those with the address that may have the same rows, so that these are read by one of the two only.
fn pairs(first: Option<Field>) -> Vec<Way> {
    let mut fields = Field::ALL;
    fields.sort_by_key(|field| (*field == Field::Email, Some(*field) != first));
    let mut before: Vec<Pair> = Vec::new();
    let mut ways = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        for term in [0, 1] {
            let one = Beginning { field: *field, term };
            for other in fields.iter().skip(index + 1) {
                let other = Beginning {
                    field: *other,
                    term: 1 - term,
                };
                let pair = if one.field.place() < other.field.place() {
                    Pair(one, other)
                } else {
                    Pair(other, one)
                };
                let met = before.iter().copied().filter(|before| before.may_meet(pair));
                ways.push(Way::Pair(pair, met.collect()));
                before.push(pair);
            }
        }
    }
    ways
}

impl Found<'_> {
    /// The ways to all that is found; where that is by pairs, those through this name come first.
    pub(super) fn ways(&self, first: Option<Field>) -> Vec<Way> {
        let is_rare = self.bound.profiles <= self.population.isqrt();
        if self.terms.len() > 1 && !is_rare {
            pairs(first)
        } else {
            gather(&[])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn two_terms_are_the_beginnings_of_two_keys_in_six_ways() {
        let begins = |field, term| Beginning { field, term };
        let expected = [
            Pair(begins(Field::Family, 1), begins(Field::Given, 0)),
            Pair(begins(Field::Given, 0), begins(Field::Email, 1)),
            Pair(begins(Field::Family, 0), begins(Field::Given, 1)),
            Pair(begins(Field::Given, 1), begins(Field::Email, 0)),
            Pair(begins(Field::Family, 0), begins(Field::Email, 1)),
            Pair(begins(Field::Family, 1), begins(Field::Email, 0)),
        ];
        let met: [&[usize]; 6] = [&[], &[0], &[], &[2], &[1, 2], &[0, 3]];
        let ways = expected.iter().zip(met);
        let ways = ways.map(|(pair, met)| Way::Pair(*pair, met.iter().map(|at| expected[*at]).collect()));
        assert_eq!(pairs(Some(Field::Given)), ways.collect::<Vec<_>>());
        // An address never comes first.
        assert_eq!(pairs(Some(Field::Email)), pairs(None));
    }
}
