//! What can go wrong in recruiting.

use crate::error::Failure;
use crate::page::InvalidPage;
use crate::recruiting::invitations::Status;

/// An operation of recruiting failed. Its words are for the caller.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The limit is out of bounds.
    #[error("the limit is a number from 1 to 500")]
    InvalidLimit,
    /// The cursor was not made by this service.
    #[error("the cursor is the one that the page before gave")]
    InvalidCursor,
    /// A parameter stands twice.
    #[error("a query parameter is sent more than once")]
    RepeatedParameter,
    /// A parameter or member that names something is no UUID.
    #[error("{0} is not a UUID")]
    InvalidId(&'static str),
    /// The body is not the JSON that it should be.
    #[error("the body is not right: {0}")]
    InvalidJson(String),
    /// The batch is too long.
    #[error("one call invites 500 candidates at most; send the others in another")]
    TooManyCandidates,
    /// Neither applications nor a campaign are named.
    #[error(
        "say which ones: application_id (up to 500, repeated or separated by commas), campaign_id, or both"
    )]
    WhichOnes,
    /// Too many applications are named.
    #[error("one call asks for 500 applications at most; ask for the others in another")]
    TooManyIds,
    /// There is no such invitation.
    #[error("there is no such invitation")]
    UnknownInvitation,
    /// The invitation's link leads nowhere any more.
    #[error("this invitation is over")]
    InvitationOver,
    /// The invitation cannot go there from where it is.
    #[error("an invitation that is {from} cannot become {to}")]
    ImpossibleStatus {
        /// What it is.
        from: Status,
        /// What it was to become.
        to: Status,
    },
    /// The result is out of bounds.
    #[error("{0}")]
    InvalidResult(&'static str),
    /// The report cannot be taken.
    #[error("{0}")]
    InvalidReport(&'static str),
    /// The invitation has no report where it is.
    #[error("a report cannot be added to an invitation that is {0}; it can once that has started")]
    NoReportNow(Status),
    /// The invitation has all reports that it can have.
    #[error("{0}")]
    NoMoreReports(&'static str),
    /// There is no such report.
    #[error("there is no such report")]
    UnknownReport,
    /// Nothing is known of this person.
    #[error("there is no such candidate")]
    UnknownCandidate,
    /// Ours.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<InvalidPage> for Error {
    fn from(error: InvalidPage) -> Self {
        match error {
            InvalidPage::Limit => Self::InvalidLimit,
            InvalidPage::Cursor => Self::InvalidCursor,
        }
    }
}

impl Error {
    /// A short name, in kebab case: of the problem, and for the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::InvalidLimit => "invalid-limit",
            Self::InvalidCursor => "invalid-cursor",
            Self::RepeatedParameter => "repeated-parameter",
            Self::InvalidId(_) => "invalid-id",
            Self::InvalidJson(_) => "invalid-json",
            Self::TooManyCandidates => "too-many-candidates",
            Self::WhichOnes => "which-ones",
            Self::TooManyIds => "too-many-ids",
            Self::UnknownInvitation => "unknown-invitation",
            Self::InvitationOver => "invitation-over",
            Self::ImpossibleStatus { .. } | Self::NoReportNow(_) => "impossible-status",
            Self::NoMoreReports(_) => "no-more-reports",
            Self::InvalidResult(_) => "invalid-result",
            Self::InvalidReport(_) => "invalid-report",
            Self::UnknownReport => "unknown-report",
            Self::UnknownCandidate => "unknown-candidate",
            Self::Failure(_) => "failure",
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => match database.constraint() {
                // Its candidate was erased while it was written.
                Some("report_chunk_report_id_fkey") => Self::UnknownReport,
                _ => Self::Failure(error.into()),
            },
            _ => Self::Failure(error.into()),
        }
    }
}
