//! What rows of files become for Occupation Benchmark.

use std::collections::{BTreeMap, BTreeSet};

use market_files::{Area, Education, EducationScale, Estimate, JobZone, Related, Skill, Software, Wage};

use crate::market::benchmark::{
    BenchmarkRows, FactKind, ImportedArea, ImportedElement, ImportedFact, ImportedWage,
    ImportedWageOccupation, NATION, WAGES, element_descriptions, merged_occupations,
};

/// Rows of one batch.
const BATCH: usize = 2000;

/// Gathers rows into batches.
#[derive(Default)]
pub(super) struct BenchmarkConverter {
    wages: Vec<ImportedWage>,
    facts: Vec<ImportedFact>,
    elements: BTreeMap<String, ImportedElement>,
    /// The areas of the files that were read before, and of the present one, with their names.
    areas: BTreeMap<String, String>,
    present_areas: BTreeMap<String, String>,
    /// The names of rows of wages.
    names: BTreeMap<String, String>,
    wage_rows: u64,
    /// Rows of areas that nobody can ask for.
    other_areas: u64,
    /// An area that two files have.
    repeated_area: Option<String>,
}

/// What wages were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct WageCount {
    pub rows: u64,
    pub areas: usize,
    /// Rows of areas that nobody can ask for, which were skipped.
    pub skipped: u64,
}

impl BenchmarkConverter {
    /// Takes a row of wages.
    pub fn add_wage(&mut self, wage: &Wage) {
        let area = match &wage.area {
            Area::Nation => NATION.to_owned(),
            Area::State(code) | Area::Metropolitan(code) => code.clone(),
            Area::Other(_) => {
                self.other_areas += 1;
                return;
            }
        };
        if self.areas.contains_key(&area) {
            self.repeated_area = Some(wage.area_title.clone());
        }
        let code = wage.code.to_string();
        if !self.present_areas.contains_key(&area) {
            self.present_areas.insert(area.clone(), wage.area_title.clone());
        }
        if !self.names.contains_key(&code) {
            self.names.insert(code.clone(), wage.title.clone());
        }
        self.wage_rows += 1;
        self.wages.push(wage_row(area, code, wage));
    }

    /// A file is read to its end; says which area an earlier file had already, if any.
    pub fn end_file(&mut self) -> Option<&str> {
        self.areas.append(&mut self.present_areas);
        self.repeated_area.as_deref()
    }

    /// Whether there are wages of areas, and none of the nation.
    pub fn lacks_nation(&self) -> bool {
        !self.areas.is_empty() && !self.areas.contains_key(NATION)
    }

    /// What wages were read.
    pub fn count(&self) -> WageCount {
        WageCount {
            rows: self.wage_rows,
            areas: self.areas.len(),
            skipped: self.other_areas,
        }
    }

    /// Takes a share of education or experience.
    pub fn add_education(&mut self, education: &Education) {
        let kind = match education.scale {
            EducationScale::Education => FactKind::Education,
            EducationScale::Experience => FactKind::Experience,
            // Nothing that is answered needs training.
            EducationScale::OnSiteTraining | EducationScale::OnTheJobTraining => return,
        };
        self.facts.push(ImportedFact {
            is_suppressed: education.is_suppressed,
            ..fact(
                education.code.to_string(),
                kind,
                education.category.to_string(),
                education.percent,
            )
        });
    }

    /// Takes a related occupation.
    pub fn add_related(&mut self, related: &Related) {
        let (code, other) = (related.code.to_string(), related.other.to_string());
        self.facts
            .push(fact(code, FactKind::Related, other, f32::from(related.index)));
    }

    /// Takes a job zone.
    pub fn add_job_zone(&mut self, zone: JobZone) {
        let code = zone.code.to_string();
        self.facts
            .push(fact(code, FactKind::JobZone, String::new(), f32::from(zone.zone)));
    }

    /// Takes all ratings that matter, with the mean and the deviation of each skill over all occupations, by its name.
    pub fn add_ratings(&mut self, ratings: &[Skill], spreads: &BTreeMap<String, (f32, f32)>) {
        let descriptions = element_descriptions();
        let mut seen = BTreeSet::new();
        for skill in ratings {
            let Some(importance) = skill.importance else {
                continue;
            };
            if !seen.insert((skill.code, &skill.element_id)) {
                continue;
            }
            self.elements
                .entry(skill.element_id.clone())
                .or_insert_with(|| ImportedElement {
                    element_id: skill.element_id.clone(),
                    name: skill.name.clone(),
                    description: (*descriptions.get(skill.element_id.as_str()).unwrap_or(&"")).to_owned(),
                });
            let kind = if skill.kind == market_files::SkillKind::Knowledge {
                FactKind::Knowledge
            } else {
                FactKind::Skill
            };
            let spread = spreads.get(&skill.name);
            let deviations =
                spread.map(|(mean, deviation)| (importance - mean) / deviation.max(f32::EPSILON));
            // From 1 to 5, with two decimals.
            let share = ((importance - 1.0) / 4.0 * 10_000.0).round() / 10_000.0;
            self.facts.push(ImportedFact {
                deviations,
                ..fact(skill.code.to_string(), kind, skill.element_id.clone(), share)
            });
        }
    }

    /// Takes all programs; those that are in demand, or hot, matter.
    pub fn add_software(&mut self, software: &[Software]) {
        // The same program may stand under several kinds.
        let mut programs: BTreeMap<(String, &str), bool> = BTreeMap::new();
        for program in software
            .iter()
            .filter(|program| program.is_hot || program.is_in_demand)
        {
            *programs
                .entry((program.code.to_string(), &program.name))
                .or_default() |= program.is_in_demand;
        }
        for ((code, name), is_in_demand) in programs {
            let value = if is_in_demand { 1.0 } else { 0.0 };
            self.facts
                .push(fact(code, FactKind::Software, name.to_owned(), value));
        }
    }

    /// Takes the batches that are full; at the end all that is left.
    pub fn take(&mut self, is_end: bool) -> Vec<BenchmarkRows> {
        let mut batches = Vec::new();
        if is_end || self.wages.len() >= BATCH {
            batches.push(BenchmarkRows::Wages(std::mem::take(&mut self.wages)));
        }
        if is_end {
            let areas = std::mem::take(&mut self.areas).into_iter();
            batches.push(BenchmarkRows::Areas(
                areas.map(|(area, name)| ImportedArea { area, name }).collect(),
            ));
            batches.push(BenchmarkRows::WageOccupations(self.wage_occupations()));
            let elements = std::mem::take(&mut self.elements);
            batches.push(BenchmarkRows::Elements(elements.into_values().collect()));
        }
        if is_end || self.facts.len() >= BATCH {
            let facts = std::mem::take(&mut self.facts);
            batches.extend(
                facts
                    .chunks(BATCH)
                    .map(|rows| BenchmarkRows::Facts(rows.to_vec())),
            );
        }
        batches
    }

    /// The rows of wages, and the occupations that are part of another row.
    fn wage_occupations(&mut self) -> Vec<ImportedWageOccupation> {
        let names = std::mem::take(&mut self.names);
        let merged = merged_occupations()
            .into_iter()
            .filter(|(code, row_code)| names.contains_key(*row_code) && !names.contains_key(*code))
            .map(|(code, row_code)| ImportedWageOccupation {
                code: code.to_owned(),
                name: String::new(),
                row_code: row_code.to_owned(),
            });
        let mut occupations: Vec<ImportedWageOccupation> = merged.collect();
        occupations.extend(names.into_iter().map(|(code, name)| ImportedWageOccupation {
            row_code: code.clone(),
            code,
            name,
        }));
        occupations
    }
}

fn fact(occupation: String, kind: FactKind, item: String, value: f32) -> ImportedFact {
    ImportedFact {
        occupation,
        kind,
        item,
        value,
        deviations: None,
        is_suppressed: false,
    }
}

fn wage_row(area: String, code: String, wage: &Wage) -> ImportedWage {
    let [h10, h25, h50, h75, h90] = wage.hourly;
    let [a10, a25, a50, a75, a90] = wage.annual;
    let estimates: [Estimate; WAGES] = [
        wage.hourly_mean,
        h10,
        h25,
        h50,
        h75,
        h90,
        wage.annual_mean,
        a10,
        a25,
        a50,
        a75,
        a90,
    ];
    let top_coded = estimates.iter().enumerate().fold(0, |bits, (index, estimate)| {
        bits | (i16::from(*estimate == Estimate::TopCoded) << index)
    });
    // The nation's is 1 by its definition, and BLS does not print it.
    let of_nation = (area == NATION).then_some(1.0);
    ImportedWage {
        area,
        code,
        employment: match wage.employment {
            Estimate::Value(people) => Some(people),
            Estimate::Missing | Estimate::TopCoded => None,
        },
        employment_error: number(wage.employment_rse),
        location_quotient: number(wage.location_quotient).or(of_nation),
        mean_error: number(wage.mean_rse),
        wages: estimates.map(number),
        top_coded,
    }
}

fn number(estimate: Estimate) -> Option<f32> {
    match estimate {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "wages, errors and quotients are printed with at most seven digits"
        )]
        Estimate::Value(number) => Some(number as f32),
        Estimate::Missing | Estimate::TopCoded => None,
    }
}
