//! The routes of the Talentsoft dialect, and the errors of recruiting on the wire.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError, web};

use super::error::Error;
use super::{campaigns, reports};
use crate::wire::problem::Problem;
use crate::wire::trace::Trace;

/// Registers the endpoints.
pub fn configure(config: &mut web::ServiceConfig) {
    campaigns::routes::configure(config);
    reports::routes::configure(config);
}

impl Error {
    /// Leaves in the request's log line why it was refused.
    pub fn note(&self, trace: &Trace) {
        match self {
            Self::Fault(fault) => trace.note_fault(fault),
            other => trace.note_reason(other.name()),
        }
    }

    /// The name of the problem.
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
            Self::UnknownCampaign(_) => "unknown-campaign",
            Self::NoSuchCampaign => "unknown-campaign",
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
            Self::InvalidResult(_) => "invalid-result",
            Self::InvalidReport(_) => "invalid-report",
            Self::UnknownReport => "unknown-report",
            Self::UnknownCandidate => "unknown-candidate",
            Self::Body(error) => error.name(),
            Self::Fault(_) => "fault",
        }
    }

    /// As problem details (RFC 9457).
    #[must_use]
    pub fn problem(&self) -> Problem {
        let problem = |status, title| Problem::new(status, self.name(), title, self.to_string());
        match self {
            Self::Fault(fault) => Problem::of_fault(fault),
            Self::Body(error) => error.problem(),
            Self::UnknownCampaign(_)
            | Self::NoSuchCampaign
            | Self::NoCreationLink
            | Self::UnknownInvitation
            | Self::UnknownReport
            | Self::UnknownCandidate => problem(StatusCode::NOT_FOUND, "Not found"),
            Self::InvitationOver => problem(StatusCode::GONE, "Gone"),
            Self::ImpossibleStatus { .. } | Self::NoReportNow(_) => {
                problem(StatusCode::CONFLICT, "Not possible now")
            }
            Self::InvalidName
            | Self::InvalidLanguage
            | Self::InvalidKeyword
            | Self::InvalidLimit
            | Self::InvalidCursor
            | Self::InvalidId(_)
            | Self::InvalidJson(_)
            | Self::InvalidTemplate(_)
            | Self::InvalidResult(_)
            | Self::InvalidReport(_)
            | Self::CurrentUserNeeded
            | Self::TooManyCandidates
            | Self::WhichOnes
            | Self::TooManyIds
            | Self::RepeatedParameter
            | Self::UnknownCustomer => Problem::bad_request(self.name(), self.to_string()),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.problem().status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        match self {
            Self::Body(error) => error.respond(),
            other => other.problem().respond(),
        }
    }
}
