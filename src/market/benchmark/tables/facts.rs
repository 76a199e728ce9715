//! What O\*NET says of one occupation.

use crate::market::benchmark::import::{FactKind, ImportedFact};

/// Categories of the required level of education (scale `RL`).
pub const EDUCATION_CATEGORIES: usize = 12;
/// Categories of related work experience (scale `RW`).
pub const EXPERIENCE_CATEGORIES: usize = 11;
/// Shares of all categories differ from 100 percent by their rounding, and no more.
const ROUNDING: f32 = 1.0;

/// What O\*NET says of one occupation; empty where it says nothing.
#[derive(Debug, Default)]
pub struct Facts {
    /// Skills, the highest rating first.
    pub skills: Vec<Rating>,
    /// Fields of knowledge, the highest rating first.
    pub knowledge: Vec<Rating>,
    /// Programs, those that are in demand in the occupation first.
    pub software: Vec<Program>,
    /// Shares of the required levels of education.
    pub education: Option<Shares<EDUCATION_CATEGORIES>>,
    /// Shares of related work experience.
    pub experience: Option<Shares<EXPERIENCE_CATEGORIES>>,
    /// The codes of related occupations, the nearest first.
    pub related: Vec<String>,
    /// How much preparation it needs, 1 to 5.
    pub job_zone: Option<u8>,
}

/// How an occupation is rated for an element.
#[derive(Debug)]
pub struct Rating {
    /// The element's identifier.
    pub element_id: Box<str>,
    /// From 0 to 1.
    pub value: f32,
    /// How many standard deviations it is above the mean of all occupations.
    pub deviations: f32,
}

/// A program that is used in an occupation.
#[derive(Debug)]
pub struct Program {
    /// Its name.
    pub name: Box<str>,
    /// Whether employers of this occupation often ask for it.
    pub is_in_demand: bool,
}

/// The shares of the categories of a scale, in percent; `None`: the source recommends not to use it, or does not have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares<const N: usize> {
    percents: [Option<f32>; N],
    is_suppressed: bool,
}

impl<const N: usize> Default for Shares<N> {
    fn default() -> Self {
        Self {
            percents: [None; N],
            is_suppressed: false,
        }
    }
}

impl<const N: usize> Shares<N> {
    /// The shares; where they are all that there are, those of the other categories are 0.
    #[must_use]
    pub fn percents(&self) -> [Option<f32>; N] {
        let sum: f32 = self.percents.iter().flatten().sum();
        let is_complete = !self.is_suppressed && (sum - 100.0).abs() <= ROUNDING;
        self.percents
            .map(|percent| percent.or(is_complete.then_some(0.0)))
    }

    fn add(&mut self, fact: &ImportedFact) {
        let category = fact
            .item
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1));
        let Some(place) = category.and_then(|index| self.percents.get_mut(index)) else {
            return;
        };
        if fact.is_suppressed {
            self.is_suppressed = true;
        } else {
            *place = Some(fact.value);
        }
    }
}

/// Gathers the facts of one occupation.
#[derive(Default)]
pub(super) struct FactsBuilder {
    facts: Facts,
    related: Vec<(f32, String)>,
}

impl FactsBuilder {
    /// Takes a fact of the occupation.
    pub fn add(&mut self, fact: ImportedFact) {
        let facts = &mut self.facts;
        match fact.kind {
            FactKind::Education => facts.education.get_or_insert_default().add(&fact),
            FactKind::Experience => facts.experience.get_or_insert_default().add(&fact),
            _ if fact.is_suppressed => {}
            FactKind::Skill => facts.skills.push(Rating::of(fact)),
            FactKind::Knowledge => facts.knowledge.push(Rating::of(fact)),
            FactKind::Software => facts.software.push(Program {
                name: fact.item.into(),
                is_in_demand: fact.value > 0.0,
            }),
            FactKind::Related => self.related.push((fact.value, fact.item)),
            FactKind::JobZone => {
                facts.job_zone = (1_u8..=5).find(|zone| f32::from(*zone) >= fact.value);
            }
        }
    }

    /// The facts, in their orders.
    pub fn finish(mut self) -> Facts {
        for ratings in [&mut self.facts.skills, &mut self.facts.knowledge] {
            ratings.sort_by(|one, other| {
                let by_value = other.value.total_cmp(&one.value);
                by_value.then_with(|| one.element_id.cmp(&other.element_id))
            });
            ratings.shrink_to_fit();
        }
        self.facts.software.sort_by(|one, other| {
            let by_demand = other.is_in_demand.cmp(&one.is_in_demand);
            by_demand.then_with(|| one.name.cmp(&other.name))
        });
        self.facts.software.shrink_to_fit();
        self.related.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        self.facts.related = self.related.into_iter().map(|(_, code)| code).collect();
        self.facts
    }
}

impl Rating {
    fn of(fact: ImportedFact) -> Self {
        Self {
            element_id: fact.item.into(),
            value: fact.value,
            deviations: fact.deviations.unwrap_or_default(),
        }
    }
}

/// Shares of some categories, the others of which the source suppressed unless these are all.
#[cfg(test)]
pub(in crate::market::benchmark) fn shares_of<const N: usize>(percents: &[(usize, f32)]) -> Shares<N> {
    let mut shares = Shares::default();
    for (category, percent) in percents {
        shares.percents[category - 1] = Some(*percent);
    }
    shares
}
