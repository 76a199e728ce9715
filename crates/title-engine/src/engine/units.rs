//! The occupations of a library, numbered in the order of their codes.

use std::collections::BTreeMap;

use super::{Groups, UnitEntry};
use crate::codes::Soc;
use crate::index::Unit;
use crate::library::Library;

/// The occupations of the library by their SOC code.
pub(super) struct Units {
    /// In that order.
    pub entries: Vec<UnitEntry>,
    /// Their numbers.
    pub numbers: BTreeMap<Soc, Unit>,
}

impl Units {
    /// The detailed occupations of a library; those of O*NET within one are joined.
    pub fn new(library: &Library) -> Self {
        let mut occupations: Vec<_> = library.occupations.iter().collect();
        occupations.sort_by(|one, other| one.code.cmp(&other.code).then_with(|| one.name.cmp(&other.name)));
        let mut entries: Vec<UnitEntry> = Vec::new();
        for occupation in occupations {
            let soc = occupation.code.soc();
            match entries.last_mut().filter(|last| last.soc == soc) {
                Some(last) => {
                    last.description.push(' ');
                    last.description.push_str(&occupation.description);
                    last.people = last.people.max(occupation.employment.unwrap_or_default());
                }
                None => entries.push(UnitEntry {
                    soc,
                    name: occupation.name.clone(),
                    description: occupation.description.clone(),
                    people: occupation.employment.unwrap_or_default(),
                    employment: 0.0,
                    groups: [0; 3],
                    coded: 0.0,
                    coded_group: 0.0,
                    titles: 0.0,
                }),
            }
        }
        entries.truncate(usize::from(Unit::MAX));
        number_groups(&mut entries);
        let mut known: Vec<u64> = entries
            .iter()
            .map(|unit| unit.people)
            .filter(|people| *people > 0)
            .collect();
        known.sort_unstable();
        let median = known.get(known.len() / 2).copied().unwrap_or(1);
        for unit in &mut entries {
            let people = if unit.people == 0 { median } else { unit.people };
            unit.employment = logarithm(people) - logarithm(median);
        }
        let numbers = entries
            .iter()
            .enumerate()
            .filter_map(|(index, unit)| Some((unit.soc, Unit::try_from(index).ok()?)));
        Self {
            numbers: numbers.collect(),
            entries,
        }
    }
}

/// Numbers the groups of the occupations, which are in the order of their codes.
fn number_groups(entries: &mut [UnitEntry]) {
    let groups_of = |soc: Soc| [soc.major_group(), soc.minor_group(), soc.broad_occupation()];
    let mut before: Option<([u32; 3], Groups)> = None;
    for entry in entries {
        let codes = groups_of(entry.soc);
        entry.groups = before.map_or([0; 3], |(other, numbers)| {
            std::array::from_fn(|kind| {
                let (code, other) = (codes.get(kind), other.get(kind));
                numbers.get(kind).copied().unwrap_or_default() + Unit::from(code != other)
            })
        });
        before = Some((codes, entry.groups));
    }
}

/// The natural logarithm of a number of people.
#[expect(
    clippy::cast_precision_loss,
    reason = "the logarithm of a count needs no more digits"
)]
fn logarithm(people: u64) -> f32 {
    (people as f32).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Occupation;

    #[test]
    fn occupations_of_a_group_have_its_number_and_others_have_not() {
        let codes = ["15-1252", "11-2022", "15-1254", "15-1253", "15-2051", "11-2021"];
        let occupation = |code: &str| Occupation {
            code: code.parse().unwrap(),
            name: code.to_owned(),
            description: String::new(),
            employment: None,
        };
        let library = Library {
            occupations: codes.map(occupation).into(),
            ..Library::default()
        };
        let units = Units::new(&library);
        let groups: Vec<_> = units
            .entries
            .iter()
            .map(|unit| (unit.name.as_str(), unit.groups))
            .collect();
        let expected = [
            ("11-2021", [0, 0, 0]),
            ("11-2022", [0, 0, 0]),
            ("15-1252", [1, 1, 1]),
            ("15-1253", [1, 1, 1]),
            ("15-1254", [1, 1, 1]),
            ("15-2051", [1, 2, 2]),
        ];
        assert_eq!(groups, expected);
    }
}
