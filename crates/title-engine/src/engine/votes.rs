//! How the most similar texts of a field vote for occupations and for the groups that these belong to.

use super::features::{Feature, Features};
use super::measure::Side;
use super::similar::Similar;
use crate::index::Unit;

/// The groups of an occupation from the largest: the number of its major group, its minor group, and its broad
/// occupation among those of the library.
pub(crate) type Groups = [Unit; 3];

/// The votes of the most similar texts of a field.
#[derive(Debug, Default)]
pub(crate) struct Votes {
    /// Of all texts.
    pub all: f32,
    /// Of the very similar ones.
    pub sharp: f32,
    /// Of all texts, by how often each was counted.
    pub counted: f32,
    /// The similarity of the most similar text.
    pub top: f32,
    /// For each group of each kind.
    groups: [Vec<f32>; 3],
}

impl Votes {
    /// No votes yet, of texts with these similarities.
    pub fn reset(&mut self, texts: &[Similar]) {
        (self.all, self.sharp, self.counted) = (0.0, 0.0, 0.0);
        self.top = texts.first().map_or(0.0, |(_, similarity)| *similarity);
        for groups in &mut self.groups {
            groups.fill(0.0);
        }
    }

    /// A vote for the groups of an occupation.
    pub fn vote(&mut self, groups: Groups, vote: f32) {
        for (sums, group) in self.groups.iter_mut().zip(groups) {
            let group = usize::from(group);
            if sums.len() <= group {
                sums.resize(group + 1, 0.0);
            }
            if let Some(sum) = sums.get_mut(group) {
                *sum += vote;
            }
        }
    }

    /// Divides the votes that an occupation has by those of all, and adds those of its groups.
    pub fn share(&self, side: Side, groups: Groups, cell: &mut Features) {
        let mut set = |feature: usize, by: &dyn Fn(f32) -> f32| {
            if let Some(slot) = cell.get_mut(feature) {
                *slot = by(*slot);
            }
        };
        let all = self.all.max(f32::MIN_POSITIVE);
        set(side.slot(Feature::Votes), &|votes| votes / all);
        set(side.slot(Feature::SharpVotes), &|votes| {
            votes / self.sharp.max(f32::MIN_POSITIVE)
        });
        let [major, minor, broad] = [0, 1, 2].map(|kind: usize| {
            let sums = self.groups.get(kind).zip(groups.get(kind));
            let sum = sums.and_then(|(sums, group)| sums.get(usize::from(*group)));
            sum.copied().unwrap_or_default() / all
        });
        set(side.slot(Feature::GroupVotes), &|_| major);
        set(side.slot(Feature::MinorVotes), &|_| minor);
        if side == Side::Coded {
            set(Feature::CodedBroadVotes as usize, &|_| broad);
            set(Feature::CodedCountedVotes as usize, &|votes| {
                votes / self.counted.max(f32::MIN_POSITIVE)
            });
        }
    }
}
