//! What publishing is refused for.

use crate::error::Failure;
use crate::market::versions::VersionNumber;

/// A version cannot be published, retired or compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library has no such version.
    #[error("there is no version {0}")]
    UnknownVersion(VersionNumber),
    /// A version would not come after the last one.
    #[error("version {0} does not come after {1}, the last one")]
    NotAfter(VersionNumber, VersionNumber),
    /// The version was retired.
    #[error("version {0} was retired")]
    Retired(VersionNumber),
    /// The version is a draft, which nobody sees.
    #[error("version {0} is a draft")]
    Draft(VersionNumber),
    /// It is the last one that is published.
    #[error("version {0} is the only one that is published; publish another one before")]
    Last(VersionNumber),
    /// There is nothing to publish.
    #[error("there is no draft")]
    NoDraft,
    /// There are too many versions to count.
    #[error("the library has too many versions")]
    TooManyVersions,
    /// The sources have no titles.
    #[error("what was imported has no titles")]
    NoTitles,
    /// The partner gives a title an identifier that belongs to another one.
    #[error("the identifier {title_id} of `{title}` belongs to another title of the library")]
    TitleIdTaken {
        /// The identifier.
        title_id: String,
        /// The title that was to get it.
        title: String,
    },
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}
