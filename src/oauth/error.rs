//! What the OAuth endpoints refuse, and in which words (RFC 6749 s5.2).

use std::time::Duration;

use super::assertion_error::AssertionError;
use super::limits::Policy;
use crate::clients::{Grant, InvalidScope};
use crate::crypto::password::QueueFull;
use crate::error::Failure;
use crate::ids::ClientId;

/// A refusal of an OAuth endpoint. `Display` is `error_description`: characters %x20-21, 23-5B, 5D-7E only (R14).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is not of the right form.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The body is of another media type.
    #[error("The body must be application/x-www-form-urlencoded in UTF-8.")]
    UnsupportedMediaType,
    /// The body is over 64 KiB.
    #[error("The body is over 64 KiB.")]
    BodyTooLarge,
    /// The body takes too long to arrive.
    #[error("The body did not arrive in time.")]
    BodyTooSlow,
    /// The client is unknown, disabled, or its secret wrong, retired or expired: the wire does not say which.
    #[error("Client authentication failed.")]
    InvalidClient(InvalidClient),
    /// The assertion is not accepted: the wire does not say why.
    #[error("The assertion is not valid. The partner can explain it.")]
    InvalidGrant {
        /// Why, for logs and metrics only.
        flaw: AssertionError,
        /// Whose it is, where `iss` names a client.
        client_id: Option<ClientId>,
    },
    /// The token to revoke belongs to another client.
    #[error("The token was issued to another client.")]
    ForeignToken,
    /// The client may not use this grant.
    #[error("This client may not use this grant type.")]
    UnauthorizedClient(Grant),
    /// There is no such grant here.
    #[error("The grant types are client_credentials and urn:ietf:params:oauth:grant-type:jwt-bearer.")]
    UnsupportedGrantType,
    /// A scope is unknown or not the client's.
    #[error("The scope is malformed, unknown or more than this client may have.")]
    InvalidScope,
    /// Too many failed attempts to present a secret.
    #[error("Too many failed attempts. Try again later.")]
    TooManyFailures {
        /// Which limit was reached.
        policy: Policy,
        /// When to try again.
        retry_after: Duration,
    },
    /// Ours.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Why a client was not authenticated: for logs and metrics only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidClient {
    /// No credentials, or a way of authentication that is not offered.
    NoCredentials,
    /// No such client.
    Unknown,
    /// It is disabled.
    Disabled,
    /// No live secret matches.
    WrongSecret,
}

impl Error {
    /// A short name, for metrics and logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::UnsupportedMediaType => "media_type",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyTooSlow => "body_too_slow",
            Self::InvalidClient(InvalidClient::NoCredentials) => "client_no_credentials",
            Self::InvalidClient(InvalidClient::Unknown) => "client_unknown",
            Self::InvalidClient(InvalidClient::Disabled) => "client_disabled",
            Self::InvalidClient(InvalidClient::WrongSecret) => "client_wrong_secret",
            Self::InvalidGrant { flaw, .. } => flaw.reason(),
            Self::ForeignToken => "foreign_token",
            Self::UnauthorizedClient(_) => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::TooManyFailures { .. } => "too_many_failures",
            Self::Failure(Failure::Unavailable(_)) => "unavailable",
            Self::Failure(Failure::Internal(_)) => "internal",
        }
    }

    /// The client that a refused assertion is of.
    #[must_use]
    pub fn client_id(&self) -> Option<&ClientId> {
        match self {
            Self::InvalidGrant { client_id, .. } => client_id.as_ref(),
            _ => None,
        }
    }

    /// Says whose assertion it was that is refused.
    #[must_use]
    pub fn of_client(self, of: &ClientId) -> Self {
        match self {
            Self::InvalidGrant { flaw, .. } => Self::InvalidGrant {
                flaw,
                client_id: Some(of.clone()),
            },
            other => other,
        }
    }

    /// The value of `error` (RFC 6749 s5.2) and the status.
    #[must_use]
    pub fn code(&self) -> (&'static str, u16) {
        match self {
            Self::InvalidRequest(_) => ("invalid_request", 400),
            Self::UnsupportedMediaType => ("invalid_request", 415),
            Self::BodyTooLarge => ("invalid_request", 413),
            Self::BodyTooSlow => ("invalid_request", 408),
            Self::InvalidClient(_) => ("invalid_client", 401),
            Self::InvalidGrant { .. } | Self::ForeignToken => ("invalid_grant", 400),
            Self::UnauthorizedClient(_) => ("unauthorized_client", 400),
            Self::UnsupportedGrantType => ("unsupported_grant_type", 400),
            Self::InvalidScope => ("invalid_scope", 400),
            Self::TooManyFailures { .. } => ("invalid_client", 429),
            Self::Failure(Failure::Unavailable(_)) => ("temporarily_unavailable", 503),
            Self::Failure(Failure::Internal(_)) => ("server_error", 500),
        }
    }
}

impl From<AssertionError> for Error {
    fn from(flaw: AssertionError) -> Self {
        Self::InvalidGrant {
            flaw,
            client_id: None,
        }
    }
}

impl From<InvalidScope> for Error {
    fn from(_: InvalidScope) -> Self {
        Self::InvalidScope
    }
}

impl From<QueueFull> for Error {
    fn from(error: QueueFull) -> Self {
        Self::Failure(Failure::unavailable(error))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each.
    fn all() -> Vec<Error> {
        let grants = Grant::ALL.map(Error::UnauthorizedClient);
        let clients = [
            InvalidClient::NoCredentials,
            InvalidClient::Unknown,
            InvalidClient::Disabled,
            InvalidClient::WrongSecret,
        ];
        let others = [
            Error::InvalidRequest("The parameter token is missing."),
            Error::UnsupportedMediaType,
            Error::BodyTooLarge,
            Error::BodyTooSlow,
            AssertionError::Json("claims", "\"é\r\n\\".to_owned()).into(),
            Error::ForeignToken,
            Error::UnsupportedGrantType,
            Error::InvalidScope,
            Error::TooManyFailures {
                policy: Policy {
                    name: "failures",
                    quota: 10,
                    window_seconds: 60,
                },
                retry_after: Duration::from_secs(1),
            },
            Error::Failure(Failure::internal("\"é\r\n\\")),
            Error::Failure(Failure::unavailable("\"é\r\n\\")),
        ];
        let clients = clients.map(Error::InvalidClient);
        others.into_iter().chain(grants).chain(clients).collect()
    }

    #[test]
    fn every_refusal_has_one_of_the_codes_and_plain_words() {
        for error in all() {
            let expected = match error.code().0 {
                "invalid_request" => &[400, 408, 413, 415][..],
                "invalid_client" => &[401, 429],
                "invalid_grant" | "unauthorized_client" | "unsupported_grant_type" | "invalid_scope" => {
                    &[400]
                }
                "server_error" => &[500],
                "temporarily_unavailable" => &[503],
                other => panic!("{other} is no code"),
            };
            assert!(expected.contains(&error.code().1), "{error:?}");
            let text = error.to_string();
            let is_plain = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
            assert!(!text.is_empty() && text.chars().all(is_plain), "{text}");
        }
    }
}
