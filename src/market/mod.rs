//! Labour-market data: libraries of titles, benchmarks of occupations, their versions, and what they were imported from.
//!
//! A *source* is data as it was imported, from one release of one publisher. A *version* of a library is made of the newest
//! source of each kind; once published it never changes. A customer may have a library of its own; whoever has none uses the
//! one that all share.

pub mod benchmark;
pub mod built_in;
mod catalogue;
mod error;
pub mod imports;
pub mod publishing;
pub mod quota;
pub mod sources;
pub mod titles;
pub mod versions;

pub use catalogue::Catalogue;
pub use error::Error;

use std::num::NonZeroUsize;

use benchmark::BenchmarkTables;
use titles::{MappingTables, TitleIndexes};

/// How the data APIs are served.
#[derive(Clone, Copy, Debug)]
pub struct MarketSettings {
    /// `PARTNER_TITLE_INDEXES`: most versions of libraries that are in memory to normalize with.
    pub title_indexes: NonZeroUsize,
}

impl Default for MarketSettings {
    fn default() -> Self {
        Self {
            title_indexes: const { NonZeroUsize::new(4).unwrap() },
        }
    }
}

/// What is kept in memory of market data. Nothing is, before the first call that needs it.
pub struct Market {
    /// The published versions.
    pub catalogue: Catalogue,
    /// What titles are mapped to.
    pub mappings: MappingTables,
    /// Versions to normalize with.
    pub indexes: TitleIndexes,
    /// Versions to answer benchmarks from.
    pub benchmarks: BenchmarkTables,
}

impl Market {
    /// Nothing yet.
    #[must_use]
    pub fn new(settings: MarketSettings) -> Self {
        Self {
            catalogue: Catalogue::default(),
            mappings: MappingTables::default(),
            indexes: TitleIndexes::new(settings.title_indexes),
            benchmarks: BenchmarkTables::default(),
        }
    }

    /// The change feed's call: the database tells another history, in which a version of the same number may have another
    /// content.
    pub fn start_over(&self) {
        self.catalogue.forget();
        self.mappings.clear();
        self.indexes.clear();
        self.benchmarks.clear();
    }
}
