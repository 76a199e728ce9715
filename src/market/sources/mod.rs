//! What versions are made of: data as it was imported, from one release of one publisher.

mod rows;
mod source;
mod store;
mod write;

pub use rows::{ImportBatch, ImportedOccupation, ImportedSkill, ImportedTitle, OwnTitle};
pub use source::{Source, SourceKind};
pub use write::{ImportOutcome, ImportWriter};

pub(super) use store::{SourceTitle, list_newest, list_own_titles, list_titles};
