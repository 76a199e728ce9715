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
    /// The retirement of this secret cannot be taken back.
    #[error(
        "secret `{1}` of client `{0}` cannot be restored: it was retired for good, or longer ago than a day, or would have \
         expired since; add another secret"
    )]
    SecretNotRestorable(ClientId, SecretId),
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
    /// Another secret has the identifier that was chosen for a new one ([`HashedSecret::with_id`](super::HashedSecret::with_id)).
    #[error("another secret has this identifier")]
    SecretIdTaken,
    /// The secret is shorter than 32 bytes.
    #[error("the secret has fewer than 32 bytes, too few for HS256 (RFC 7518 s3.2)")]
    WeakSecret,
    /// A setting is out of its range, or does not go with another one.
    #[error(transparent)]
    InvalidSetting(#[from] InvalidSetting),
    /// A failure of the service.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// A setting that is out of its range, or does not go with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetting {
    /// A `client_id` that would be mistaken for another one, or that no address leads to.
    #[error(
        "the client_id should be without a space at its beginning and end, and not `new`, `.` or `..`, by which no page could be reached"
    )]
    ClientId,
    /// How long tokens live.
    #[error("the token lifetime should be 60 to 3600 seconds")]
    TokenTtl,
    /// How long assertions may live.
    #[error("the longest assertion lifetime should be 60 to 86400 seconds")]
    MaxAssertionTtl,
    /// The tolerated difference of clocks.
    #[error("the clock skew should be 0 to 300 seconds")]
    ClockSkew,
    /// The rate of requests.
    #[error("the request rate should be 1 to 1000000 a second")]
    RequestRate,
    /// The unit of the customer.
    #[error(
        "the organisational unit should be 1 to 200 characters, none of them a line break, a control or an invisible character"
    )]
    OrganisationalUnit,
    /// The audiences of assertions.
    #[error(
        "the list of audiences should be at most 20 of 1 to 500 bytes, without control characters and without spaces around them"
    )]
    Audiences,
    /// The hosts of callbacks.
    #[error(
        "the list of callback hosts should be at most 20 complete host names such as ats.example, without scheme, port, wildcard and dot at the end, and in ASCII (xn--…)"
    )]
    CallbackHosts,
    /// The networks of an admin.
    #[error(
        "the list of networks should be at most 20 networks or addresses such as 203.0.113.0/24, 203.0.113.7 and 2001:db8::/32"
    )]
    Networks,
    /// There is no scope.
    #[error("the list of scopes should be at least one scope")]
    NoScope,
    /// Callbacks cannot be signed.
    #[error(
        "the list of callback hosts should be empty without the grant jwt_bearer: callbacks are signed with the secret that is sealed for it"
    )]
    HostsWithoutAssertions,
    /// A scope is about a customer's data, and there is no customer.
    #[error("the customer should be given for a client with scope videos, assessments or profiles")]
    CustomerMissing,
    /// A customer's client would be an admin.
    #[error("the customer should be left out for a client with scope admin, which reaches all customers")]
    CustomerOfAdmin,
    /// An admin would act for users.
    #[error(
        "the list of grants should be client_credentials alone for a client with scope admin, which acts for no user"
    )]
    GrantsOfAdmin,
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::constraint);
        match constraint {
            Some("client_secret_pkey") => Self::SecretIdTaken,
            _ => Self::Failure(error.into()),
        }
    }
}

impl From<QueueFull> for Error {
    fn from(error: QueueFull) -> Self {
        Self::Failure(Failure::unavailable(error))
    }
}
