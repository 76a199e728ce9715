//! Occupations that are like another one, and steps between them.

use serde::Serialize;

use super::super::dimension::Dimension;
use super::super::tables::{BenchmarkTable, Facts, Figure, Wages};

/// What share a mean wage must be above or below another one to be more or less.
const NOTABLE: f32 = 0.1;

/// An occupation that is like another one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SimilarOccupation<'a> {
    id: &'a str,
    name: &'a str,
    /// From 1, the nearest, towards 0.
    score: Figure,
}

/// A step from one occupation to another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OccupationStep<'a> {
    #[serde(flatten)]
    other: SimilarOccupation<'a>,
    category: StepCategory,
    /// The annual mean wage of the other occupation, in dollars.
    mean_salary: Option<Figure>,
    /// What the step adds to the annual mean wage, in dollars.
    mean_salary_diff: Option<Figure>,
}

impl OccupationStep<'_> {
    /// Its identifier, if something that it says of wages is null.
    pub(super) fn without_salary(&self) -> Option<&str> {
        let is_null = self.mean_salary.is_none() || self.mean_salary_diff.is_none();
        is_null.then_some(self.other.id)
    }
}

/// What kind of step it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum StepCategory {
    /// Up, within the major group.
    Advancement,
    /// Up, into another major group.
    LateralAdvancement,
    /// To an occupation of the same major group that is paid and prepared for alike.
    Similar,
    /// The same into another major group.
    LateralTransition,
}

/// Which way a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From the related occupations to this one.
    Here,
    /// From this occupation to the related ones.
    There,
}

/// What a step is judged by.
#[derive(Clone, Copy)]
struct Position<'a> {
    family: &'a str,
    job_zone: Option<u8>,
    salary: Option<f32>,
}

/// The related occupations of a dimension, the nearest first; `None` where none are known.
pub(super) fn similar<'a>(
    table: &'a BenchmarkTable,
    facts: &'a Facts,
    (dimension, id): (Dimension, &str),
) -> Option<Vec<SimilarOccupation<'a>>> {
    let count = u16::try_from(facts.related.len())
        .ok()
        .filter(|count| *count > 0)?;
    let mut similar: Vec<SimilarOccupation<'a>> = Vec::new();
    for (place, code) in (0_u16..).zip(&facts.related) {
        let code = match dimension {
            Dimension::Onet => code,
            Dimension::Soc => soc(code),
        };
        let known = table.occupations(dimension).get_key_value(code);
        let is_new = code != id && similar.iter().all(|other| other.id != code);
        if let Some((id, occupation)) = known.filter(|_| is_new) {
            let score = f32::from(count - place) / f32::from(count);
            similar.push(SimilarOccupation {
                id,
                name: &occupation.name,
                score: ((score * 100.0).round() / 100.0).into(),
            });
        }
    }
    Some(similar)
}

/// The steps between an occupation and the related ones that do not lead down.
pub(super) fn steps<'a>(
    table: &'a BenchmarkTable,
    similar: &[SimilarOccupation<'a>],
    id: &'a str,
    way: Way,
    wages: &Wages,
) -> Vec<OccupationStep<'a>> {
    let position = |code: &'a str| Position {
        family: code.get(..2).unwrap_or_default(),
        job_zone: table.facts(code).and_then(|facts| facts.job_zone),
        salary: table
            .row_code(soc(code))
            .and_then(|row| wages.get(row))
            .and_then(super::super::tables::WageRow::annual_mean),
    };
    let here = position(id);
    let step = |other: &SimilarOccupation<'a>| {
        let there = position(other.id);
        let (from, to) = match way {
            Way::Here => (there, here),
            Way::There => (here, there),
        };
        Some(OccupationStep {
            other: *other,
            category: category(from, to)?,
            mean_salary: there.salary.map(Figure::from),
            mean_salary_diff: to.salary.zip(from.salary).map(|(to, from)| (to - from).into()),
        })
    };
    similar.iter().filter_map(step).collect()
}

/// The rows of wages that the steps need.
pub(super) fn row_codes<'a>(table: &'a BenchmarkTable, facts: &'a Facts) -> impl Iterator<Item = &'a str> {
    facts.related.iter().filter_map(|code| table.row_code(soc(code)))
}

/// What a step is; `None` where it leads down. Wages decide where they differ notably, then job zones.
fn category(from: Position<'_>, to: Position<'_>) -> Option<StepCategory> {
    let by_wages = from.salary.zip(to.salary).and_then(|(from, to)| {
        let change = to / from - 1.0;
        (change.abs() > NOTABLE).then_some(change > 0.0)
    });
    let by_zones = from
        .job_zone
        .zip(to.job_zone)
        .and_then(|(from, to)| (from != to).then_some(to > from));
    let is_same_family = from.family == to.family;
    match by_wages.or(by_zones) {
        Some(false) => None,
        Some(true) if is_same_family => Some(StepCategory::Advancement),
        Some(true) => Some(StepCategory::LateralAdvancement),
        None if is_same_family => Some(StepCategory::Similar),
        None => Some(StepCategory::LateralTransition),
    }
}

/// The code of SOC in a code.
fn soc(code: &str) -> &str {
    code.get(..7).unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_judged_by_wages_then_by_job_zones_and_by_the_major_group() {
        let position = |family, job_zone, salary| Position {
            family,
            job_zone,
            salary,
        };
        let here = position("15", Some(4), Some(100.0));
        for (from, expected) in [
            (
                position("15", Some(4), Some(80.0)),
                Some(StepCategory::Advancement),
            ),
            (
                position("11", Some(5), Some(80.0)),
                Some(StepCategory::LateralAdvancement),
            ),
            (position("15", Some(4), Some(95.0)), Some(StepCategory::Similar)),
            (
                position("15", Some(3), Some(95.0)),
                Some(StepCategory::Advancement),
            ),
            (
                position("29", Some(4), None),
                Some(StepCategory::LateralTransition),
            ),
            (position("29", None, None), Some(StepCategory::LateralTransition)),
            (position("15", Some(5), None), None),
            (position("15", Some(1), Some(120.0)), None),
        ] {
            assert_eq!(category(from, here), expected);
        }
    }
}
