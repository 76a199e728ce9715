//! Learns the weights of a softmax by Newton's method.

use title_engine::engine::confidence::{SIGNALS, Signals};
use title_engine::engine::features::FEATURES;

/// What is learned from one title: the features of its candidates, and which of them is right.
#[derive(Clone)]
pub struct Sample {
    pub candidates: Vec<[f32; FEATURES]>,
    pub truth: usize,
    pub weight: f64,
}

type Vector = [f64; FEATURES];

/// The strength of the prior that holds weights near zero.
const RIDGE: f64 = 2.0;

/// The weights that make the right candidates likeliest; features not in `active` get none.
pub fn learn(samples: &[Sample], active: &[usize]) -> [f32; FEATURES] {
    let scale = scales(samples);
    let mut weights = [0.0; FEATURES];
    let (mut gradient, mut hessian, mut loss) = slope(samples, active, &scale, &weights);
    for _ in 0..30 {
        let step = solve(active, hessian.clone(), gradient);
        let mut factor = 1.0;
        let improved = loop {
            let next = std::array::from_fn(|index| weights[index] + factor * step[index]);
            let (next_gradient, next_hessian, next_loss) = slope(samples, active, &scale, &next);
            if next_loss < loss {
                let gain = loss - next_loss;
                (weights, gradient, hessian, loss) = (next, next_gradient, next_hessian, next_loss);
                break gain > 1e-5;
            }
            factor *= 0.4;
            if factor < 1e-3 {
                break false;
            }
        };
        if !improved {
            break;
        }
    }
    std::array::from_fn(|index| (weights[index] / scale[index]) as f32)
}

/// The standard deviation of each feature.
fn scales(samples: &[Sample]) -> Vector {
    let (mut sums, mut squares, mut count) = ([0.0; FEATURES], [0.0; FEATURES], 0.0);
    for candidate in samples.iter().flat_map(|sample| &sample.candidates) {
        count += 1.0;
        for index in 0..FEATURES {
            let value = f64::from(candidate[index]);
            sums[index] += value;
            squares[index] += value * value;
        }
    }
    std::array::from_fn(|index| {
        let variance: f64 = squares[index] / count - (sums[index] / count).powi(2);
        if variance > 1e-9 { variance.sqrt() } else { 1.0 }
    })
}

fn slope(
    samples: &[Sample],
    active: &[usize],
    scale: &Vector,
    weights: &Vector,
) -> (Vector, Vec<Vector>, f64) {
    let mut gradient = [0.0; FEATURES];
    let mut hessian = vec![[0.0; FEATURES]; FEATURES];
    let (mut loss, mut total) = (0.0, 0.0);
    for sample in samples {
        let rows: Vec<Vector> = sample
            .candidates
            .iter()
            .map(|candidate| std::array::from_fn(|index| f64::from(candidate[index]) / scale[index]))
            .collect();
        let scores: Vec<f64> = rows
            .iter()
            .map(|row| active.iter().map(|at| row[*at] * weights[*at]).sum())
            .collect();
        let greatest = scores.iter().copied().fold(f64::MIN, f64::max);
        let all: f64 = scores.iter().map(|score| (score - greatest).exp()).sum();
        let mut mean = [0.0; FEATURES];
        let shares: Vec<f64> = scores
            .iter()
            .map(|score| (score - greatest).exp() / all)
            .collect();
        for (row, share) in rows.iter().zip(&shares) {
            for at in active {
                mean[*at] += share * row[*at];
            }
        }
        for (row, share) in rows.iter().zip(&shares).filter(|(_, share)| **share > 3e-4) {
            for (place, one) in active.iter().enumerate() {
                let value = share * (row[*one] - mean[*one]) * sample.weight;
                for other in &active[..=place] {
                    hessian[*one][*other] += value * (row[*other] - mean[*other]);
                }
            }
        }
        for at in active {
            gradient[*at] += sample.weight * (rows[sample.truth][*at] - mean[*at]);
        }
        loss -= sample.weight * shares[sample.truth].max(1e-12).ln();
        total += sample.weight;
    }
    // The other half is the same.
    for (place, one) in active.iter().enumerate() {
        for other in &active[..place] {
            hessian[*other][*one] = hessian[*one][*other];
        }
    }
    loss /= total;
    for at in active {
        loss += RIDGE * weights[*at].powi(2) / 2.0 / total;
        gradient[*at] -= RIDGE * weights[*at];
        hessian[*at][*at] += RIDGE;
    }
    (gradient, hessian, loss)
}

/// Solves the linear system of the active features by elimination.
fn solve(active: &[usize], mut matrix: Vec<Vector>, mut right: Vector) -> Vector {
    for (place, one) in active.iter().enumerate() {
        for other in &active[place + 1..] {
            let factor = matrix[*other][*one] / matrix[*one][*one];
            for column in &active[place..] {
                matrix[*other][*column] -= factor * matrix[*one][*column];
            }
            right[*other] -= factor * right[*one];
        }
    }
    let mut solution = [0.0; FEATURES];
    for (place, one) in active.iter().enumerate().rev() {
        let known: f64 = active[place + 1..]
            .iter()
            .map(|other| matrix[*one][*other] * solution[*other])
            .sum();
        solution[*one] = (right[*one] - known) / matrix[*one][*one];
    }
    solution
}

/// The weights of a logistic regression, by Newton's method.
pub fn logistic(samples: &[(Signals, bool, f64)]) -> Signals {
    let active: Vec<usize> = (0..SIGNALS).collect();
    let mut weights = [0.0; FEATURES];
    for _ in 0..25 {
        let mut gradient = [0.0; FEATURES];
        let mut hessian = vec![[0.0; FEATURES]; FEATURES];
        for (signals, right, weight) in samples {
            let signals: Vec<f64> = signals.iter().map(|signal| f64::from(*signal)).collect();
            let sum: f64 = signals
                .iter()
                .zip(&weights)
                .map(|(signal, weight)| signal * weight)
                .sum();
            let share = 1.0 / (1.0 + (-sum).exp());
            for one in &active {
                gradient[*one] += weight * (f64::from(u8::from(*right)) - share) * signals[*one];
                for other in &active {
                    hessian[*one][*other] += weight * share * (1.0 - share) * signals[*one] * signals[*other];
                }
            }
        }
        for at in &active {
            gradient[*at] -= weights[*at];
            hessian[*at][*at] += 1.0;
        }
        let step = solve(&active, hessian, gradient);
        for at in &active {
            weights[*at] += step[*at];
        }
    }
    std::array::from_fn(|index| weights[index] as f32)
}
