//! How versions come and go: a draft is composed of sources, published in one step, and retired.

mod compose;
mod draft;
mod error;
mod manage;
mod plural;
mod store;

pub use draft::{DraftOutcome, compose_draft};
pub use error::Error;
pub(super) use manage::lock_library;
pub use manage::{
    ListedVersion, VersionDifference, diff_versions, find_library, list_versions, publish_version,
    retire_version,
};
