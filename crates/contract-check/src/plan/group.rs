//! The parts of the contract, each of which has checks of its own.

use serde::{Serialize, Serializer};

/// A part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// `POST /token` by `client_credentials`.
    Token,
    /// `POST /token` by an assertion.
    Assertion,
    /// How a token is presented, and refused.
    Bearer,
    /// `X-Current-User`.
    CurrentUser,
    /// Video interviews.
    Videos,
    /// Assessments.
    Assessments,
    /// `POST /revoke`.
    Revocation,
    /// The metadata document.
    Metadata,
}

impl Group {
    /// All groups, in the order in which they are checked.
    pub const ALL: [Self; 8] = [
        Self::Token,
        Self::Assertion,
        Self::Bearer,
        Self::CurrentUser,
        Self::Videos,
        Self::Assessments,
        Self::Revocation,
        Self::Metadata,
    ];

    /// The name, which the ids of its checks begin with.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Assertion => "assertion",
            Self::Bearer => "bearer",
            Self::CurrentUser => "current-user",
            Self::Videos => "videos",
            Self::Assessments => "assessments",
            Self::Revocation => "revocation",
            Self::Metadata => "metadata",
        }
    }

    /// What it is about.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Token => "POST /token as an application: client_credentials",
            Self::Assertion => "POST /token as a user: a JWT signed with the shared secret",
            Self::Bearer => "how an access token is presented, and refused",
            Self::CurrentUser => "X-Current-User, who the call is made for",
            Self::Videos => "video interviews",
            Self::Assessments => "assessments",
            Self::Revocation => "POST /revoke",
            Self::Metadata => "GET /.well-known/oauth-authorization-server",
        }
    }
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
