//! What an occupation is answered with: the datasets that are there, and a warning about each thing that is not what its name
//! promises (`docs/MARKET.md`). Nothing is invented: what the source has not is left out, what it suppressed is null.

mod education;
mod related;
mod skills;
mod warnings;

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::PgConnection;

use self::education::{EducationLevel, EducationShare, Experience};
use self::related::{OccupationStep, SimilarOccupation, Way};
use self::skills::SkillBody;
use self::warnings::Warnings;
use super::dataset::{Dataset, Datasets};
use super::dimension::Dimension;
use super::region::{AreaLevel, Region};
use super::tables::{self, BenchmarkTable, Facts, Figure, MAX_TITLES, Occupation, Salary, WageRow, Wages};
use crate::error::Failure;
use crate::market::error::Error;
use crate::market::titles::Named;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    table: &'a BenchmarkTable,
    dimension: Dimension,
    id: &'a str,
    occupation: &'a Occupation,
    region: Region<'a>,
    datasets: Datasets,
}

/// An answer.
#[derive(Debug, Serialize)]
pub struct Benchmark<'a> {
    data: BenchmarkData<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// A value, or null where the source does not publish it.
#[derive(Debug, PartialEq, Serialize)]
#[serde(transparent)]
struct Nullable<T>(Option<T>);

/// The datasets of an occupation; `None` is left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BenchmarkData<'a> {
    id: &'a str,
    name: &'a str,
    description: &'a str,
    region: Region<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    salary: Option<Salary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    employment: Option<Nullable<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    employment_relative_standard_error: Option<Nullable<Figure>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location_quotient: Option<Nullable<Figure>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typical_education: Option<Nullable<EducationLevel>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    education: Option<[EducationShare; 5]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    experience: Option<Experience>,
    #[serde(skip_serializing_if = "Option::is_none")]
    common_skills: Option<Vec<SkillBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    specialized_skills: Option<Vec<SkillBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    defining_skills: Option<Vec<SkillBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distinguishing_skills: Option<Vec<SkillBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    necessary_skills: Option<Vec<SkillBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feeder_occupations: Option<Vec<OccupationStep<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_step_occupations: Option<Vec<OccupationStep<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    similar_occupations: Option<Vec<SimilarOccupation<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    titles: Option<&'a [Named]>,
}

impl<'a> Question<'a> {
    /// About an occupation of the dimension, which must be there.
    pub fn new(
        table: &'a BenchmarkTable,
        (dimension, id): (Dimension, &str),
        region: Region<'a>,
        datasets: Datasets,
    ) -> Result<Self, Error> {
        let found = table.occupations(dimension).get_key_value(id);
        let (id, occupation) = found.ok_or_else(|| Error::UnknownOccupation {
            id: id.chars().take(40).collect(),
            dimension: dimension.into(),
        })?;
        Ok(Self {
            table,
            dimension,
            id,
            occupation,
            region,
            datasets,
        })
    }

    /// Answers from memory, where the wages that are needed are there.
    #[must_use]
    pub fn answer_from_memory(&self) -> Option<Benchmark<'a>> {
        if self.region.level == AreaLevel::Nation {
            return Some(self.answer(self.table.nation()));
        }
        let wages = self.table.wages_in_memory(self.region.id, &self.row_codes())?;
        Some(self.answer(&wages))
    }

    /// Answers, with at most one statement.
    pub async fn answer_from_database(&self, db: &mut PgConnection) -> Result<Benchmark<'a>, Failure> {
        let row_codes = self.row_codes();
        let wages = tables::read_wages(db, self.table, self.region.id, &row_codes).await?;
        Ok(self.answer(&wages))
    }

    /// The code of SOC.
    fn soc(&self) -> &'a str {
        self.id.get(..7).unwrap_or(self.id)
    }

    /// The rows of wages that are needed.
    fn row_codes(&self) -> Vec<&'a str> {
        let mut row_codes = Vec::new();
        let needs_related = self.datasets.iter().any(Dataset::needs_wages_of_related);
        if needs_related || self.datasets.iter().any(Dataset::is_regional) {
            row_codes.extend(self.table.row_code(self.soc()));
        }
        if let Some(facts) = self.table.facts(self.id).filter(|_| needs_related) {
            row_codes.extend(related::row_codes(self.table, facts));
        }
        row_codes
    }

    fn answer(&self, wages: &Wages) -> Benchmark<'a> {
        let mut answer = Answer {
            question: *self,
            facts: self.table.facts(self.id),
            warnings: Warnings::default(),
        };
        let row_code = self.table.row_code(self.soc());
        let row = row_code.and_then(|code| wages.get(code));
        let similar = self.similar();
        let data = BenchmarkData {
            id: self.id,
            name: &self.occupation.name,
            description: &self.occupation.description,
            region: self.region,
            salary: answer.of_row(Dataset::Salary, row, WageRow::salary),
            employment: answer.of_row(Dataset::Employment, row, |row| Nullable(row.employed())),
            employment_relative_standard_error: row
                .filter(|_| self.datasets.contains(Dataset::Employment))
                .map(|row| Nullable(row.employment_error.map(Figure::from))),
            location_quotient: answer.of_row(Dataset::LocationQuotient, row, |row| {
                Nullable(row.location_quotient.map(Figure::from))
            }),
            typical_education: answer.of_facts(Dataset::TypicalEducation, |facts| {
                let shares = facts.education.as_ref()?;
                Some(Nullable(education::typical_education(shares)))
            }),
            education: answer.of_facts(Dataset::Education, |facts| {
                facts.education.as_ref().map(education::education)
            }),
            experience: answer.of_facts(Dataset::Experience, |facts| {
                facts.experience.as_ref().map(education::experience)
            }),
            common_skills: answer.of_facts(Dataset::CommonSkills, |facts| skills::common(self.table, facts)),
            specialized_skills: answer.of_facts(Dataset::SpecializedSkills, skills::specialized),
            defining_skills: answer.of_facts(Dataset::DefiningSkills, |facts| {
                skills::defining(self.table, facts)
            }),
            distinguishing_skills: answer.of_facts(Dataset::DistinguishingSkills, |facts| {
                skills::distinguishing(self.table, facts)
            }),
            necessary_skills: answer.of_facts(Dataset::NecessarySkills, |facts| {
                skills::necessary(self.table, facts)
            }),
            feeder_occupations: answer.steps(
                Dataset::FeederOccupations,
                similar.as_deref(),
                Way::Here,
                wages,
            ),
            next_step_occupations: answer.steps(
                Dataset::NextStepOccupations,
                similar.as_deref(),
                Way::There,
                wages,
            ),
            titles: answer.titles(),
            similar_occupations: answer.of_facts(Dataset::SimilarOccupations, |_| similar.clone()),
        };
        answer.warn_of_wages(row_code, row);
        answer.warn_of_facts(&data);
        answer.warn_of_steps(&data);
        Benchmark {
            data,
            warnings: answer.warnings.finish(self),
        }
    }

    /// The related occupations, where something that is asked for needs them.
    fn similar(&self) -> Option<Vec<SimilarOccupation<'a>>> {
        let is_needed =
            |dataset: Dataset| dataset.needs_wages_of_related() || dataset == Dataset::SimilarOccupations;
        if !self.datasets.iter().any(is_needed) {
            return None;
        }
        let facts = self.table.facts(self.id)?;
        related::similar(self.table, facts, (self.dimension, self.id))
    }
}

/// An answer that is being put together.
struct Answer<'a> {
    question: Question<'a>,
    facts: Option<&'a Facts>,
    warnings: Warnings,
}

impl<'a> Answer<'a> {
    fn is_asked(&self, dataset: Dataset) -> bool {
        self.question.datasets.contains(dataset)
    }

    /// A dataset that is asked for, where it is there; otherwise it is noted as missing.
    fn take<T>(&mut self, dataset: Dataset, found: impl FnOnce() -> Option<T>) -> Option<T> {
        if !self.is_asked(dataset) {
            return None;
        }
        let found = found();
        if found.is_none() {
            self.warnings.missing.insert(dataset);
        }
        found
    }

    fn of_row<T>(
        &mut self,
        dataset: Dataset,
        row: Option<&WageRow>,
        read: impl Fn(&WageRow) -> T,
    ) -> Option<T> {
        self.take(dataset, || row.map(read))
    }

    fn of_facts<T>(&mut self, dataset: Dataset, read: impl Fn(&'a Facts) -> Option<T>) -> Option<T> {
        let facts = self.facts;
        self.take(dataset, || facts.and_then(read))
    }

    fn steps(
        &mut self,
        dataset: Dataset,
        similar: Option<&[SimilarOccupation<'a>]>,
        way: Way,
        wages: &Wages,
    ) -> Option<Vec<OccupationStep<'a>>> {
        let question = self.question;
        self.take(dataset, || {
            similar.map(|similar| related::steps(question.table, similar, question.id, way, wages))
        })
    }

    fn titles(&mut self) -> Option<&'a [Named]> {
        let question = self.question;
        let found = self.take(Dataset::Titles, || question.table.titles(question.soc()));
        let (titles, count) = found?;
        if count > MAX_TITLES {
            self.warnings.add(format!(
                "`titles` has the first {MAX_TITLES} of {count} by their names; the Titles API lists all."
            ));
        }
        Some(titles)
    }

    /// What is not what it seems of wages.
    fn warn_of_wages(&mut self, row_code: Option<&str>, row: Option<&WageRow>) {
        let Question { table, region, .. } = self.question;
        let soc = self.question.soc();
        if !self.question.datasets.iter().any(Dataset::is_regional) {
            return;
        }
        let Some(row) = row else {
            let code = row_code.unwrap_or(soc);
            self.warnings.add(format!(
                "The source publishes no employment and wages of {code} in {}.",
                region.name
            ));
            return;
        };
        if self.question.dimension == Dimension::Onet {
            self.warnings.add(format!(
                "Employment and wages are those of the occupation of SOC, {soc}."
            ));
        }
        let is_of_broad = |beginning: &str| soc.ends_with('0') && row.code.starts_with(beginning);
        if row.code != soc && soc.get(..6).is_some_and(is_of_broad) {
            self.warnings.add(format!(
                "{soc} has one detailed occupation: employment and wages are those of {}.",
                row.code
            ));
        } else if row.code != soc {
            let name = table.row_name(&row.code);
            self.warnings.add(format!(
                "The source has {soc} in one row with other occupations: employment and wages are those of {} ({name}).",
                row.code
            ));
        }
        self.warnings.add_nulls(self.question.datasets, row);
    }

    /// What is not what it seems of the rest.
    fn warn_of_facts(&mut self, data: &BenchmarkData<'_>) {
        let are_rated = [
            &data.common_skills,
            &data.defining_skills,
            &data.distinguishing_skills,
            &data.necessary_skills,
        ];
        if are_rated.iter().any(|skills| skills.is_some()) {
            let what = if self.question.table.rates_importance() {
                "importance"
            } else {
                "mean of importance and level"
            };
            self.warnings.add(format!(
                "`percentage` of a skill is its {what} as O*NET rates it, from 0 to 1, and no share of job postings; `count` is not known."
            ));
        }
        if data.education.is_some() || data.typical_education.is_some() {
            self.warnings
                .add("`education` is what workers say is required; `count` is not known.".to_owned());
        }
        let is_unknown = data
            .education
            .is_some_and(|levels| levels.iter().any(EducationShare::is_suppressed))
            || data.typical_education == Some(Nullable(None))
            || data
                .experience
                .is_some_and(|experience| experience.is_suppressed());
        if is_unknown {
            self.warnings.add(
                "O*NET recommends not to use some of the shares of this occupation: they are null."
                    .to_owned(),
            );
        }
        if data.experience.is_some() {
            self.warnings.add(
                "The classes of the source do not fit the labels of `experience`: those that lie in two are split evenly, and over 10 years counts as 10."
                    .to_owned(),
            );
        }
        let has_steps = data.feeder_occupations.is_some() || data.next_step_occupations.is_some();
        if has_steps || data.similar_occupations.is_some() {
            self.warnings.add(
                "Related occupations are those that O*NET finds similar, not moves that were observed; `score` follows from their order, `category` from wages, job zones and major groups."
                    .to_owned(),
            );
        }
    }

    /// What is null in steps.
    fn warn_of_steps(&mut self, data: &BenchmarkData<'_>) {
        let steps = [&data.feeder_occupations, &data.next_step_occupations];
        let steps = steps.into_iter().flatten().flatten();
        let without: BTreeSet<&str> = steps.filter_map(OccupationStep::without_salary).collect();
        if !without.is_empty() {
            let without: Vec<&str> = without.into_iter().collect();
            self.warnings.add(format!(
                "The source publishes no annual mean wage of one side of the step, so `meanSalary` or `meanSalaryDiff` is null: {}.",
                without.join(", ")
            ));
        }
    }
}
