//! The rows of an import that Occupation Benchmark answers from.

use aws_lc_rs::digest::Context;
use strum::{EnumString, IntoStaticStr};

/// Wages of one row: the mean and the percentiles 10, 25, 50, 75 and 90 by the hour, then the same by the year.
pub const WAGES: usize = 12;

/// Rows of one kind.
#[derive(Clone, Debug)]
pub enum BenchmarkRows {
    /// Areas that there are wages of.
    Areas(Vec<ImportedArea>),
    /// Occupations that there are wages of.
    WageOccupations(Vec<ImportedWageOccupation>),
    /// Employment and wages.
    Wages(Vec<ImportedWage>),
    /// Skills and fields of knowledge.
    Elements(Vec<ImportedElement>),
    /// What O*NET says of occupations.
    Facts(Vec<ImportedFact>),
}

/// An area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedArea {
    /// `us`, the two digits of a state or the five of a metropolitan area.
    pub area: String,
    /// Its name.
    pub name: String,
}

/// An occupation or a group that there are wages of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedWageOccupation {
    /// Its code of SOC.
    pub code: String,
    /// What the source calls its row; empty where it is part of another row.
    pub name: String,
    /// The row with its wages.
    pub row_code: String,
}

/// Employment and wages of an occupation in an area.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedWage {
    /// The area's code.
    pub area: String,
    /// The occupation's code.
    pub code: String,
    /// Employed people.
    pub employment: Option<f64>,
    /// The relative standard error of the employment, in percent.
    pub employment_error: Option<f32>,
    /// How much commoner the occupation is in the area than in the nation.
    pub location_quotient: Option<f32>,
    /// The relative standard error of the mean wage, in percent.
    pub mean_error: Option<f32>,
    /// In dollars; see [`WAGES`].
    pub wages: [Option<f32>; WAGES],
    /// A bit for each wage that is at or above the highest that is published.
    pub top_coded: i16,
}

/// A skill or a field of knowledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedElement {
    /// O\*NET's identifier, such as `2.A.1.a`.
    pub element_id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
}

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, sqlx::Type)]
#[strum(serialize_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum FactKind {
    /// The rating of a skill, from 0 to 1.
    Skill,
    /// The rating of a field of knowledge, from 0 to 1.
    Knowledge,
    /// A program: 1 where employers of the occupation often ask for it, 0 where those of any occupation do.
    Software,
    /// Percent of answers for a category of the required level of education (scale `RL`).
    Education,
    /// Percent of answers for a category of related work experience (scale `RW`).
    Experience,
    /// The place of a related occupation, from 1.
    Related,
    /// How much preparation the occupation needs, from 1 to 5.
    JobZone,
}

/// One number that O\*NET has of an occupation.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedFact {
    /// The occupation's code, of O\*NET.
    pub occupation: String,
    /// What it is about.
    pub kind: FactKind,
    /// What is rated, counted or related; empty for a job zone.
    pub item: String,
    /// The number.
    pub value: f32,
    /// How many standard deviations a rating is above the mean of all occupations.
    pub deviations: Option<f32>,
    /// The source recommends not to use it.
    pub is_suppressed: bool,
}

impl BenchmarkRows {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Areas(rows) => rows.len(),
            Self::WageOccupations(rows) => rows.len(),
            Self::Wages(rows) => rows.len(),
            Self::Elements(rows) => rows.len(),
            Self::Facts(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the rows to the digest of their source. Lengths come first, so that no two contents are written alike.
    pub(in crate::market) fn digest(&self, context: &mut Context) {
        let mut add = |part: &[u8]| {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            context.update(part);
        };
        match self {
            Self::Areas(rows) => rows.iter().for_each(|row| {
                add(b"area");
                add(row.area.as_bytes());
                add(row.name.as_bytes());
            }),
            Self::WageOccupations(rows) => rows.iter().for_each(|row| {
                add(b"wage occupation");
                add(row.code.as_bytes());
                add(row.name.as_bytes());
                add(row.row_code.as_bytes());
            }),
            Self::Wages(rows) => rows.iter().for_each(|row| {
                add(b"wage");
                add(row.area.as_bytes());
                add(row.code.as_bytes());
                add(&row.employment.map_or([0xff; 8], f64::to_le_bytes));
                let errors = [row.employment_error, row.location_quotient, row.mean_error];
                for number in errors.iter().chain(&row.wages) {
                    add(&number.map_or([0xff; 4], f32::to_le_bytes));
                }
                add(&row.top_coded.to_le_bytes());
            }),
            Self::Elements(rows) => rows.iter().for_each(|row| {
                add(b"element");
                add(row.element_id.as_bytes());
                add(row.name.as_bytes());
                add(row.description.as_bytes());
            }),
            Self::Facts(rows) => rows.iter().for_each(|row| {
                add(b"fact");
                add(row.occupation.as_bytes());
                add(<&str>::from(row.kind).as_bytes());
                add(row.item.as_bytes());
                add(&row.value.to_le_bytes());
                add(&row.deviations.map_or([0xff; 4], f32::to_le_bytes));
                add(&[u8::from(row.is_suppressed)]);
            }),
        }
    }
}
