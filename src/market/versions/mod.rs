//! Versions of a library.

mod number;
mod store;
mod version;

pub use number::{InvalidVersion, VersionName, VersionNumber};
pub use version::{LibraryId, MappingReleases, PublishedVersion, Sequence, VersionStatus};

pub(super) use store::list_published;
