//! What rows of files become in a source.

use std::collections::BTreeMap;

use market_files::{OccupationLevel, OwnTitle as OwnTitleRow, Row, Skill, Software};

use super::benchmark_rows::{BenchmarkConverter, WageCount};
use crate::market::sources::{ImportBatch, ImportedOccupation, ImportedSkill, ImportedTitle, OwnTitle};

/// Rows of one batch.
const BATCH: usize = 2000;
/// Most skills of an occupation.
const MAX_SKILLS: usize = 20;
/// A rating distinguishes an occupation that is so many standard deviations above the mean of all.
const DISTINGUISHING: f32 = 1.0;
/// What is less important than this, of 1 to 5, distinguishes nobody.
const LEAST_IMPORTANCE: f32 = 3.0;

/// Gathers rows into batches.
#[derive(Default)]
pub(super) struct RowConverter {
    occupations: Vec<ImportedOccupation>,
    titles: Vec<ImportedTitle>,
    own_titles: Vec<OwnTitle>,
    /// Skills are ranked when all are known.
    skills: Vec<Skill>,
    software: Vec<Software>,
    benchmark: BenchmarkConverter,
}

impl RowConverter {
    /// Takes a row.
    pub fn add(&mut self, row: Row) {
        match row {
            Row::Occupation(occupation) => self.add_occupation(&occupation),
            Row::Title(title) => {
                let occupation = title.code.to_string();
                self.titles.push(title_row(title.title, &occupation, 1.0, false));
            }
            Row::CodedTitle(coded) => {
                let weight = f32::from(u16::try_from(coded.weight).unwrap_or(u16::MAX));
                self.titles
                    .push(title_row(coded.title, &coded.code.to_string(), weight, true));
            }
            Row::OwnTitle(own) => self.add_own(own),
            Row::Skill(skill) => {
                if !skill.is_not_relevant && !skill.is_suppressed {
                    self.skills.push(skill);
                }
            }
            Row::Software(software) => self.software.push(software),
            Row::Related(related) => self.benchmark.add_related(&related),
            Row::JobZone(zone) => self.benchmark.add_job_zone(zone),
            Row::Education(education) => self.benchmark.add_education(&education),
            Row::Wage(wage) => self.benchmark.add_wage(&wage),
        }
    }

    fn add_occupation(&mut self, occupation: &market_files::Occupation) {
        let code = occupation.code.to_string();
        // The name of an occupation is evidence for it, and no title: it is in the plural.
        if occupation.level >= OccupationLevel::Detailed {
            self.titles
                .push(title_row(occupation.title.clone(), &code, 1.0, true));
        }
        let row = |code: String| ImportedOccupation {
            code,
            name: occupation.title.clone(),
            description: occupation.description.clone().unwrap_or_default(),
            employment: None,
        };
        // An occupation of O*NET that ends with .00 is one of SOC.
        if let Some(soc) = code.strip_suffix(".00") {
            self.occupations.push(row(soc.to_owned()));
        }
        self.occupations.push(row(code));
    }

    fn add_own(&mut self, own: OwnTitleRow) {
        // The first is the likeliest.
        let weights = (1_u8..).map(|place| 1.0 / f32::from(place));
        for (code, weight) in own.codes.iter().zip(weights) {
            self.titles
                .push(title_row(own.name.clone(), &code.to_string(), weight, false));
        }
        self.own_titles.push(OwnTitle {
            title: own.name,
            title_id: own.id,
            plural_name: own.plural_name,
            is_supervisor: own.is_supervisor,
            level_band: own.level_band,
            skills: own.skills,
        });
    }

    /// A file is read to its end. Says what is wrong with the files together, if anything is.
    pub fn end_file(&mut self, is_last: bool) -> Result<(), String> {
        if let Some(area) = self.benchmark.end_file() {
            return Err(format!("two files have the wages of {area}; name one of them"));
        }
        if is_last && self.benchmark.lacks_nation() {
            return Err("the files have no wages of the nation; name the file that has them too".to_owned());
        }
        Ok(())
    }

    /// What wages were read.
    pub fn wages(&self) -> WageCount {
        self.benchmark.count()
    }

    /// Takes the batches that are full; at the end all that is left.
    pub fn take(&mut self, is_end: bool) -> Vec<ImportBatch> {
        let mut batches = Vec::new();
        if is_end || self.occupations.len() >= BATCH {
            batches.push(ImportBatch::Occupations(std::mem::take(&mut self.occupations)));
        }
        if is_end || self.titles.len() >= BATCH {
            batches.push(ImportBatch::Titles(std::mem::take(&mut self.titles)));
        }
        if is_end || self.own_titles.len() >= BATCH {
            batches.push(ImportBatch::OwnTitles(std::mem::take(&mut self.own_titles)));
        }
        if is_end {
            let spreads = spreads(&self.skills);
            self.benchmark.add_ratings(&self.skills, &spreads);
            self.benchmark.add_software(&self.software);
            let ranked = rank_skills(
                std::mem::take(&mut self.skills),
                std::mem::take(&mut self.software),
            );
            batches.extend(
                ranked
                    .chunks(BATCH)
                    .map(|rows| ImportBatch::Skills(rows.to_vec())),
            );
        }
        let benchmark = self.benchmark.take(is_end);
        batches.extend(benchmark.into_iter().map(ImportBatch::Benchmark));
        batches.retain(|batch| !batch.is_empty());
        batches
    }
}

fn title_row(title: String, occupation: &str, weight: f32, is_alias: bool) -> ImportedTitle {
    ImportedTitle {
        title,
        occupation: occupation.to_owned(),
        weight,
        is_alias,
    }
}

/// How a skill is ranked within its occupation: by class, and by strength within that.
struct RankedSkill {
    occupation: String,
    /// The least comes first.
    class: u8,
    /// The greatest comes first.
    strength: f32,
    name: String,
}

/// The skills that distinguish each occupation, the most important first: software that is in demand there, skills and
/// knowledge that are rated far above other occupations', software that is in demand anywhere.
fn rank_skills(ratings: Vec<Skill>, software: Vec<Software>) -> Vec<ImportedSkill> {
    let spreads = spreads(&ratings);
    let rated = ratings.into_iter().filter_map(|skill| {
        let importance = skill.importance?;
        let (mean, deviation) = spreads.get(&skill.name)?;
        let strength = (importance - mean) / deviation.max(f32::EPSILON);
        (strength >= DISTINGUISHING && importance >= LEAST_IMPORTANCE).then(|| RankedSkill {
            occupation: skill.code.to_string(),
            class: 1,
            strength,
            name: skill.name,
        })
    });
    let programs = software.into_iter().filter_map(|program| {
        (program.is_in_demand || program.is_hot).then(|| RankedSkill {
            occupation: program.code.to_string(),
            class: if program.is_in_demand { 0 } else { 2 },
            strength: 0.0,
            name: program.name,
        })
    });
    let mut by_occupation: BTreeMap<String, Vec<RankedSkill>> = BTreeMap::new();
    for skill in rated.chain(programs) {
        by_occupation
            .entry(skill.occupation.clone())
            .or_default()
            .push(skill);
    }
    by_occupation.into_values().flat_map(numbered).collect()
}

/// The first skills of one occupation, in their order.
fn numbered(mut skills: Vec<RankedSkill>) -> impl Iterator<Item = ImportedSkill> {
    skills.sort_by(|one, other| {
        one.class
            .cmp(&other.class)
            .then(other.strength.total_cmp(&one.strength))
            .then(one.name.cmp(&other.name))
    });
    // The same program may stand under several kinds.
    skills.dedup_by(|one, other| one.name == other.name);
    let named = (0_i16..).zip(skills.into_iter().take(MAX_SKILLS));
    named.map(|(rank, skill)| ImportedSkill {
        occupation: skill.occupation,
        rank,
        name: skill.name,
    })
}

/// Mean and standard deviation of the importance of each skill over all occupations, by its name.
fn spreads(skills: &[Skill]) -> BTreeMap<String, (f32, f32)> {
    let mut values: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
    for skill in skills {
        values.entry(&skill.name).or_default().extend(skill.importance);
    }
    let spread = |values: &[f32]| {
        let count = f32::from(u16::try_from(values.len().max(1)).unwrap_or(u16::MAX));
        let mean = values.iter().sum::<f32>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count;
        (mean, variance.sqrt())
    };
    values
        .into_iter()
        .map(|(name, values)| (name.to_owned(), spread(&values)))
        .collect()
}
