//! What can go wrong with reports.

use crate::error::Failure;
use crate::recruiting::invitations::Status;
use crate::text::{InvalidName, InvalidUrl};

/// Why a report could not be added or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is out of bounds.
    #[error(
        "name must have 1 to 200 characters, none of them a line break, a control or an invisible character"
    )]
    InvalidName(#[from] InvalidName),
    /// The URL cannot be used.
    #[error("url must be an https URL of at most 2000 bytes, without user, password, line breaks and `\\`")]
    InvalidUrl(#[from] InvalidUrl),
    /// The document is not a PDF, as it is said to be.
    #[error("a PDF must have %PDF- within its first 1024 bytes")]
    NotPdf,
    /// The document is HTML in another encoding.
    #[error("an HTML report must be in UTF-8, which this body is not")]
    NotUtf8,
    /// The document has no bytes.
    #[error("the body must not be empty")]
    EmptyDocument,
    /// There is no such invitation among those that the actor reaches.
    #[error("no such invitation")]
    UnknownInvitation,
    /// The invitation has not started, or was called off.
    #[error("a report cannot be added to an invitation that is {0}; it can once that has started")]
    NotStarted(Status),
    /// The invitation is to a video interview.
    #[error("a video interview has no reports; its result has a video_url")]
    OfVideo,
    /// The invitation has 20 reports.
    #[error("an invitation has at most 20 reports")]
    TooMany,
    /// There is no such report, or it is erased.
    #[error("no such report")]
    UnknownReport,
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::constraint);
        match constraint {
            // Its candidate was erased while it was written.
            Some("report_chunk_report_id_fkey") => Self::UnknownReport,
            _ => Self::Failure(error.into()),
        }
    }
}
