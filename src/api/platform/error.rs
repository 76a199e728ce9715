//! What the platform's calls are refused for, on the wire.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use crate::error::Failure;
use crate::page::InvalidPage;
use crate::recruiting;
use crate::wire::body::BodyError;
use crate::wire::problem::Problem;
use crate::wire::query::QueryError;
use crate::wire::request_log::RequestContext;

/// A call of the platform failed. Its words are for the caller.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another request was made under this key.
    #[error("another request was made under this Idempotency-Key; choose a fresh key for each")]
    KeyReused,
    /// The header is not one key.
    #[error("Idempotency-Key is sent once, with 1 to 255 printable ASCII characters")]
    InvalidKey,
    /// A query parameter is not one of its values.
    #[error("{0}")]
    InvalidParameter(&'static str),
    /// What the operation says.
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
        Self::Recruiting(error.into())
    }
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        Self::Recruiting(error.into())
    }
}

impl From<BodyError> for Error {
    fn from(error: BodyError) -> Self {
        Self::Recruiting(error.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Recruiting(error.into())
    }
}

impl Error {
    /// Leaves in the request's log line why it was refused.
    pub(crate) fn note(&self, trace: &RequestContext) {
        match self {
            Self::Recruiting(error) => error.note(trace),
            other => trace.note_reason(other.name()),
        }
    }

    /// The name of the problem.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::KeyReused => "idempotency-key-reused",
            Self::InvalidKey => "invalid-idempotency-key",
            Self::InvalidParameter(_) => "invalid-parameter",
            Self::Recruiting(error) => error.name(),
        }
    }

    /// As problem details (RFC 9457).
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::KeyReused => Problem::new(
                StatusCode::CONFLICT,
                self.name(),
                "Not possible now",
                self.to_string(),
            ),
            Self::InvalidKey | Self::InvalidParameter(_) => {
                Problem::bad_request(self.name(), self.to_string())
            }
            Self::Recruiting(error) => error.problem(),
        }
    }

    /// The whole response.
    pub(crate) fn respond(&self) -> HttpResponse {
        match self {
            Self::Recruiting(recruiting::Error::Body(error)) => error.respond(),
            other => other.problem().respond(),
        }
    }

    /// Whether the operation refused, rather than failed: asked again, it would say the same.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::Recruiting(recruiting::Error::Failure(_) | recruiting::Error::Body(_)) => false,
            Self::KeyReused | Self::InvalidKey | Self::InvalidParameter(_) | Self::Recruiting(_) => true,
        }
    }
}
