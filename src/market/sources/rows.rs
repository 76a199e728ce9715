//! The rows of an import, as whoever reads the files hands them over.

use aws_lc_rs::digest::Context;

use crate::market::benchmark::BenchmarkRows;

/// Rows of one kind.
#[derive(Clone, Debug)]
pub enum ImportBatch {
    /// Occupations.
    Occupations(Vec<ImportedOccupation>),
    /// Skills of occupations.
    Skills(Vec<ImportedSkill>),
    /// Titles with an occupation each.
    Titles(Vec<ImportedTitle>),
    /// What the partner says of its own titles.
    OwnTitles(Vec<OwnTitle>),
    /// What Occupation Benchmark answers from.
    Benchmark(BenchmarkRows),
}

/// An occupation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedOccupation {
    /// Of SOC (`15-1252`) or of O*NET (`15-1252.00`).
    pub code: String,
    /// Its name.
    pub name: String,
    /// What is done in it.
    pub description: String,
    /// How many people are employed in it.
    pub employment: Option<i64>,
}

/// A skill that distinguishes an occupation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedSkill {
    /// The occupation's code.
    pub occupation: String,
    /// Its place among the skills of the occupation: 0 is the most important.
    pub rank: i16,
    /// Its name.
    pub name: String,
}

/// A title that a source gives an occupation.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedTitle {
    /// The title as it is written there.
    pub title: String,
    /// The occupation's code.
    pub occupation: String,
    /// How much the source is worth as evidence, such as how often it gave the code; positive.
    pub weight: f32,
    /// Whether it is evidence alone, and no title of the library.
    pub is_alias: bool,
}

/// What the partner says of a title of its own beyond its occupations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnTitle {
    /// The title.
    pub title: String,
    /// The identifier that it is to get when its library sees it for the first time; `None`: it follows from the name.
    pub title_id: Option<String>,
    /// Its name for more than one.
    pub plural_name: Option<String>,
    /// Whether who has it leads others.
    pub is_supervisor: Option<bool>,
    /// Its level.
    pub level_band: Option<String>,
    /// Names of its skills, the most important first; empty: those of its occupations.
    pub skills: Vec<String>,
}

impl ImportBatch {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Occupations(rows) => rows.len(),
            Self::Skills(rows) => rows.len(),
            Self::Titles(rows) => rows.len(),
            Self::OwnTitles(rows) => rows.len(),
            Self::Benchmark(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the rows to the digest of their source. Lengths come first, so that no two contents are written alike.
    pub(super) fn digest(&self, context: &mut Context) {
        let mut add = |part: &[u8]| {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            context.update(part);
        };
        match self {
            Self::Benchmark(rows) => rows.digest(context),
            Self::Occupations(rows) => {
                for row in rows {
                    add(b"occupation");
                    add(row.code.as_bytes());
                    add(row.name.as_bytes());
                    add(row.description.as_bytes());
                    add(&row.employment.unwrap_or(-1).to_le_bytes());
                }
            }
            Self::Skills(rows) => {
                for row in rows {
                    add(b"skill");
                    add(row.occupation.as_bytes());
                    add(&row.rank.to_le_bytes());
                    add(row.name.as_bytes());
                }
            }
            Self::Titles(rows) => {
                for row in rows {
                    add(b"title");
                    add(row.title.as_bytes());
                    add(row.occupation.as_bytes());
                    add(&row.weight.to_le_bytes());
                    add(&[u8::from(row.is_alias)]);
                }
            }
            Self::OwnTitles(rows) => {
                for row in rows {
                    add(b"own title");
                    add(row.title.as_bytes());
                    add(row.title_id.as_deref().unwrap_or_default().as_bytes());
                    add(format!(
                        "{:?}",
                        (&row.plural_name, row.is_supervisor, &row.level_band, &row.skills)
                    )
                    .as_bytes());
                }
            }
        }
    }
}
