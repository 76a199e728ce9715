//! Errors of the operations on the outbox.

use uuid::Uuid;

use crate::error::Failure;

/// Why an operation on the outbox failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no event with this identifier.
    #[error("there is no event `{0}`; events that were delivered are kept for a week")]
    UnknownEvent(Uuid),
    /// No event with this identifier is parked.
    #[error("there is no parked event `{0}`")]
    NotParked(Uuid),
    /// A failure of the service.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}
