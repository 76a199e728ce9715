//! What can go wrong with profiles.

use super::subdomain::SubdomainName;
use crate::error::Failure;

/// Why an operation on profiles did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such subdomain among those that the actor reaches.
    #[error("no such subdomain")]
    UnknownSubdomain,
    /// There is no such profile at the subdomain.
    #[error("no such profile")]
    UnknownProfile,
    /// A subdomain of this name exists, with whatever customer.
    #[error("there is a subdomain `{0}` already")]
    SubdomainExists(SubdomainName),
    /// There are profiles at the subdomain.
    #[error("there are profiles at `{0}`")]
    SubdomainInUse(SubdomainName),
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}
