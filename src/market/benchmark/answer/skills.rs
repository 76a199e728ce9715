//! Skills, knowledge and software.

use serde::Serialize;
use title_engine::SkillId;

use super::super::tables::{BenchmarkTable, Facts, Figure, Rating};

/// What common skills are rated at least: an importance of 3 of 1 to 5.
const COMMON: f32 = 0.5;
/// What necessary skills are rated at least: an importance of 4.
const NECESSARY: f32 = 0.75;
/// What knowledge that defines an occupation is rated at least: an importance of 3.5.
const DEFINING: f32 = 0.625;
/// How many standard deviations distinguishing skills are above the mean at least.
const DISTINGUISHING: f32 = 1.5;

/// A skill of an occupation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SkillBody<'a> {
    id: std::borrow::Cow<'a, str>,
    name: &'a str,
    description: &'a str,
    /// Not known: the source counts no job postings.
    count: Option<u64>,
    /// The rating, from 0 to 1; `None` for software, which is not rated.
    percentage: Option<Figure>,
}

/// Skills with a common rating.
pub(super) fn common<'a>(table: &'a BenchmarkTable, facts: &'a Facts) -> Option<Vec<SkillBody<'a>>> {
    rated(table, &facts.skills, |rating| rating.value >= COMMON)
}

/// Skills with a high rating.
pub(super) fn necessary<'a>(table: &'a BenchmarkTable, facts: &'a Facts) -> Option<Vec<SkillBody<'a>>> {
    rated(table, &facts.skills, |rating| rating.value >= NECESSARY)
}

/// Skills with a rating far above that of other occupations.
pub(super) fn distinguishing<'a>(table: &'a BenchmarkTable, facts: &'a Facts) -> Option<Vec<SkillBody<'a>>> {
    rated(table, &facts.skills, |rating| rating.deviations >= DISTINGUISHING)
}

/// Fields of knowledge with a high rating.
pub(super) fn defining<'a>(table: &'a BenchmarkTable, facts: &'a Facts) -> Option<Vec<SkillBody<'a>>> {
    rated(table, &facts.knowledge, |rating| rating.value >= DEFINING)
}

/// Software that is in demand, in the occupation or anywhere.
pub(super) fn specialized(facts: &Facts) -> Option<Vec<SkillBody<'_>>> {
    let programs = facts.software.iter().map(|program| SkillBody {
        id: SkillId::of_name(&program.name).to_string().into(),
        name: &program.name,
        description: "",
        count: None,
        percentage: None,
    });
    (!facts.software.is_empty()).then(|| programs.collect())
}

/// The skills whose rating is so; `None` where none is rated.
fn rated<'a>(
    table: &'a BenchmarkTable,
    ratings: &'a [Rating],
    is_so: impl Fn(&Rating) -> bool,
) -> Option<Vec<SkillBody<'a>>> {
    let bodies = ratings
        .iter()
        .filter(|rating| is_so(rating))
        .filter_map(|rating| {
            let element = table.element(&rating.element_id)?;
            Some(SkillBody {
                id: element.id.as_str().into(),
                name: &element.name,
                description: &element.description,
                count: None,
                percentage: Some(rating.value.into()),
            })
        });
    (!ratings.is_empty()).then(|| bodies.collect())
}
