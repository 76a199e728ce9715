//! Fits the weights of the features, the trees and the weights of confidence to titles whose occupation is known.

use std::panic::resume_unwind;

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

/// How much a title of each file counts where the library has coded titles, beside what its number gives it. The
/// first file is by far the largest; there its titles have evidence of their own, so that they need not make room.
const CODED_WEIGHTS: [f64; CLEAN + 1] = [3.0, 1.0, 1.0, CLEAN_WEIGHT];

/// The same where it has none.
const LIBRARY_WEIGHTS: [f64; CLEAN + 1] = [1.0, 1.0, 1.0, CLEAN_WEIGHT];

/// The features that a library without coded titles has.
fn library_features() -> Vec<usize> {
    let counted = [
        Feature::Titles,
        Feature::Top,
        Feature::SharpVotes,
        Feature::GroupVotes,
        Feature::Matched,
        Feature::Counted,
        Feature::MinorVotes,
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

/// Whether a coded title belongs to a fold.
fn is_in(row: &Row, fold: u64) -> bool {
    split::group(&row.1.title, 2 * FOLDS) / 2 == fold
}

/// The titles that the SOC lists, and engines without them. They know as many coded titles as those of the other
/// folds: by how many there are, one could tell the folds apart.
fn clean_folds(library: &Library, parts: &[u64], rows: &[Row]) -> Vec<Fold> {
    let fold = |(fold, part): (u64, &u64)| {
        let (rest, held) = clean::hold_back(library, *part);
        let lesson = |(title, soc)| Lesson {
            file: CLEAN,
            title,
            soc,
        };
        (
            with_coded(&rest, rows.iter().filter(|row| !is_in(row, fold % FOLDS))),
            held.into_iter().map(lesson).collect(),
        )
    };
    (0..).zip(parts).map(fold).collect()
}

/// The weights that fit `rows` and these parts of the titles that the SOC lists best.
pub fn fit(library: &Library, rows: &[Row], parts: &[u64]) -> Weights {
    let alone = || {
        let engine = with_coded(library, std::iter::empty());
        let mut folds = vec![(engine, rows.iter().map(lesson).collect())];
        folds.extend(clean_folds(library, parts, &[]));
        model(folds, &library_features(), &LIBRARY_WEIGHTS)
    };
    let coded = || {
        let fold = |fold: u64| {
            let engine = with_coded(library, rows.iter().filter(|row| !is_in(row, fold)));
            let held = rows.iter().filter(|row| is_in(row, fold));
            (engine, held.map(lesson).collect())
        };
        let mut folds: Vec<Fold> = (0..FOLDS).map(fold).collect();
        folds.extend(clean_folds(library, parts, rows));
        model(folds, &(0..FEATURES).collect::<Vec<_>>(), &CODED_WEIGHTS)
    };
    let (library, coded) = both(alone, coded);
    Weights { library, coded }
}

/// What both return, done at the same time.
fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (one, other.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// How much a title of each file counts: files count by the square root of their sizes.
fn weights_of_files(files: impl Iterator<Item = usize>, factors: &[f64; CLEAN + 1]) -> [f64; CLEAN + 1] {
    let mut counts = [0.0_f64; CLEAN + 1];
    files.for_each(|file| counts[file] += 1.0);
    std::array::from_fn(|file| factors[file] * 2.0 * (1000.0 / counts[file].max(1.0)).sqrt())
}

/// The half that a title belongs to: confidence is learned from titles that the trees do not know.
fn half(title: &str) -> u64 {
    split::group(title, 4) / 2
}

/// Learns from the folds.
fn model(folds: Vec<Fold>, active: &[usize], factors: &[f64; CLEAN + 1]) -> Model {
    let files = folds.iter().flat_map(|(_, lessons)| lessons).map(|one| one.file);
    let weights = weights_of_files(files, factors);
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
    let [first, second] = &halves;
    let learn_halves = || both(|| model_of(first, active), || model_of(second, active));
    let (all, (first, second)) = both(|| model_of(&samples, active), learn_halves);
    for (number, learned) in [first, second].iter().enumerate() {
        folds = folds
            .into_iter()
            .map(|(engine, lessons)| (set(engine, learned), lessons))
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
        ..all
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
