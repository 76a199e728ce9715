//! Occupation Benchmark (Lightcast contract s3): what open data say of an occupation in an area.
//!
//! It answers from the newest version of the caller's library, which has sources for it beside those of titles.

mod answer;
mod dataset;
mod dimension;
mod import;
mod region;
mod tables;

pub use answer::{Benchmark, Question};
pub use dataset::{Dataset, Datasets, InvalidDataset};
pub use dimension::{Dimension, Level, ListedOccupation, search_occupations};
pub use import::{
    BenchmarkRows, FactKind, ImportedArea, ImportedElement, ImportedFact, ImportedWage,
    ImportedWageOccupation, WAGES, element_descriptions, merged_occupations,
};
pub use region::{AreaLevel, NATION, Region, find_region, list_regions};
pub use tables::{BenchmarkTable, BenchmarkTables};

pub(super) use import::built_in::{complete_sources, import_built_in};
pub(super) use import::insert_rows;
