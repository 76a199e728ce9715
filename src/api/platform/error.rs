//! What the platform's calls are refused for, as problem details.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, ResponseError};

use crate::api::call::JsonError;
use crate::api::idempotency::{KeptError, KeyError};
use crate::api::problems::{ApiError, RefusalCause};
use crate::error::Failure;
use crate::page::InvalidPage;
use crate::profiles::{self, InvalidDocument};
use crate::recruiting::{campaigns, feed, progress, reports};
use crate::wire::body::BodyError;
use crate::wire::query::QueryError;

/// A call of the platform failed. `Display` is what the caller reads.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The idempotency key is refused.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A query parameter is not one of its values.
    #[error("{0}")]
    InvalidParameter(&'static str),
    /// The query cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The body is not the JSON that it should be.
    #[error("{0}")]
    InvalidJson(String),
    /// An operation on campaigns refused.
    #[error(transparent)]
    Campaigns(#[from] campaigns::Error),
    /// An invitation cannot be read.
    #[error(transparent)]
    Feed(#[from] feed::Error),
    /// The status or the result of an invitation was not changed.
    #[error(transparent)]
    Progress(#[from] progress::Error),
    /// A report was not added.
    #[error(transparent)]
    Reports(#[from] reports::Error),
    /// Nothing is known of the candidate.
    #[error("no such candidate")]
    UnknownCandidate,
    /// The body does not say who is to be erased.
    #[error(
        "the body must have one of email, profile_id, and applicant_id with customer_id; email may have customer_id beside it"
    )]
    InvalidPerson,
    /// The text cannot be the reason of what is done.
    #[error(
        "reason must have 1 to 200 characters, none of them a line break, a control or an invisible character"
    )]
    InvalidReason,
    /// An operation on profiles refused.
    #[error(transparent)]
    Profiles(#[from] profiles::Error),
    /// A profile is not as it should be.
    #[error(transparent)]
    InvalidProfile(#[from] InvalidDocument),
    /// The body names another user than the path.
    #[error("institution-user-id must be that of the path, or be left out")]
    OtherUserId,
    /// A batch is not as it should be.
    #[error("the body must be an object whose one member, profiles, is an array of at most 500 profiles")]
    InvalidBatch,
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<InvalidPage> for Error {
    fn from(error: InvalidPage) -> Self {
        Self::Query(error.into())
    }
}

impl From<JsonError> for Error {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Body(error) => Self::Body(error),
            invalid @ JsonError::Invalid(_) => Self::InvalidJson(invalid.to_string()),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl ApiError for Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::Key(error) => error.cause(),
            Self::Body(error) => RefusalCause::Refused(error.status(), error.name()),
            Self::InvalidParameter(_) => RefusalCause::bad_request("invalid-parameter"),
            Self::Query(error) => RefusalCause::bad_request(error.name()),
            Self::InvalidJson(_) => RefusalCause::bad_request("invalid-json"),
            Self::Campaigns(error) => error.cause(),
            Self::Feed(error) => error.cause(),
            Self::Progress(error) => error.cause(),
            Self::Reports(error) => error.cause(),
            Self::InvalidPerson => RefusalCause::bad_request("invalid-person"),
            Self::InvalidReason => RefusalCause::bad_request("invalid-reason"),
            Self::Profiles(error) => error.cause(),
            Self::InvalidProfile(_) | Self::OtherUserId => RefusalCause::bad_request("invalid-profile"),
            Self::InvalidBatch => RefusalCause::bad_request("invalid-batch"),
            Self::UnknownCandidate => RefusalCause::not_found("unknown-candidate"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}

impl KeptError for Error {}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.cause().problem(self).status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let cause = self.cause();
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
