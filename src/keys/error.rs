//! What can go wrong with keys.

use super::ring::SealingKeyId;
use crate::crypto::seal::DoesNotOpen;
use crate::error::Failure;

/// A key operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The keys in the database were sealed under another master key.
    #[error("the master key given ({given}) is not the one that sealed the keys in this database ({needed})")]
    OtherMasterKey {
        /// Fingerprint of the key that was given.
        given: String,
        /// Fingerprint of the key that is needed.
        needed: String,
    },
    /// A sealed key or secret is damaged.
    #[error("sealed data in the database is damaged")]
    Damaged(#[from] DoesNotOpen),
    /// There is no token key with this number.
    #[error("there is no token key {0}")]
    UnknownTokenKey(SealingKeyId),
    /// The token key to retire is the one that seals.
    #[error("token key {0} is the one that seals")]
    KeySeals(SealingKeyId),
    /// A failure of the service.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Failure(failure) => failure,
            other => Self::internal(other),
        }
    }
}
