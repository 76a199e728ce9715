//! What calls for market data are refused for.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::dialect::{LightcastStyle, respond};
use crate::api::call::JsonError;
use crate::api::guard::Refusal;
use crate::error::Failure;
use crate::market;
use crate::market::titles::{Fields, InvalidField};
use crate::wire::body::BodyError;
use crate::wire::query::QueryError;
use crate::wire::refused::{Recorded, Refused};

/// A call for market data failed. `Display` is what the caller reads.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller may not do this.
    #[error(transparent)]
    Guard(#[from] Refusal),
    /// A parameter is missing or out of range.
    #[error("{0}")]
    InvalidParameter(String),
    /// The query cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A field that there is not.
    #[error("{0}; the fields are {names}", names = Fields::ALL.names().join(", "))]
    Fields(#[from] InvalidField),
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The body is not of the form that the call takes.
    #[error("Invalid request body: {0}")]
    InvalidBody(String),
    /// A term is longer than a title may be.
    #[error("{0}")]
    TermTooLong(String),
    /// The data has not what is asked for, or the quota is used up.
    #[error(transparent)]
    Market(#[from] market::Error),
    /// There is no such subdomain among those of the caller's customer.
    #[error("Unrecognized subdomain: there is none of this name among those of your customer")]
    UnknownSubdomain,
    /// There is no such profile at the subdomain.
    #[error("Unrecognized profile: there is none with this id at the subdomain")]
    UnknownProfile,
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<JsonError> for Error {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Body(error) => Self::Body(error),
            JsonError::Invalid(detail) => Self::InvalidBody(detail),
        }
    }
}

impl Error {
    fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failure(failure) | Self::Market(market::Error::Failure(failure)) => Some(failure),
            _ => None,
        }
    }

    fn refused(&self) -> Refused {
        let reason = match self {
            Self::Guard(refusal) => return refusal.refused(),
            Self::InvalidParameter(_) | Self::Query(_) => "invalid_parameter",
            Self::Fields(_) => "invalid_fields",
            Self::Body(error) => error.reason(),
            Self::InvalidBody(_) => "invalid_body",
            Self::TermTooLong(_) => "term_too_long",
            Self::Market(market::Error::UnknownVersion(_)) => "unknown_version",
            Self::Market(market::Error::UnknownTitle(_)) => "unknown_title",
            Self::Market(market::Error::UnknownDimension(_)) => "unknown_dimension",
            Self::Market(market::Error::UnknownOccupation { .. }) => "unknown_occupation",
            Self::Market(market::Error::UnknownRegion(_)) => "unknown_region",
            Self::UnknownSubdomain => "unknown_subdomain",
            Self::UnknownProfile => "unknown_profile",
            Self::Market(market::Error::QuotaExceeded { .. }) => {
                return Refused {
                    recorded: Recorded::Proved,
                    ..Refused::because("over_quota")
                };
            }
            Self::Failure(failure) | Self::Market(market::Error::Failure(failure)) => {
                return Refused::failed(failure);
            }
        };
        Refused::because(reason)
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Guard(refusal) => refusal.status(),
            Self::InvalidParameter(_)
            | Self::Query(_)
            | Self::Fields(_)
            | Self::InvalidBody(_)
            | Self::Market(market::Error::UnknownOccupation { .. } | market::Error::UnknownRegion(_)) => {
                StatusCode::BAD_REQUEST
            }
            Self::Body(error) => error.status(),
            Self::TermTooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Market(
                market::Error::UnknownVersion(_)
                | market::Error::UnknownTitle(_)
                | market::Error::UnknownDimension(_),
            )
            | Self::UnknownSubdomain
            | Self::UnknownProfile => StatusCode::NOT_FOUND,
            Self::Market(market::Error::QuotaExceeded { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Self::Failure(failure) | Self::Market(market::Error::Failure(failure)) => match failure {
                Failure::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
                Failure::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        if let Self::Guard(refusal) = self {
            return refusal.respond::<LightcastStyle>();
        }
        let mut response = match self.failure() {
            Some(failure) => respond(self.status_code(), detail_of(failure)),
            None => respond(self.status_code(), &self.to_string()),
        };
        if let Self::Body(error) = self
            && let Some((name, value)) = error.accepted_encoding()
        {
            response.headers_mut().insert(name, value);
        }
        if let Self::Body(BodyError::TooLarge | BodyError::TooSlow) = self {
            // The rest of the body was not read, and may never arrive.
            response
                .head_mut()
                .set_connection_type(actix_web::http::ConnectionType::Close);
        }
        self.refused().mark(response)
    }
}

fn detail_of(failure: &Failure) -> &'static str {
    match failure {
        Failure::Unavailable(_) => {
            "Something that this request needs is unavailable. Repeat it after the time in Retry-After."
        }
        Failure::Internal(_) => {
            "The service failed. The log of this request, by the id in X-Request-Id, says why."
        }
    }
}
