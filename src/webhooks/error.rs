//! What can go wrong when the outbox is asked or told something.

use uuid::Uuid;

use crate::error::Failure;

/// An operation on the outbox failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No event of this identifier was given up.
    #[error("there is no parked event `{0}`; `callback list --parked` shows them")]
    NotParked(Uuid),
    /// Ours.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}
