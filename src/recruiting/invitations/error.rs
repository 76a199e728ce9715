//! What can go wrong when candidates are invited.

use super::invite::MAX_CANDIDATES;
use crate::error::Failure;

/// Why no candidate was invited.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The batch is too long.
    #[error("a call must have at most {MAX_CANDIDATES} candidates; send the others in another")]
    TooManyCandidates,
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}
