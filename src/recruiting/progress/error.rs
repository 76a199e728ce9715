//! What can go wrong when an invitation goes on.

use crate::error::Failure;
use crate::recruiting::invitations::{ImpossibleStatus, InvalidResult};

/// Why the status or the result of an invitation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such invitation among those that the actor reaches.
    #[error("no such invitation")]
    UnknownInvitation,
    /// The status cannot follow the one that the invitation has.
    #[error(transparent)]
    ImpossibleStatus(#[from] ImpossibleStatus),
    /// The result is out of bounds.
    #[error(transparent)]
    InvalidResult(#[from] InvalidResult),
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}
