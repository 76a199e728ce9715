//! What Talentsoft's calls are refused for, as problem details.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, ResponseError};

use super::refresh_query::RefreshError;
use crate::api::guard::{ProblemDetails, Refusal};
use crate::api::problems::{ApiError, RefusalCause};
use crate::error::Failure;
use crate::page::InvalidPage;
use crate::recruiting::{campaigns, creation_links, invitations, reports};
use crate::text::json_error;
use crate::wire::body::BodyError;
use crate::wire::query::QueryError;

/// A call of Talentsoft's failed. `Display` is what the caller reads.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client belongs to no customer.
    #[error(transparent)]
    Guard(#[from] Refusal),
    /// The query cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The parameters of a call about invitations cannot be read.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// The body is not the JSON that it must be.
    #[error("the body is not valid: {}", json_error(.0))]
    InvalidJson(#[from] serde_json::Error),
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// An operation on campaigns refused.
    #[error(transparent)]
    Campaigns(#[from] campaigns::Error),
    /// There is no creation link for the caller.
    #[error(transparent)]
    CreationLinks(#[from] creation_links::Error),
    /// No candidate is invited.
    #[error(transparent)]
    Invitations(#[from] invitations::Error),
    /// There is no such report.
    #[error(transparent)]
    Reports(#[from] reports::Error),
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<InvalidPage> for Error {
    fn from(error: InvalidPage) -> Self {
        Self::Query(error.into())
    }
}

impl Error {
    /// What it is to the caller; the guard's refusals answer for themselves.
    fn cause(&self) -> Result<RefusalCause<'_>, &Refusal> {
        Ok(match self {
            Self::Guard(refusal) => return Err(refusal),
            Self::Query(error) | Self::Refresh(RefreshError::Query(error)) => {
                RefusalCause::bad_request(error.name())
            }
            Self::Body(error) => RefusalCause::Refused(error.status(), error.name()),
            Self::Campaigns(error) => error.cause(),
            Self::CreationLinks(error) => error.cause(),
            Self::Refresh(RefreshError::NothingNamed) => RefusalCause::bad_request("which-ones"),
            Self::Refresh(RefreshError::TooManyApplications) => RefusalCause::bad_request("too-many-ids"),
            Self::InvalidJson(_) => RefusalCause::bad_request("invalid-json"),
            Self::Invitations(error) => error.cause(),
            Self::Reports(error) => error.cause(),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        })
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self.cause() {
            Ok(cause) => cause.problem(self).status(),
            Err(refusal) => refusal.problem().status(),
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let cause = match self.cause() {
            Ok(cause) => cause,
            Err(refusal) => return refusal.respond::<ProblemDetails>(),
        };
        let mut response = match self {
            Self::Body(error) => error.respond(),
            other => cause.problem(other).respond(),
        };
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        cause.refused().mark(response)
    }
}
