//! What can be asked of an occupation.

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::tables::{BenchmarkTable, Facts};

/// A part of an answer, by its key (Lightcast contract s3).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "camelCase", parse_err_ty = InvalidDataset, parse_err_fn = invalid_dataset)]
#[expect(missing_docs, reason = "docs/MARKET.md says what each is, by the same name")]
pub enum Dataset {
    Salary,
    Employment,
    LocationQuotient,
    TypicalEducation,
    Education,
    Experience,
    CommonSkills,
    SpecializedSkills,
    DefiningSkills,
    DistinguishingSkills,
    NecessarySkills,
    SalaryBoostingSkills,
    FeederOccupations,
    NextStepOccupations,
    SimilarOccupations,
    Titles,
    RiskScore,
    Employers,
    Demand,
}

/// The text is not the name of a dataset.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a dataset")]
pub struct InvalidDataset(String);

fn invalid_dataset(text: &str) -> InvalidDataset {
    InvalidDataset(text.chars().take(40).collect())
}

impl Dataset {
    /// Whether no open source has it.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(
            self,
            Self::SalaryBoostingSkills | Self::RiskScore | Self::Employers | Self::Demand
        )
    }

    /// Whether it is about the nation, whatever the region is.
    #[must_use]
    pub const fn is_national(self) -> bool {
        matches!(
            self,
            Self::TypicalEducation
                | Self::Education
                | Self::Experience
                | Self::CommonSkills
                | Self::SpecializedSkills
                | Self::DefiningSkills
                | Self::DistinguishingSkills
                | Self::NecessarySkills
        )
    }

    /// Whether it is about the region that is asked for.
    #[must_use]
    pub const fn is_regional(self) -> bool {
        matches!(self, Self::Salary | Self::Employment | Self::LocationQuotient)
    }

    /// Whether it needs the wages of related occupations.
    #[must_use]
    pub const fn needs_wages_of_related(self) -> bool {
        matches!(self, Self::FeederOccupations | Self::NextStepOccupations)
    }

    /// The datasets that are there for at least one occupation.
    #[must_use]
    pub fn available(table: &BenchmarkTable) -> Datasets {
        let is_there = |dataset: &Self| {
            let facts = |hold: fn(&Facts) -> bool| table.has_facts(hold);
            match dataset {
                Self::Salary | Self::Employment | Self::LocationQuotient => !table.areas().is_empty(),
                Self::TypicalEducation | Self::Education => facts(|facts| facts.education.is_some()),
                Self::Experience => facts(|facts| facts.experience.is_some()),
                Self::CommonSkills | Self::NecessarySkills | Self::DistinguishingSkills => {
                    facts(|facts| !facts.skills.is_empty())
                }
                Self::SpecializedSkills => facts(|facts| !facts.software.is_empty()),
                Self::DefiningSkills => facts(|facts| !facts.knowledge.is_empty()),
                Self::FeederOccupations | Self::NextStepOccupations | Self::SimilarOccupations => {
                    facts(|facts| !facts.related.is_empty())
                }
                Self::Titles => table.has_titles(),
                Self::SalaryBoostingSkills | Self::RiskScore | Self::Employers | Self::Demand => false,
            }
        };
        Self::VARIANTS.iter().copied().filter(is_there).collect()
    }
}

/// Some datasets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Datasets(u32);

impl Datasets {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Dataset::VARIANTS.iter().copied().collect()
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn contains(self, dataset: Dataset) -> bool {
        self.0 >> (dataset as u32) & 1 == 1
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The datasets, in their order.
    pub fn iter(self) -> impl Iterator<Item = Dataset> {
        Dataset::VARIANTS
            .iter()
            .copied()
            .filter(move |dataset| self.contains(*dataset))
    }

    /// Adds one.
    pub fn insert(&mut self, dataset: Dataset) {
        self.0 |= 1 << (dataset as u32);
    }

    /// Their names, in their order.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Into::into).collect()
    }
}

impl FromIterator<Dataset> for Datasets {
    fn from_iter<I: IntoIterator<Item = Dataset>>(datasets: I) -> Self {
        let mut set = Self::default();
        datasets.into_iter().for_each(|dataset| set.insert(dataset));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datasets_are_named_as_the_contract_does() {
        assert_eq!(Datasets::all().names().len(), 19);
        assert_eq!("typicalEducation".parse(), Ok(Dataset::TypicalEducation));
        assert_eq!(Dataset::NextStepOccupations.to_string(), "nextStepOccupations");
        assert_eq!(
            "Salary".parse::<Dataset>().unwrap_err().to_string(),
            "`Salary` is not a dataset"
        );
    }
}
