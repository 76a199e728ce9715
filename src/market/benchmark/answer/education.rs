//! Education and experience, by the shares of O\*NET's categories.

use serde::Serialize;

use crate::market::benchmark::tables::{EDUCATION_CATEGORIES, EXPERIENCE_CATEGORIES, Shares};

/// The levels of education (Lightcast contract s3), with the categories of scale `RL` that belong to each, from 1.
const LEVELS: [(&str, std::ops::RangeInclusive<usize>); 5] = [
    ("High school or GED", 1..=4),
    ("Associate's degree", 5..=5),
    ("Bachelor's degree", 6..=7),
    ("Master's degree", 8..=9),
    ("Ph.D. or professional degree", 10..=12),
];

/// Labels of experience, with the part of each category of scale `RW` that lies within them, from 1: years are counted when
/// they are complete, so that of 2 to 4 years one half is below 3.
const LABELS: [(&str, &[(usize, f32)]); 4] = [
    (
        "0 to 2 years",
        &[
            (1, 1.0),
            (2, 1.0),
            (3, 1.0),
            (4, 1.0),
            (5, 1.0),
            (6, 1.0),
            (7, 0.5),
        ],
    ),
    ("3 to 5 years", &[(7, 0.5), (8, 1.0)]),
    ("6 to 8 years", &[(9, 1.0), (10, 0.5)]),
    ("9+ years", &[(10, 0.5), (11, 1.0)]),
];

/// The middle of each category of scale `RW`, in years; of the last, which has no end, its beginning.
const YEARS: [f32; EXPERIENCE_CATEGORIES] = [
    0.0,
    0.5 / 12.0,
    2.0 / 12.0,
    4.5 / 12.0,
    9.0 / 12.0,
    1.5,
    3.0,
    5.0,
    7.0,
    9.0,
    10.0,
];

/// The dataset `typicalEducation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EducationLevel {
    id: usize,
    name: &'static str,
}

/// An element of the dataset `education`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EducationShare {
    #[serde(flatten)]
    level: EducationLevel,
    /// Not known: the source has shares alone.
    count: Option<u64>,
    /// From 0 to 1; `None`: suppressed by the source.
    percentage: Option<f64>,
}

/// The dataset `experience`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Experience {
    /// In years; `None` where a share is.
    mean: Option<f64>,
    distribution: [ExperienceShare; 4],
}

/// An element of the distribution of experience.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExperienceShare {
    key: &'static str,
    /// From 0 to 1; `None`: suppressed by the source.
    value: Option<f64>,
}

impl EducationShare {
    /// Whether the source suppressed it.
    pub(super) fn is_suppressed(&self) -> bool {
        self.percentage.is_none()
    }
}

impl Experience {
    /// Whether the source suppressed a part of it.
    pub(super) fn is_suppressed(&self) -> bool {
        self.mean.is_none()
    }
}

/// The share of each level of education.
pub(super) fn education(shares: &Shares<EDUCATION_CATEGORIES>) -> [EducationShare; 5] {
    let percents = shares.percents();
    let mut id = 0..;
    LEVELS.map(|(name, categories)| EducationShare {
        level: EducationLevel {
            id: id.next().unwrap_or_default(),
            name,
        },
        count: None,
        percentage: sum(&percents, categories.map(|category| (category, 1.0))).map(share),
    })
}

/// The commonest level of education; `None` where one that the source suppressed could be commoner.
pub(super) fn typical_education(shares: &Shares<EDUCATION_CATEGORIES>) -> Option<EducationLevel> {
    let levels = education(shares);
    // Of several that are equally common, the first.
    let (level, common) = levels
        .iter()
        .filter_map(|level| Some((level.level, level.percentage?)))
        .reduce(|best, other| if other.1 > best.1 { other } else { best })?;
    let known: f64 = levels.iter().filter_map(|level| level.percentage).sum();
    let is_complete = levels.iter().all(|level| level.percentage.is_some());
    (is_complete || common >= 1.0 - known).then_some(level)
}

/// The distribution of experience, and its mean.
pub(super) fn experience(shares: &Shares<EXPERIENCE_CATEGORIES>) -> Experience {
    let percents = shares.percents();
    let years = YEARS.iter().enumerate().map(|(index, years)| (index + 1, *years));
    Experience {
        mean: sum(&percents, years).map(share),
        distribution: LABELS.map(|(key, parts)| ExperienceShare {
            key,
            value: sum(&percents, parts.iter().copied()).map(share),
        }),
    }
}

/// The weighted sum of categories, from 1; `None` where one of them is not known.
fn sum(percents: &[Option<f32>], parts: impl Iterator<Item = (usize, f32)>) -> Option<f32> {
    parts
        .map(|(category, weight)| {
            let percent = percents.get(category.checked_sub(1)?)?;
            percent.map(|percent| percent * weight)
        })
        .sum()
}

/// Percent as a share, to four decimals.
fn share(percent: f32) -> f64 {
    (f64::from(percent) * 100.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::benchmark::tables::shares_of;

    #[test]
    fn shares_become_levels_and_the_commonest_is_typical() {
        let shares = shares_of(&[(2, 10.5), (5, 20.25), (6, 40.0), (7, 5.0), (8, 24.24)]);
        let percentages: Vec<Option<f64>> = education(&shares).iter().map(|level| level.percentage).collect();
        assert_eq!(
            percentages,
            [Some(0.105), Some(0.2025), Some(0.45), Some(0.2424), Some(0.0)]
        );
        assert_eq!(typical_education(&shares).map(|level| level.id), Some(2));
    }

    #[test]
    fn what_is_suppressed_is_null_and_typical_only_what_must_be() {
        // 30 percent are not known: they could be of categories 1 to 5 and 8 to 12.
        let shares = shares_of(&[(6, 20.0), (7, 20.0), (1, 30.0)]);
        let levels = education(&shares);
        assert_eq!((levels[0].percentage, levels[2].percentage), (None, Some(0.4)));
        assert_eq!(typical_education(&shares), None);
        let shares = shares_of(&[(6, 60.0), (7, 1.0)]);
        assert_eq!(typical_education(&shares).map(|level| level.id), Some(2));
    }

    #[test]
    fn classes_of_experience_are_split_between_the_labels() {
        let shares = shares_of(&[(1, 10.0), (7, 40.0), (9, 20.0), (10, 20.0), (11, 10.0)]);
        let experience = experience(&shares);
        let values: Vec<Option<f64>> = experience.distribution.iter().map(|part| part.value).collect();
        assert_eq!(values, [Some(0.3), Some(0.2), Some(0.3), Some(0.2)]);
        assert_eq!(experience.mean, Some(5.4));
    }
}
