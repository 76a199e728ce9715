//! What can go wrong in the registry.

use crate::crypto::password::QueueFull;
use crate::error::Failure;
use crate::ids::{ClientId, SecretId};

/// A registry operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such client.
    #[error("there is no client `{0}`")]
    UnknownClient(ClientId),
    /// There is no such customer.
    #[error("there is no customer `{0}`")]
    UnknownCustomer(String),
    /// There is no such secret of this client.
    #[error("client `{0}` has no unretired secret `{1}`")]
    UnknownSecret(ClientId, SecretId),
    /// A customer of this name exists.
    #[error("a customer named `{0}` exists already")]
    CustomerExists(String),
    /// A customer's name is out of bounds.
    #[error(
        "a customer's name has 1 to 200 characters, none of them a line break, a control or an invisible character"
    )]
    InvalidCustomerName,
    /// A client with this `client_id` exists.
    #[error("a client `{0}` exists already")]
    ClientExists(ClientId),
    /// The secret is a live secret of this client already.
    #[error("client `{0}` has this secret already")]
    SecretExists(ClientId),
    /// The secret is shorter than 32 bytes.
    #[error("the secret has fewer than 32 bytes, too few for HS256 (RFC 7518 s3.2)")]
    WeakSecret,
    /// A setting is out of its range.
    #[error(transparent)]
    InvalidSetting(#[from] InvalidSetting),
    /// A failure of the service.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// A setting out of its range.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} should be {expected}")]
pub struct InvalidSetting {
    pub(super) setting: &'static str,
    pub(super) expected: &'static str,
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
