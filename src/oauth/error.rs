//! What the authorization server refuses. How HTTP says it is up to the endpoints (RFC 6749 s5.2).

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::assertion_error::AssertionError;
use super::jws::MAX_ASSERTION_BYTES;
use super::limits::FailurePolicy;
use crate::clients::{Grant, InvalidScope};
use crate::crypto::password::QueueFull;
use crate::error::Failure;
use crate::ids::ClientId;

/// Why the authorization server refuses a request. `Display` is `error_description`: characters %x20-21, 23-5B, 5D-7E only (R14).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client is unknown, disabled, or its secret wrong, retired or expired: the wire does not say which.
    #[error("Client authentication failed.")]
    InvalidClient(InvalidClient),
    /// The assertion is not accepted: the wire does not say why.
    #[error("The assertion is not valid. The partner can explain it.")]
    InvalidGrant {
        /// What is wrong with it, for logs and metrics only.
        error: AssertionError,
        /// The client that `iss` names, if there is one.
        client_id: Option<ClientId>,
        /// The assertion itself, for who records what was wrong with it. One that is too long is cut behind its limit.
        assertion: Option<Arc<SecretString>>,
    },
    /// The token to revoke belongs to another client.
    #[error("The token was issued to another client.")]
    ForeignToken,
    /// The client may not use this grant.
    #[error("This client may not use this grant type.")]
    UnauthorizedClient(Grant),
    /// A client with scope `admin` that has proved itself presents an assertion.
    #[error("A client with scope admin acts for no user.")]
    AdminAssertion,
    /// A scope is unknown or not the client's.
    #[error("The scope is malformed, unknown or more than this client may have.")]
    InvalidScope,
    /// Too many failed attempts to present a secret.
    #[error("Too many failed attempts. Try again later.")]
    TooManyFailures {
        /// Which limit was reached.
        policy: FailurePolicy,
        /// When to try again.
        retry_after: Duration,
    },
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Why a client was not authenticated: for logs and metrics only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidClient {
    /// No credentials, or a way of authentication that is not offered.
    NoCredentials,
    /// No client has this identifier.
    Unknown,
    /// The client is disabled.
    Disabled,
    /// No live secret of the client is the presented one.
    WrongSecret,
    /// A half of HTTP Basic is not form encoding, as RFC 6749 s2.3.1 wants it: `%` without two hex digits, or not UTF-8.
    NotFormEncoded,
    /// The secret in HTTP Basic is right as it stands, and another one when it is decoded.
    UndecodedSecret,
}

impl Error {
    /// A short name, for metrics and logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidClient(InvalidClient::NoCredentials) => "client_no_credentials",
            Self::InvalidClient(InvalidClient::Unknown) => "client_unknown",
            Self::InvalidClient(InvalidClient::Disabled) => "client_disabled",
            Self::InvalidClient(InvalidClient::WrongSecret) => "client_wrong_secret",
            Self::InvalidClient(InvalidClient::NotFormEncoded) => "client_basic_not_form_encoded",
            Self::InvalidClient(InvalidClient::UndecodedSecret) => "client_secret_right_but_not_form_encoded",
            Self::InvalidGrant { error, .. } => error.reason(),
            Self::ForeignToken => "foreign_token",
            Self::UnauthorizedClient(_) => "unauthorized_client",
            Self::AdminAssertion => AssertionError::AdminClient.reason(),
            Self::InvalidScope => "invalid_scope",
            Self::TooManyFailures { .. } => "too_many_failures",
            Self::Failure(failure) => failure.name(),
        }
    }

    /// The client that a refused assertion names.
    #[must_use]
    pub fn client_id(&self) -> Option<&ClientId> {
        match self {
            Self::InvalidGrant { client_id, .. } => client_id.as_ref(),
            _ => None,
        }
    }

    /// The assertion that is refused.
    #[must_use]
    pub fn assertion(&self) -> Option<&Arc<SecretString>> {
        match self {
            Self::InvalidGrant { assertion, .. } => assertion.as_ref(),
            _ => None,
        }
    }

    /// Whether the caller had proved to be the client when it was refused.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        match self {
            Self::InvalidGrant { error, .. } => error.is_after_mac(),
            Self::ForeignToken | Self::UnauthorizedClient(_) | Self::AdminAssertion | Self::InvalidScope => {
                true
            }
            Self::InvalidClient(_) | Self::TooManyFailures { .. } | Self::Failure(_) => false,
        }
    }

    /// The same error, with the client that the refused assertion names.
    #[must_use]
    pub fn with_client(mut self, named: &ClientId) -> Self {
        if let Self::InvalidGrant { client_id, .. } = &mut self {
            *client_id = Some(named.clone());
        }
        self
    }

    /// The same error, with the assertion that is refused.
    #[must_use]
    pub fn with_assertion(mut self, text: &str) -> Self {
        if let Self::InvalidGrant { assertion, .. } = &mut self {
            let kept = text.get(..text.floor_char_boundary(MAX_ASSERTION_BYTES + 1));
            *assertion = kept.map(|text| Arc::new(SecretString::from(text)));
        }
        self
    }
}

impl From<AssertionError> for Error {
    fn from(error: AssertionError) -> Self {
        Self::InvalidGrant {
            error,
            client_id: None,
            assertion: None,
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

    #[test]
    fn an_error_has_the_reason_of_what_caused_it_and_the_client_that_an_assertion_names() {
        let client_id: ClientId = "client".parse().unwrap();
        let refused = Error::from(AssertionError::Mac);
        assert_eq!((refused.reason(), refused.client_id()), ("assertion_mac", None));
        let refused = refused.with_client(&client_id);
        assert_eq!(
            (refused.reason(), refused.client_id()),
            ("assertion_mac", Some(&client_id))
        );
        for (error, reason) in [
            (
                Error::InvalidClient(InvalidClient::NoCredentials),
                "client_no_credentials",
            ),
            (Error::InvalidClient(InvalidClient::Unknown), "client_unknown"),
            (Error::InvalidClient(InvalidClient::Disabled), "client_disabled"),
            (
                Error::InvalidClient(InvalidClient::WrongSecret),
                "client_wrong_secret",
            ),
            (Error::ForeignToken, "foreign_token"),
            (Error::InvalidScope, "invalid_scope"),
        ] {
            assert_eq!(error.reason(), reason);
            assert_eq!(error.with_client(&client_id).client_id(), None, "{reason}");
        }
    }
}
