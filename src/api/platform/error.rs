//! What the platform's calls are refused for, as problem details.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, ResponseError};

use crate::api::call::JsonError;
use crate::api::idempotency::{KeptError, KeyError};
use crate::api::problems;
use crate::error::Failure;
use crate::page::InvalidPage;
use crate::recruiting;
use crate::wire::body::BodyError;
use crate::wire::problem::Problem;
use crate::wire::query::QueryError;
use crate::wire::refused::Refused;

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
        Self::Recruiting(error.into())
    }
}

impl Error {
    /// The name of the problem.
    fn name(&self) -> &'static str {
        match self {
            Self::Key(error) => error.name(),
            Self::InvalidParameter(_) => "invalid-parameter",
            Self::Query(error) => error.name(),
            Self::Body(error) => error.name(),
            Self::InvalidJson(_) => "invalid-json",
            Self::Recruiting(error) => error.name(),
        }
    }

    fn problem(&self) -> Problem {
        match self {
            Self::Key(error) => error.problem(),
            Self::Body(error) => error.problem(),
            Self::InvalidParameter(_) | Self::Query(_) | Self::InvalidJson(_) => {
                Problem::bad_request(self.name(), self.to_string())
            }
            Self::Recruiting(error) => problems::of_recruiting(error),
        }
    }

    fn refused(&self) -> Refused {
        match self {
            Self::Recruiting(recruiting::Error::Failure(failure)) => Refused::failed(failure),
            other => Refused::because(other.name()),
        }
    }
}

impl KeptError for Error {
    fn to_keep(&self) -> Option<Problem> {
        match self {
            Self::Recruiting(recruiting::Error::Failure(_)) | Self::Body(_) => None,
            Self::Key(_)
            | Self::InvalidParameter(_)
            | Self::Query(_)
            | Self::InvalidJson(_)
            | Self::Recruiting(_) => Some(self.problem()),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.problem().status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = match self {
            Self::Body(error) => error.respond(),
            other => other.problem().respond(),
        };
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self.refused().mark(response)
    }
}
