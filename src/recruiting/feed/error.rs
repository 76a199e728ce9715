//! What can go wrong when the platform reads invitations.

use crate::error::Failure;

/// Why an invitation could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such invitation among those that the actor reaches.
    #[error("no such invitation")]
    UnknownInvitation,
    /// The link of the invitation leads nowhere any more.
    #[error("this invitation is over")]
    InvitationOver,
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}
