//! What Talentsoft's calls are refused for, as problem details.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, ResponseError};

use crate::api::guard::{ProblemDetails, Refusal};
use crate::api::problems;
use crate::error::Failure;
use crate::page::InvalidPage;
use crate::recruiting;
use crate::wire::body::BodyError;
use crate::wire::problem::Problem;
use crate::wire::query::QueryError;
use crate::wire::refused::Refused;

/// A call of Talentsoft's failed. `Display` is what the caller reads.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client belongs to no customer.
    #[error(transparent)]
    Guard(#[from] Refusal),
    /// The query cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// What the operation refuses.
    #[error(transparent)]
    Recruiting(#[from] recruiting::Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Recruiting(failure.into())
    }
}

impl From<InvalidPage> for Error {
    fn from(error: InvalidPage) -> Self {
        Self::Query(error.into())
    }
}

impl Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Guard(refusal) => refusal.problem(),
            Self::Query(error) => Problem::bad_request(error.name(), error.to_string()),
            Self::Body(error) => error.problem(),
            Self::Recruiting(error) => problems::of_recruiting(error),
        }
    }

    fn refused(&self) -> Refused {
        match self {
            Self::Guard(refusal) => refusal.refused(),
            Self::Query(error) => Refused::because(error.name()),
            Self::Body(error) => Refused::because(error.name()),
            Self::Recruiting(recruiting::Error::Failure(failure)) => Refused::failed(failure),
            Self::Recruiting(error) => Refused::because(error.name()),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.problem().status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = match self {
            Self::Guard(refusal) => return refusal.respond::<ProblemDetails>(),
            Self::Body(error) => error.respond(),
            other => other.problem().respond(),
        };
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self.refused().mark(response)
    }
}
