//! The errors of key operations.

use super::ring::SealingKeyId;
use crate::crypto::seal::DoesNotOpen;
use crate::error::Failure;

/// Why a key operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The keys in the database were sealed under another master key.
    #[error("the master key given ({given}) is not the one that sealed the keys in this database ({needed})")]
    OtherMasterKey {
        /// The fingerprint of the master key that was given.
        given: String,
        /// The fingerprint of the master key that sealed the keys.
        needed: String,
    },
    /// A sealed key or secret is damaged.
    #[error("sealed data in the database is damaged")]
    Damaged(#[from] DoesNotOpen),
    /// There is no token key with this number.
    #[error("there is no token key {0}")]
    UnknownTokenKey(SealingKeyId),
    /// The token key to retire seals new tokens.
    #[error("token key {0} seals new tokens")]
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
