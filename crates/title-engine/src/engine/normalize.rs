//! Finds the titles that a raw title stands for.

use std::ops::ControlFlow;

use super::confidence::{Extent, Signals, confidence, logit};
use super::features::{FEATURES, Feature, Features};
use super::query::Query;
use super::rank::{Rank, put_best_first};
use super::similar::Similar;
use super::trees::{Columns, LANES};
use super::work::MOST_FITS;
use super::{Engine, Scratch};
use crate::codes::{OccupationCode, Soc};
use crate::ids::TitleId;
use crate::index::{Unit, float, position};
use crate::text::levels::JobLevel;

/// At most so many candidates are named.
pub const MAX_CANDIDATES: usize = 100;

/// What a raw title was found to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Normalized<'a> {
    /// Titles of different occupations, the likeliest first.
    pub candidates: Vec<Candidate<'a>>,
    /// The levels that the raw title names, in the order of [`JobLevel`].
    pub job_levels: Vec<JobLevel>,
}

/// A title that a raw title may stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate<'a> {
    /// The title.
    pub id: TitleId,
    /// Its name.
    pub name: &'a str,
    /// The occupation of the SOC.
    pub soc: Soc,
    /// The occupation of O*NET within it that the title belongs to most.
    pub occupation: OccupationCode,
    /// How likely the occupation is right, 0 to 1.
    pub confidence: f32,
    /// What speaks for it.
    pub evidence: Reasons,
}

/// What speaks for a candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reasons {
    /// Whether a title of the library has exactly the same words.
    pub is_exact: bool,
    /// Whether a coded title has exactly the same words and this occupation.
    pub is_coded: bool,
    /// How similar the words of the title are to those of the raw title, 0 to 1.
    pub fit: f32,
    /// The share of the raw title's words that the library does not know, 0 to 1.
    pub unknown: f32,
}

/// The best occupation and what its confidence is made of.
#[derive(Clone, Copy, Debug)]
pub struct Assessment {
    /// The best occupation.
    pub soc: Soc,
    /// What confidence is made of.
    pub signals: Signals,
    /// The confidence.
    pub confidence: f32,
}

impl Engine {
    /// The titles that `raw` may stand for, at most `limit` of them and at most [`MAX_CANDIDATES`].
    ///
    /// Of a text over 1 024 characters the beginning counts, and at most 32 of its words.
    pub fn normalize(&self, raw: &str, limit: usize, scratch: &mut Scratch) -> Normalized<'_> {
        scratch.query.read(raw, self.lexicon());
        self.normalize_read(limit, scratch)
    }

    /// The same for the raw title that [`read`](Self::read) has read last into this scratch.
    pub fn normalize_read(&self, limit: usize, scratch: &mut Scratch) -> Normalized<'_> {
        self.score(scratch);
        let job_levels = scratch.query.levels.clone();
        let mut candidates: Vec<Candidate<'_>> =
            Vec::with_capacity(limit.min(scratch.shares.len()).min(MAX_CANDIDATES));
        let Some((first, best)) = scratch.shares.first().copied() else {
            return Normalized {
                candidates,
                job_levels,
            };
        };
        let Some((assessment, chosen)) = self.assess_best(first, scratch) else {
            return Normalized {
                candidates,
                job_levels,
            };
        };
        for (unit, share) in &scratch.shares {
            if candidates.len() >= limit.min(MAX_CANDIDATES) {
                break;
            }
            let Ok(unit) = Unit::try_from(*unit) else { continue };
            let taken = |id: TitleId| candidates.iter().any(|candidate| candidate.id == id);
            // The title of the best occupation was chosen for its confidence.
            let title = if candidates.is_empty() {
                Some(chosen)
            } else {
                self.choose_title(unit, scratch, taken)
            };
            let Some((title, fit)) = title else { continue };
            let confidence = assessment.confidence * (share / best).min(1.0);
            candidates.extend(self.candidate(unit, title, fit, confidence, scratch));
        }
        Normalized {
            candidates,
            job_levels,
        }
    }

    /// The name of an occupation of the SOC.
    #[must_use]
    pub fn occupation_name(&self, soc: Soc) -> Option<&str> {
        let place = self.units.binary_search_by_key(&soc, |unit| unit.soc).ok()?;
        self.units.get(place).map(|unit| unit.name.as_str())
    }

    /// Normalizes many titles, and asks `proceed` before each of them whether to go on.
    ///
    /// Says nothing of any title once `proceed` breaks off.
    pub fn normalize_all<'a, T: AsRef<str>>(
        &'a self,
        raws: &[T],
        limit: usize,
        scratch: &mut Scratch,
        mut proceed: impl FnMut() -> ControlFlow<()>,
    ) -> Option<Vec<Normalized<'a>>> {
        let mut all = Vec::with_capacity(raws.len());
        for raw in raws {
            if proceed().is_break() {
                return None;
            }
            all.push(self.normalize(raw.as_ref(), limit, scratch));
        }
        Some(all)
    }

    /// The best occupation of `raw` with its confidence: what confidence is calibrated from.
    pub fn assess(&self, raw: &str, scratch: &mut Scratch) -> Option<Assessment> {
        scratch.query.read(raw, self.lexicon());
        self.score(scratch);
        let (first, _) = scratch.shares.first().copied()?;
        self.assess_best(first, scratch).map(|(assessment, _)| assessment)
    }

    /// Measures the raw title that was read last and leaves the shares of the softmax in `scratch`, the greatest first.
    fn score(&self, scratch: &mut Scratch) {
        self.measure(scratch);
        let model = self.model();
        let Scratch {
            ranking,
            shares,
            measured,
            ..
        } = scratch;
        // The candidates are in the order of their numbers, so their places rank as these do.
        let scores = measured.iter().map(|(_, features)| model.weigh(features));
        ranking.clear();
        ranking.extend((0..).zip(scores).map(|(place, score)| Rank::new(place, score)));
        // Trees are asked for those alone that may be the best.
        put_best_first(ranking, LANES);
        let sums = model.correct(&columns(ranking, measured));
        for (rank, sum) in ranking.iter_mut().zip(sums) {
            *rank = Rank::new(rank.number(), rank.value() + sum);
        }
        ranking.sort_unstable();
        shares.clear();
        shares.extend(ranking.iter().filter_map(|rank| {
            let (unit, _) = measured.get(position(rank.number()))?;
            Some((u32::from(*unit), rank.value()))
        }));
        let greatest = shares.first().map_or(0.0, |(_, score)| *score);
        let mut all = 0.0;
        for (_, score) in &mut *shares {
            *score = (*score - greatest).exp();
            all += *score;
        }
        for (_, share) in shares {
            *share /= all;
        }
    }

    fn assess_best(&self, first: u32, scratch: &Scratch) -> Option<(Assessment, Similar)> {
        let unit = Unit::try_from(first).ok()?;
        let (title, fit) = self.choose_title(unit, scratch, |_| false)?;
        let (_, best) = *scratch.shares.first()?;
        let next = scratch.shares.get(1).map_or(1e-4, |(_, share)| *share);
        let query = &scratch.query;
        let letters = query.distinct().map(|word| self.vocabulary.word(word.id).len());
        let extent = Extent {
            words: query.counted,
            letters: letters.sum(),
            is_title: [Feature::Exact, Feature::ExactBare]
                .iter()
                .any(|feature| Self::feature(unit, *feature, scratch) > 0.0),
            is_misspelt: query.counted > 0 && query.corrected == query.counted,
        };
        let signals = [
            1.0,
            logit(best),
            (best / next.max(1e-4)).ln(),
            fit,
            query.unknown_share(),
            self.covered(title, query),
            float(extent.words.max(1)).ln(),
            Self::exact_share(unit, scratch),
        ];
        let soc = self.units.get(usize::from(unit))?.soc;
        let assessment = Assessment {
            soc,
            signals,
            confidence: confidence(&self.model().confidence, &signals, extent),
        };
        Some((assessment, (title, fit)))
    }

    /// The title of an occupation that fits best, and how well it fits, 0 to 1.
    fn choose_title(
        &self,
        unit: Unit,
        scratch: &Scratch,
        taken: impl Fn(TitleId) -> bool,
    ) -> Option<Similar> {
        let free = |title: u32| {
            self.titles
                .get(position(title))
                .is_some_and(|entry| !taken(entry.id))
        };
        let mut best: Option<Similar> = None;
        for (title, similarity) in &scratch.near {
            let shares = self.library.shares.get(*title);
            let first = shares.first().map_or(0.0, |(_, share)| *share);
            let Some((_, share)) = shares.iter().find(|(other, _)| *other == unit) else {
                continue;
            };
            // A title that belongs more to another occupation would be read as that one.
            let primary = shares.first().is_some_and(|(other, _)| *other == unit);
            let value = similarity - if primary { 0.0 } else { 0.3 + 0.3 * (first - share) };
            if free(*title) && best.is_none_or(|(_, other)| value > other) {
                best = Some((*title, value));
            }
        }
        if let Some((title, _)) = best {
            return Some((title, self.fit(title, &scratch.query)));
        }
        let mut best: Option<Similar> = None;
        for title in self.titles_of_unit.get(u32::from(unit)) {
            if scratch.fits.get() >= MOST_FITS {
                break;
            }
            scratch.fits.set(scratch.fits.get() + 1);
            let fit =
                self.fit(*title, &scratch.query) + if self.is_name_of(*title, unit) { 0.01 } else { 0.0 };
            if free(*title) && best.is_none_or(|(_, other)| fit > other) {
                best = Some((*title, fit));
            }
        }
        best
    }

    /// The features of a candidate.
    fn measured(unit: Unit, scratch: &Scratch) -> Option<&Features> {
        let place = scratch
            .measured
            .binary_search_by_key(&unit, |(unit, _)| *unit)
            .ok()?;
        scratch.measured.get(place).map(|(_, features)| features)
    }

    /// A feature of a candidate.
    fn feature(unit: Unit, feature: Feature, scratch: &Scratch) -> f32 {
        let features = Self::measured(unit, scratch).and_then(|features| features.get(feature as usize));
        features.copied().unwrap_or_default()
    }

    /// The share of the titles of the library or the coded ones with exactly these words that an occupation has.
    fn exact_share(unit: Unit, scratch: &Scratch) -> f32 {
        let kinds = [
            Feature::Exact,
            Feature::ExactBare,
            Feature::CodedExact,
            Feature::CodedExactBare,
        ];
        let shares = kinds.map(|kind| Self::feature(unit, kind, scratch));
        shares.into_iter().fold(0.0, f32::max)
    }

    fn candidate(
        &self,
        unit: Unit,
        title: u32,
        fit: f32,
        confidence: f32,
        scratch: &Scratch,
    ) -> Option<Candidate<'_>> {
        let entry = self.titles.get(position(title))?;
        let soc = self.units.get(usize::from(unit))?.soc;
        let within = self
            .evidence
            .get(title)
            .iter()
            .filter(|(code, _)| code.soc() == soc);
        let occupation = within.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)));
        let has = |feature: Feature| Self::feature(unit, feature, scratch) > 0.0;
        Some(Candidate {
            id: entry.id,
            name: &entry.name,
            soc,
            occupation: occupation.map_or_else(|| soc.into(), |(code, _)| *code),
            confidence,
            evidence: Reasons {
                is_exact: has(Feature::Exact),
                is_coded: has(Feature::CodedExact),
                fit: fit.clamp(0.0, 1.0),
                unknown: scratch.query.unknown_share(),
            },
        })
    }

    /// Whether a title is the name of the occupation.
    fn is_name_of(&self, title: u32, unit: Unit) -> bool {
        self.library.words.get(title) == self.names.get(u32::from(unit))
    }

    /// The cosine of the words of a title and of the query.
    fn fit(&self, title: u32, query: &Query) -> f32 {
        let norm = query.norm(&self.library);
        let scale = self
            .library
            .scales
            .get(position(title))
            .copied()
            .unwrap_or_default();
        let shared = |weight: fn(f32) -> f32| -> f32 {
            let words = self.library.words.get(title).iter();
            words
                .filter_map(|word| query.distinct().find(|known| known.id == *word))
                .map(|known| weight(known.weight) * self.library.rarity(known.id).powi(2))
                .sum()
        };
        if norm > 0.0 {
            (shared(|weight| weight) * scale / norm).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    /// The share of the query's known words that a title has, by how rare they are.
    fn covered(&self, title: u32, query: &Query) -> f32 {
        let words = self.library.words.get(title);
        let (mut all, mut covered) = (0.0, 0.0);
        for word in query.distinct().filter(|word| !word.modifier) {
            let value = word.weight * self.library.rarity(word.id);
            all += value;
            if words.binary_search(&word.id).is_ok() {
                covered += value;
            }
        }
        if all > 0.0 { covered / all } else { 1.0 }
    }
}

/// The features of the first candidates, feature by feature.
fn columns(ranking: &[Rank], measured: &[(Unit, Features)]) -> Columns {
    let mut columns = [[0.0; LANES]; FEATURES];
    for (lane, rank) in ranking.iter().take(LANES).enumerate() {
        let Some((_, features)) = measured.get(position(rank.number())) else {
            continue;
        };
        for (column, feature) in columns.iter_mut().zip(features) {
            if let Some(value) = column.get_mut(lane) {
                *value = *feature;
            }
        }
    }
    columns
}
