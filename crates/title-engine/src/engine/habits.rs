//! How coded titles are coded that are like the titles of each occupation of the library.
//!
//! Whoever codes titles has habits that the library does not have: what it calls a systems analyst is filed as a software
//! developer. So the most similar titles of each coded title are looked for while an index is built, and counted by the
//! occupation that the coded title has. A raw title like those of an occupation then speaks for what they were coded as,
//! also where no coded title has its words.

use std::collections::BTreeMap;

use super::features::Feature;
use super::similar::find_similar;
use super::{Engine, Scratch};
use crate::index::rows::Rows;
use crate::index::{Unit, number, position};

/// At most so many coded titles are counted: of more, those at equal distances.
const MOST_COUNTED: usize = 100_000;

/// So many coded titles say nothing yet of what those like an occupation's are coded as.
const BACKGROUND: f32 = 2.0;

/// A smaller share says nothing.
const LEAST: f32 = 0.02;

/// An occupation with a greater share by one occupation of the library is a candidate.
const CANDIDATE: f32 = 0.05;

/// For each occupation of the library, as what coded titles like its own are coded, and how large a share of them.
#[derive(Debug, Default)]
pub(super) struct Habits(Rows<(Unit, f32)>);

impl Habits {
    /// As what titles like those of an occupation are coded.
    pub fn of(&self, unit: Unit) -> &[(Unit, f32)] {
        self.0.get(u32::from(unit))
    }
}

impl Engine {
    /// Counts the habits of the coded titles.
    pub(super) fn count_habits(&self) -> Habits {
        let mut counts: BTreeMap<(Unit, Unit), f32> = BTreeMap::new();
        let mut scratch = Scratch::default();
        let step = self.coded.shares.len().div_ceil(MOST_COUNTED).max(1);
        for text in (0..number(self.coded.shares.len())).step_by(step) {
            let name = std::str::from_utf8(self.coded_names.get(text)).unwrap_or_default();
            scratch.query.read(name, self.lexicon());
            if scratch.query.known.is_empty() {
                continue;
            }
            find_similar(&self.library, &mut scratch);
            let (mut votes, mut all) = (Vec::new(), 0.0);
            for (title, similarity) in &scratch.top {
                let strength = similarity.powi(4);
                all += strength;
                for (unit, share) in self.library.shares.get(*title) {
                    votes.push((*unit, strength * share));
                }
            }
            let weight = self.coded.weights.get(position(text)).copied().unwrap_or(1.0);
            for (like, vote) in votes {
                let vote = weight * vote / all.max(f32::MIN_POSITIVE);
                for (coded, share) in self.coded.shares.get(text) {
                    *counts.entry((like, *coded)).or_default() += vote * share;
                }
            }
        }
        let counts: Vec<((Unit, Unit), f32)> = counts.into_iter().collect();
        let mut pairs = Vec::new();
        for same in counts.chunk_by(|((one, _), _), ((other, _), _)| one == other) {
            let all: f32 = same.iter().map(|(_, count)| count).sum::<f32>() + BACKGROUND;
            let shares = same
                .iter()
                .map(|((like, coded), count)| (*like, (*coded, count / all)));
            let kept = shares.filter(|(_, (_, share))| *share >= LEAST);
            pairs.extend(kept.map(|(like, share)| (u32::from(like), share)));
        }
        Habits(Rows::grouped(self.units.len(), pairs))
    }

    /// Adds what coded titles like those of the library's most similar titles are coded as.
    pub(super) fn measure_habits(&self, scratch: &mut Scratch) {
        let Scratch {
            board,
            candidates,
            like,
            votes: [votes, _],
            ..
        } = scratch;
        like.clear();
        like.extend(board.voted());
        let all = votes.all.max(f32::MIN_POSITIVE);
        let column = board.column_mut(Feature::CodedHabit as usize);
        for (unit, vote) in &*like {
            let vote = vote / all;
            if vote < LEAST {
                continue;
            }
            for (coded, share) in self.habits.of(*unit) {
                let value = vote * share;
                if value >= CANDIDATE {
                    candidates.insert(*coded);
                }
                if let Some(slot) = column.get_mut(usize::from(*coded)) {
                    *slot += value;
                }
            }
        }
    }
}
