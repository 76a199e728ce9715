//! What can go wrong with accounts of staff.

use super::names::SignInName;
use super::password::MIN_PASSWORD_CHARS;
use crate::crypto::password::QueueFull;
use crate::error::Failure;

/// An operation on an account failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such account.
    #[error("there is no staff account `{0}`")]
    UnknownAccount(String),
    /// An account with this sign-in name exists.
    #[error("a staff account `{0}` exists already")]
    AccountExists(SignInName),
    /// Nobody else could manage staff.
    #[error("`{0}` is the last enabled admin: make somebody else an admin first")]
    LastAdmin(SignInName),
    /// The password is too short.
    #[error("a password must have at least {MIN_PASSWORD_CHARS} characters")]
    WeakPassword,
    /// The account has a second factor, which is removed before another one is added.
    #[error("there is a second factor already")]
    SecondFactorExists,
    /// The person at the identity provider is linked to another account.
    #[error("this person of the identity provider is linked to the account `{0}` already")]
    IdentityTaken(SignInName),
    /// The identity is out of bounds.
    #[error("an issuer must be an https URL, and a subject must have 1 to 255 characters")]
    InvalidIdentity,
    /// A failure of the service.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl From<QueueFull> for Error {
    fn from(error: QueueFull) -> Self {
        Self::Failure(Failure::unavailable(error))
    }
}
