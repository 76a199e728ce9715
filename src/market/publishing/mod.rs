//! How versions come and go: a draft is composed of sources, published in one step, and retired.

mod compose;
mod draft;
mod error;
mod listing;
mod manage;
mod plural;
mod store;

pub use draft::{DraftOutcome, compose_draft};
pub use error::Error;
pub use listing::{
    CountedDifference, ListedVersion, VersionDifference, count_title_differences, diff_versions,
    list_versions,
};
pub(super) use manage::lock_library;
pub use manage::{find_library, publish_version, retire_version};
