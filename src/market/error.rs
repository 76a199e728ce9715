//! What market data is refused for.

use crate::error::Failure;

/// A call about market data is refused. `Display` is what the caller reads.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such version, or it was retired.
    #[error("Unrecognized version: {0}")]
    UnknownVersion(String),
    /// The version has no title with this identifier.
    #[error("Unrecognized title: {0}")]
    UnknownTitle(String),
    /// The quota has less left than the call needs.
    #[error("The quota of {quota} normalizations has {left} left; it begins anew in {seconds} seconds.")]
    QuotaExceeded {
        /// The quota, such as `50/year`.
        quota: crate::clients::Quota,
        /// What is left of it.
        left: u64,
        /// Seconds until the next period.
        seconds: u64,
    },
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}
