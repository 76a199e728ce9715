//! What the domains refuse, as problem details (RFC 9457), for every wing that speaks them.

use actix_web::http::StatusCode;

use crate::recruiting::Error;
use crate::wire::problem::Problem;

/// What recruiting refuses.
#[must_use]
pub fn of_recruiting(error: &Error) -> Problem {
    let problem = |status, title| Problem::new(status, error.name(), title, error.to_string());
    match error {
        Error::Failure(failure) => Problem::of_failure(failure),
        Error::UnknownCustomer
        | Error::UnknownCampaign(_)
        | Error::NoSuchCampaign
        | Error::NoCreationLink
        | Error::UnknownInvitation
        | Error::UnknownReport
        | Error::UnknownCandidate => problem(StatusCode::NOT_FOUND, "Not found"),
        Error::InvitationOver => problem(StatusCode::GONE, "Gone"),
        Error::ImpossibleStatus { .. } | Error::NoReportNow(_) | Error::NoMoreReports(_) => {
            problem(StatusCode::CONFLICT, "Conflict")
        }
        Error::InvalidName
        | Error::InvalidLanguage
        | Error::InvalidKeyword
        | Error::InvalidLimit
        | Error::InvalidCursor
        | Error::InvalidId(_)
        | Error::InvalidJson(_)
        | Error::InvalidTemplate(_)
        | Error::InvalidResult(_)
        | Error::InvalidReport(_)
        | Error::CurrentUserNeeded
        | Error::TooManyCandidates
        | Error::WhichOnes
        | Error::TooManyIds
        | Error::RepeatedParameter => Problem::bad_request(error.name(), error.to_string()),
    }
}
