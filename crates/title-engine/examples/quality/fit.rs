//! Fits the weights of the features, the trees and the weights of confidence to titles whose occupation is known.

use title_engine::Soc;
use title_engine::engine::confidence::SIGNALS;
use title_engine::engine::features::{FEATURES, Feature};
use title_engine::engine::weights::{Model, Weights};
use title_engine::library::Library;
use title_engine::{Engine, Scratch};

use crate::boost::boost;
use crate::clean;
use crate::learn::{Sample, learn, logistic};
use crate::read::Coded;
use crate::split;

/// A coded title and the number of its file.
pub type Row = (usize, Coded);

/// Into so many parts the titles are split so that no title is known to the engine that it is learned from.
const FOLDS: u64 = 5;

/// The number of the titles that the SOC lists, behind those of the files.
pub const CLEAN: usize = 3;

/// How much the titles that the SOC lists count beside those of a file: they are like those of the library, and their
/// words are more like its words than those of raw titles are.
const CLEAN_WEIGHT: f64 = 0.7;

/// The features that a library without coded titles has.
fn library_features() -> Vec<usize> {
    let counted = [
        Feature::Titles,
        Feature::Top,
        Feature::SharpVotes,
        Feature::GroupVotes,
        Feature::Matched,
        Feature::Counted,
    ];
    (0..15).chain(counted.map(|feature| feature as usize)).collect()
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

/// A title that is learned from.
struct Lesson {
    file: usize,
    title: String,
    soc: Soc,
}

/// Lessons, and an engine that does not know their titles.
type Fold = (Engine, Vec<Lesson>);

fn lesson((file, row): &Row) -> Lesson {
    Lesson {
        file: *file,
        title: row.title.clone(),
        soc: row.soc,
    }
}

/// The titles that the SOC lists, and engines without them.
fn clean_folds(library: &Library, parts: &[u64], rows: &[Row]) -> Vec<Fold> {
    let fold = |part: &u64| {
        let (rest, held) = clean::hold_back(library, *part);
        let lesson = |(title, soc)| Lesson {
            file: CLEAN,
            title,
            soc,
        };
        (
            with_coded(&rest, rows.iter()),
            held.into_iter().map(lesson).collect(),
        )
    };
    parts.iter().map(fold).collect()
}

/// The weights that fit `rows` and these parts of the titles that the SOC lists best.
pub fn fit(library: &Library, rows: &[Row], parts: &[u64]) -> Weights {
    let mut folds = vec![(
        with_coded(library, std::iter::empty()),
        rows.iter().map(lesson).collect(),
    )];
    folds.extend(clean_folds(library, parts, &[]));
    let alone = model(folds, &library_features());
    let mut folds: Vec<Fold> = (0..FOLDS)
        .map(|fold| {
            let is_held = |row: &&Row| split::group(&row.1.title, 2 * FOLDS) / 2 == fold;
            let engine = with_coded(library, rows.iter().filter(|row| !is_held(row)));
            (engine, rows.iter().filter(is_held).map(lesson).collect())
        })
        .collect();
    folds.extend(clean_folds(library, parts, rows));
    Weights {
        library: alone,
        coded: model(folds, &(0..FEATURES).collect::<Vec<_>>()),
    }
}

/// How much a title of each file counts: files count by the square root of their sizes.
fn weights_of_files(files: impl Iterator<Item = usize>) -> [f64; CLEAN + 1] {
    let mut counts = [0.0_f64; CLEAN + 1];
    files.for_each(|file| counts[file] += 1.0);
    let mut weights = counts.map(|count| 2.0 * (1000.0 / count.max(1.0)).sqrt());
    weights[CLEAN] *= CLEAN_WEIGHT;
    weights
}

/// The half that a title belongs to: confidence is learned from titles that the trees do not know.
fn half(title: &str) -> u64 {
    split::group(title, 4) / 2
}

/// Learns from the folds.
fn model(folds: Vec<Fold>, active: &[usize]) -> Model {
    let weights = weights_of_files(folds.iter().flat_map(|(_, lessons)| lessons).map(|one| one.file));
    let mut scratch = Scratch::default();
    let mut samples = Vec::new();
    let mut halves = [Vec::new(), Vec::new()];
    for (engine, lessons) in &folds {
        for lesson in lessons {
            let candidates = engine.features(&lesson.title, &mut scratch);
            if let Some(truth) = candidates.iter().position(|(soc, _)| *soc == lesson.soc) {
                let sample = Sample {
                    candidates: candidates.into_iter().map(|(_, features)| features).collect(),
                    truth,
                    weight: weights[lesson.file],
                };
                halves[half(&lesson.title) as usize].push(sample.clone());
                samples.push(sample);
            }
        }
    }
    let mut signals = Vec::new();
    let mut folds = folds;
    for (number, samples) in halves.iter().enumerate() {
        let learned = model_of(samples, active);
        folds = folds
            .into_iter()
            .map(|(engine, lessons)| (set(engine, &learned), lessons))
            .collect();
        for (engine, lessons) in &folds {
            let unseen = |lesson: &&Lesson| lesson.file != CLEAN && half(&lesson.title) as usize != number;
            for lesson in lessons.iter().filter(unseen) {
                if let Some(found) = engine.assess(&lesson.title, &mut scratch) {
                    signals.push((found.signals, found.soc == lesson.soc, weights[lesson.file]));
                }
            }
        }
    }
    Model {
        confidence: logistic(&signals),
        ..model_of(&samples, active)
    }
}

fn model_of(samples: &[Sample], active: &[usize]) -> Model {
    let features = learn(samples, active);
    Model {
        features,
        trees: boost(samples, active, &features).into(),
        confidence: [0.0; SIGNALS],
    }
}

/// The engine with this model, with coded titles or not.
fn set(engine: Engine, model: &Model) -> Engine {
    engine.with_weights(Weights {
        library: model.clone(),
        coded: model.clone(),
    })
}
