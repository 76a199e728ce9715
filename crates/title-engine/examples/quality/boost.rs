//! Learns trees that correct a softmax, by gradient boosting.

use title_engine::engine::features::{FEATURES, Feature, Features};
use title_engine::engine::trees::{DEPTH, LEAVES, Tree};

use crate::learn::Sample;

/// How many trees are learned.
const TREES: usize = 160;

/// How far each tree goes towards what it learned.
const RATE: f64 = 0.2;

/// The strength of the prior that holds leaves near zero.
const RIDGE: f64 = 8.0;

/// Into so many classes the values of a feature are split.
const CLASSES: usize = 32;

/// Into so many classes those features are split that hardly depend on the title: with more, a tree could tell
/// single occupations apart, and learn which of them the titles happen to have.
const FEW_CLASSES: usize = 16;

/// Candidates with a smaller share are not learned from.
const LEAST_SHARE: f64 = 1e-3;

/// A candidate while trees are learned.
struct Row {
    classes: [u8; FEATURES],
    score: f64,
    sample: usize,
    is_right: bool,
    slope: f64,
    curve: f64,
    leaf: usize,
}

/// The trees that correct the weighted sums of `weights`.
pub fn boost(samples: &[Sample], active: &[usize], weights: &Features) -> Vec<Tree> {
    let bounds = bounds(samples, active);
    let mut rows = rows(samples, active, weights, &bounds);
    let mut trees = Vec::new();
    for _ in 0..TREES {
        find_slopes(&mut rows, samples);
        let tree = grow(&mut rows, active, &bounds);
        for row in &mut rows {
            row.score += f64::from(tree.leaves[row.leaf]);
        }
        trees.push(tree);
    }
    trees
}

/// Into so many classes the values of a feature are split.
fn classes(feature: usize) -> usize {
    let is = |list: &[Feature]| list.iter().any(|one| *one as usize == feature);
    if is(&[Feature::Length, Feature::Employment, Feature::Titles]) {
        FEW_CLASSES
    } else {
        CLASSES
    }
}

/// The values between the classes of each feature.
fn bounds(samples: &[Sample], active: &[usize]) -> Vec<Vec<f32>> {
    let mut bounds = vec![Vec::new(); FEATURES];
    for at in active {
        let candidates = samples.iter().flat_map(|sample| &sample.candidates);
        let mut values: Vec<f32> = candidates.map(|candidate| candidate[*at]).collect();
        values.sort_unstable_by(f32::total_cmp);
        let classes = classes(*at);
        let mut between: Vec<f32> = (1..classes)
            .map(|class| values[values.len() * class / classes])
            // What is written has four digits.
            .map(|value| (value * 1e4).round() / 1e4)
            .collect();
        between.dedup();
        bounds[*at] = between;
    }
    bounds
}

fn rows(samples: &[Sample], active: &[usize], weights: &Features, bounds: &[Vec<f32>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, sample) in samples.iter().enumerate() {
        let score = |candidate: &Features| {
            let weighted = active.iter().map(|at| f64::from(candidate[*at] * weights[*at]));
            weighted.sum::<f64>()
        };
        let scores: Vec<f64> = sample.candidates.iter().map(score).collect();
        let greatest = scores.iter().copied().fold(f64::MIN, f64::max);
        for (place, (candidate, score)) in sample.candidates.iter().zip(&scores).enumerate() {
            let is_right = place == sample.truth;
            if !is_right && (score - greatest).exp() < LEAST_SHARE {
                continue;
            }
            let class = |at: usize| bounds[at].partition_point(|bound| *bound < candidate[at]);
            rows.push(Row {
                classes: std::array::from_fn(|at| u8::try_from(class(at)).unwrap_or(u8::MAX)),
                score: *score,
                sample: number,
                is_right,
                slope: 0.0,
                curve: 0.0,
                leaf: 0,
            });
        }
    }
    rows
}

/// How the loss of each candidate depends on its score.
fn find_slopes(rows: &mut [Row], samples: &[Sample]) {
    for group in rows.chunk_by_mut(|one, other| one.sample == other.sample) {
        let greatest = group.iter().map(|row| row.score).fold(f64::MIN, f64::max);
        let all: f64 = group.iter().map(|row| (row.score - greatest).exp()).sum();
        for row in group {
            let share = (row.score - greatest).exp() / all;
            let weight = samples[row.sample].weight;
            row.slope = weight * (f64::from(u8::from(row.is_right)) - share);
            row.curve = weight * (share * (1.0 - share)).max(1e-4);
            row.leaf = 0;
        }
    }
}

/// Sums of slopes and of curves.
type Sums = [f64; 2];

/// The tree that lowers the loss most, level by level; it leaves in each row the number of its leaf.
fn grow(rows: &mut [Row], active: &[usize], bounds: &[Vec<f32>]) -> Tree {
    let mut tree = Tree {
        features: [0; DEPTH],
        bounds: [0.0; DEPTH],
        leaves: [0.0; LEAVES],
    };
    for level in 0..DEPTH {
        let sums = count(rows, active);
        let (feature, class) = best_split(&sums, active, bounds, 1 << level);
        tree.features[level] = u8::try_from(feature).unwrap_or_default();
        tree.bounds[level] = bounds[feature][class];
        for row in rows.iter_mut() {
            row.leaf |= usize::from(usize::from(row.classes[feature]) > class) << level;
        }
    }
    let mut sums = [[0.0; 2]; LEAVES];
    for row in rows.iter() {
        sums[row.leaf][0] += row.slope;
        sums[row.leaf][1] += row.curve;
    }
    tree.leaves = sums.map(|[slope, curve]| ((RATE * slope / (curve + RIDGE)) * 1e4).round() as f32 / 1e4);
    tree
}

/// The sums of each class of each feature in each leaf.
fn count(rows: &[Row], active: &[usize]) -> Vec<Vec<[Sums; CLASSES]>> {
    let mut sums = vec![vec![[[0.0; 2]; CLASSES]; FEATURES]; LEAVES];
    for row in rows {
        let leaf = &mut sums[row.leaf];
        for at in active {
            let [slope, curve] = &mut leaf[*at][usize::from(row.classes[*at])];
            *slope += row.slope;
            *curve += row.curve;
        }
    }
    sums
}

/// The feature and the class that split the leaves best.
fn best_split(
    sums: &[Vec<[Sums; CLASSES]>],
    active: &[usize],
    bounds: &[Vec<f32>],
    leaves: usize,
) -> (usize, usize) {
    let gain = |[slope, curve]: Sums| slope * slope / (curve + RIDGE);
    let mut best = (f64::MIN, active[0], 0);
    for at in active {
        let mut gains = vec![0.0; bounds[*at].len()];
        for leaf in &sums[..leaves] {
            let all = leaf[*at]
                .iter()
                .fold([0.0; 2], |all, class| [all[0] + class[0], all[1] + class[1]]);
            let mut left = [0.0; 2];
            for (gained, class) in gains.iter_mut().zip(&leaf[*at]) {
                left = [left[0] + class[0], left[1] + class[1]];
                *gained += gain(left) + gain([all[0] - left[0], all[1] - left[1]]);
            }
        }
        for (class, gained) in gains.into_iter().enumerate() {
            if gained > best.0 {
                best = (gained, *at, class);
            }
        }
    }
    (best.1, best.2)
}
