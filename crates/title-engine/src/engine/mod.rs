//! The engine: a library in memory, and what is asked of it.

mod board;
mod build;
pub mod confidence;
pub mod explain;
pub mod features;
mod grams;
mod habits;
mod measure;
pub mod normalize;
pub mod query;
mod rank;
pub mod search;
mod similar;
pub mod trees;
mod unit_set;
mod units;
mod votes;
pub mod weights;
pub mod work;

use std::cell::Cell;

use crate::codes::{OccupationCode, Soc};
use crate::ids::TitleId;
use crate::index::field::Field;
use crate::index::grams::Grams;
use crate::index::rows::Rows;
use crate::index::spelling::Spelling;
use crate::index::vocabulary::Vocabulary;
use crate::index::{Unit, WordId};
use board::Board;
use features::Features;
use query::{Form, Lexicon, Query};
use rank::Rank;
use similar::Similar;
use unit_set::UnitSet;
use votes::{Groups, Votes};
use weights::{Model, Weights};
use work::Work;

/// A library of titles in memory, and its indexes.
#[derive(Debug)]
pub struct Engine {
    titles: Vec<TitleEntry>,
    evidence: Rows<(OccupationCode, f32)>,
    units: Vec<UnitEntry>,
    titles_of_unit: Rows<u32>,
    vocabulary: Vocabulary,
    counts: Vec<u32>,
    spelling: Spelling,
    library: Field,
    coded: Field,
    coded_names: Rows<u8>,
    has_coded: bool,
    habits: habits::Habits,
    descriptions: Grams,
    names: Rows<WordId>,
    weights: Weights,
}

/// A title of the library.
#[derive(Debug)]
struct TitleEntry {
    id: TitleId,
    name: Box<str>,
}

/// A detailed occupation of the SOC.
#[derive(Debug)]
struct UnitEntry {
    soc: Soc,
    name: String,
    description: String,
    people: u64,
    employment: f32,
    groups: Groups,
    coded: f32,
    coded_group: f32,
    titles: f32,
}

/// Buffers of one caller at a time, kept from call to call so that a call allocates next to nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    query: Query,
    board: Board,
    sums: Vec<f32>,
    touched: Vec<u32>,
    top: Vec<Similar>,
    near: Vec<Similar>,
    voices: Vec<f32>,
    ranking: Vec<Rank>,
    candidates: UnitSet,
    measured: Vec<(Unit, Features)>,
    like: Vec<(Unit, f32)>,
    shares: Vec<(u32, f32)>,
    votes: [Votes; 2],
    rarest: Vec<(usize, WordId, f32)>,
    work: Work,
    fits: Cell<usize>,
}

impl Scratch {
    /// What the last question cost.
    #[must_use]
    pub fn work(&self) -> Work {
        Work {
            fits: self.fits.get(),
            ..self.work
        }
    }
}

impl Engine {
    /// The same engine with other weights.
    #[must_use]
    pub fn with_weights(mut self, weights: Weights) -> Self {
        self.weights = weights;
        self
    }

    /// What was learned for such a library.
    fn model(&self) -> &Model {
        if self.has_coded {
            &self.weights.coded
        } else {
            &self.weights.library
        }
    }

    fn lexicon(&self) -> Lexicon<'_> {
        Lexicon {
            vocabulary: &self.vocabulary,
            counts: &self.counts,
            spelling: &self.spelling,
        }
    }

    /// Reads `raw`, for [`normalize_read`](Self::normalize_read), and says what it has read.
    pub fn read(&self, raw: &str, scratch: &mut Scratch) -> Form {
        scratch.query.read(raw, self.lexicon());
        scratch.query.form()
    }

    /// The features of the occupations that `raw` may belong to: what weights are learned from.
    pub fn features(&self, raw: &str, scratch: &mut Scratch) -> Vec<(Soc, Features)> {
        scratch.query.read(raw, self.lexicon());
        self.measure(scratch);
        let soc = |unit: Unit| self.units.get(usize::from(unit)).map(|unit| unit.soc);
        scratch
            .measured
            .iter()
            .filter_map(|(unit, features)| Some((soc(*unit)?, *features)))
            .collect()
    }
}
