//! Titles: what a library has of them, and reading them.

mod answers;
mod changes;
mod fields;
mod index;
mod indexes;
mod mapping;
mod read;
mod store;
mod title;

pub use changes::{Changes, TitleName, list_changes};
pub use fields::{Field, Fields, InvalidField};
pub use index::{Best, Candidate, Normalized, TitleIndex};
pub use indexes::{INDEXED_VERSIONS, TitleIndexes};
pub use mapping::{Mapping, MappingTable, MappingTables};
pub use read::{TITLES_PER_READ, TitlePosition, find_title, find_titles, read_titles};
pub use title::{Named, Title};
pub use title_engine::{Explanation, TitleId};
