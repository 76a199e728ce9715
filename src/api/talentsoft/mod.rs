//! The routes of the Talentsoft dialect, and the errors of recruiting on the wire.

mod api;
mod campaigns;
mod dialect;
mod invitations;
mod reports;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType, LINK};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, web};
use bytes::Bytes;
use serde::Serialize;

use crate::api::guard::{Guarded, Refusal, standing_headers};
use crate::app::App;
use crate::ids::CustomerId;
use crate::recruiting::Error;
use crate::wire::problem::Problem;
use crate::wire::request_log::RequestContext;

/// Registers the endpoints.
pub fn configure(config: &mut web::ServiceConfig) {
    campaigns::configure(config);
    invitations::configure(config);
    reports::configure(config);
}

/// The customer whose data the call reaches; without one, the refusal is noted.
pub(super) fn customer_of(call: &Guarded, app: &App, request: &HttpRequest) -> Result<CustomerId, Refusal> {
    let note = |refusal: &Refusal| refusal.note(app, &RequestContext::of(request));
    call.customer_id().inspect_err(note)
}

/// Leaves in the request's log line why it was refused, if it was.
pub(super) fn noted<T>(request: &HttpRequest, result: Result<T, Error>) -> Result<T, Error> {
    result.inspect_err(|error| error.note(&RequestContext::of(request)))
}

/// 200 with JSON that nobody may keep, the query of the next page if there is one, and where the client stands.
pub(super) fn answer(call: &Guarded, body: &impl Serialize, next: Option<&str>) -> HttpResponse {
    head(call, next).json(body)
}

/// The same, with JSON that is written already.
pub(super) fn answer_json(call: &Guarded, json: Bytes, next: Option<&str>) -> HttpResponse {
    head(call, next).insert_header(ContentType::json()).body(json)
}

fn head(call: &Guarded, next: Option<&str>) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    if let Some(next) = next {
        response.insert_header((LINK, format!("<?{next}>; rel=\"next\"")));
    }
    let standing = call.standing.map(|standing| standing_headers(standing, 1));
    for header in standing.unwrap_or_default() {
        response.insert_header(header);
    }
    response
}

impl Error {
    /// Leaves in the request's log line why it was refused.
    pub fn note(&self, trace: &RequestContext) {
        match self {
            Self::Failure(failure) => trace.note_failure(failure),
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
            Self::Body(error) => error.name(),
            Self::Failure(_) => "failure",
        }
    }

    /// As problem details (RFC 9457).
    #[must_use]
    pub fn problem(&self) -> Problem {
        let problem = |status, title| Problem::new(status, self.name(), title, self.to_string());
        match self {
            Self::Failure(failure) => Problem::of_failure(failure),
            Self::Body(error) => error.problem(),
            Self::UnknownCustomer
            | Self::UnknownCampaign(_)
            | Self::NoSuchCampaign
            | Self::NoCreationLink
            | Self::UnknownInvitation
            | Self::UnknownReport
            | Self::UnknownCandidate => problem(StatusCode::NOT_FOUND, "Not found"),
            Self::InvitationOver => problem(StatusCode::GONE, "Gone"),
            Self::ImpossibleStatus { .. } | Self::NoReportNow(_) | Self::NoMoreReports(_) => {
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
            | Self::RepeatedParameter => Problem::bad_request(self.name(), self.to_string()),
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
