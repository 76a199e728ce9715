//! Fits the weights of the features and of confidence to coded titles.

use title_engine::Soc;
use title_engine::engine::confidence::{SIGNALS, Signals};
use title_engine::engine::features::FEATURES;
use title_engine::engine::weights::Weights;
use title_engine::library::Library;
use title_engine::{Engine, Scratch};

use crate::learn::{Sample, learn, logistic};
use crate::read::Coded;
use crate::split;

/// A coded title and the number of its file.
pub type Row = (usize, Coded);

/// Into so many parts the titles are split so that no title is known to the engine that it is learned from.
const FOLDS: u64 = 5;

/// The features that a library without coded titles has.
fn library_features() -> Vec<usize> {
    (0..15).chain([26, 27, 28, 29]).collect()
}

/// The library with the coded titles of `rows`.
pub fn with_coded<'a>(library: &Library, rows: impl Iterator<Item = &'a Row>) -> Engine {
    let coded_titles = rows.map(|(_, row)| row.row()).collect();
    let library = Library {
        occupations: library.occupations.clone(),
        titles: library.titles.clone(),
        coded_titles,
    };
    Engine::build(&library)
}

/// The weights that fit `rows` best.
pub fn fit(library: &Library, rows: &[Row]) -> Weights {
    let alone = with_coded(library, std::iter::empty());
    let all: Vec<&Row> = rows.iter().collect();
    let (features, alone) = weigh(vec![(alone, all)], &library_features());
    let confidence = calibrate(&alone);
    let folds = (0..FOLDS).map(|fold| {
        let is_held = |row: &&Row| split::group(&row.1.title, 2 * FOLDS) / 2 == fold;
        let engine = with_coded(library, rows.iter().filter(|row| !is_held(row)));
        (engine, rows.iter().filter(is_held).collect())
    });
    let (coded, folds) = weigh(folds.collect(), &(0..FEATURES).collect::<Vec<_>>());
    Weights {
        library: features,
        coded,
        library_confidence: confidence,
        coded_confidence: calibrate(&folds),
    }
}

type Fold<'a> = (Engine, Vec<&'a Row>);

/// How much a title of each file counts: files count by the square root of their sizes.
fn shares(rows: impl Iterator<Item = usize>) -> [f64; 3] {
    let mut counts = [0.0_f64; 3];
    rows.for_each(|file| counts[file] += 1.0);
    counts.map(|count| 2.0 * (1000.0 / count.max(1.0)).sqrt())
}

/// Learns the weights of the features, and sets them.
fn weigh<'a>(folds: Vec<Fold<'a>>, active: &[usize]) -> ([f32; FEATURES], Vec<Fold<'a>>) {
    let weight = shares(folds.iter().flat_map(|(_, rows)| rows).map(|row| row.0));
    let mut scratch = Scratch::default();
    let mut samples = Vec::new();
    for (engine, rows) in &folds {
        for (file, row) in rows {
            let candidates = engine.features(&row.title, &mut scratch);
            if let Some(truth) = candidates.iter().position(|(soc, _)| *soc == row.soc) {
                let candidates = candidates.into_iter().map(|(_, features)| features).collect();
                samples.push(Sample {
                    candidates,
                    truth,
                    weight: weight[*file],
                });
            }
        }
    }
    let learned = learn(&samples, active);
    let none = [0.0; SIGNALS];
    let weights = Weights {
        library: learned,
        coded: learned,
        library_confidence: none,
        coded_confidence: none,
    };
    (
        learned,
        folds
            .into_iter()
            .map(|(engine, rows)| (engine.with_weights(weights.clone()), rows))
            .collect(),
    )
}

/// Fits the weights of confidence to whether the best occupation is right.
fn calibrate(folds: &[Fold<'_>]) -> Signals {
    let weight = shares(folds.iter().flat_map(|(_, rows)| rows).map(|row| row.0));
    let mut scratch = Scratch::default();
    let mut samples = Vec::new();
    for (engine, rows) in folds {
        for (file, row) in rows {
            if let Some(found) = engine.assess(&row.title, &mut scratch) {
                samples.push((found.signals, is_right(found.soc, row.soc), weight[*file]));
            }
        }
    }
    logistic(&samples)
}

fn is_right(found: Soc, expected: Soc) -> bool {
    found == expected
}
