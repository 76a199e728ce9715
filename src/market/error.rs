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
    /// There is no such dimension, or nobody imported it.
    #[error("Unrecognized dimension: {0}; the dimensions are onet and soc")]
    UnknownDimension(String),
    /// The dimension has no such occupation.
    #[error(
        "Unrecognized occupation: {id} is not in dimension {dimension}; GET /occupation-benchmark/dimensions/{dimension} lists those that are"
    )]
    UnknownOccupation {
        /// What was asked for, or the beginning of it.
        id: String,
        /// The dimension.
        dimension: &'static str,
    },
    /// There are no data of such an area.
    #[error("Unrecognized region: {0}; GET /occupation-benchmark/meta lists those that there are data of")]
    UnknownRegion(String),
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
