//! What can go wrong in recruiting.

use crate::error::Failure;
use crate::ids::CampaignId;
use crate::page::InvalidPage;
use crate::recruiting::invitations::Status;

/// An operation of recruiting failed. Its words are for the caller.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is out of bounds.
    #[error("a campaign's name has 1 to 200 characters, none of them a control character")]
    InvalidName,
    /// The language is no BCP 47 tag.
    #[error("a language is a BCP 47 tag such as fr or fr-FR")]
    InvalidLanguage,
    /// The keyword is too long, or has a character that no name can have.
    #[error("the keyword has at most 200 characters, none of them NUL")]
    InvalidKeyword,
    /// The limit is out of bounds.
    #[error("the limit is a number from 1 to 500")]
    InvalidLimit,
    /// The cursor was not made by this service.
    #[error("the cursor is the one that the page before gave")]
    InvalidCursor,
    /// A parameter stands twice.
    #[error("a query parameter is sent more than once")]
    RepeatedParameter,
    /// There is no such customer.
    #[error("there is no such customer; `customer list` shows them")]
    UnknownCustomer,
    /// There is no such open campaign.
    #[error("there is no open campaign `{0}`; `campaign list` shows them")]
    UnknownCampaign(CampaignId),
    /// There is no such campaign, open or closed.
    #[error("there is no such campaign")]
    NoSuchCampaign,
    /// A parameter or member that names something is no UUID.
    #[error("{0} is not a UUID")]
    InvalidId(&'static str),
    /// The body is not the JSON that it should be.
    #[error("the body is not right: {0}")]
    InvalidJson(String),
    /// The template of a creation link cannot be used.
    #[error("{0}")]
    InvalidTemplate(&'static str),
    /// The admin set no creation link.
    #[error("there is no link to create a campaign; campaigns are made with the partner")]
    NoCreationLink,
    /// The answer depends on who asks.
    #[error("this link is made for a user: send the header X-Current-User, or use a user's token")]
    CurrentUserNeeded,
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
            Self::InvalidName => "invalid-name",
            Self::InvalidLanguage => "invalid-language",
            Self::InvalidKeyword => "invalid-keyword",
            Self::InvalidLimit => "invalid-limit",
            Self::InvalidCursor => "invalid-cursor",
            Self::RepeatedParameter => "repeated-parameter",
            Self::UnknownCustomer => "unknown-customer",
            Self::UnknownCampaign(_) | Self::NoSuchCampaign => "unknown-campaign",
            Self::InvalidId(_) => "invalid-id",
            Self::InvalidJson(_) => "invalid-json",
            Self::InvalidTemplate(_) => "invalid-template",
            Self::NoCreationLink => "no-creation-link",
            Self::CurrentUserNeeded => "current-user-needed",
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
                constraint if is_unknown_customer(constraint) => Self::UnknownCustomer,
                // Its candidate was erased while it was written.
                Some("report_chunk_report_id_fkey") => Self::UnknownReport,
                _ => Self::Failure(error.into()),
            },
            _ => Self::Failure(error.into()),
        }
    }
}

fn is_unknown_customer(constraint: Option<&str>) -> bool {
    matches!(
        constraint,
        Some("campaign_customer_id_fkey" | "creation_link_customer_id_fkey")
    )
}
