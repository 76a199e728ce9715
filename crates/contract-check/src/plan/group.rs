//! The groups that the checks are divided into.

use serde::{Serialize, Serializer};

/// A part of the contract, with checks of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// `POST /token` with `client_credentials`, and the errors of `/token`.
    Token,
    /// `POST /token` with an assertion (the user grant).
    Assertion,
    /// Access tokens in requests to the API.
    Bearer,
    /// The header `X-Current-User`.
    CurrentUser,
    /// The API of video interviews.
    Videos,
    /// The API of assessments.
    Assessments,
    /// `POST /revoke`.
    Revocation,
    /// The authorization server metadata document.
    Metadata,
}

impl Group {
    /// All groups, in the order in which they are checked.
    pub const ALL: &[Self] = &[
        Self::Token,
        Self::Assertion,
        Self::Bearer,
        Self::CurrentUser,
        Self::Videos,
        Self::Assessments,
        Self::Revocation,
        Self::Metadata,
    ];

    /// The name, such as `current-user`. The ids of its checks begin with it.
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

    /// What the group covers, as a heading.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Token => "POST /token for the application, with client_credentials",
            Self::Assertion => "POST /token for a user, with a JWT assertion signed with the client secret",
            Self::Bearer => "access tokens in the Authorization header",
            Self::CurrentUser => "X-Current-User, the user on whose behalf a call is made",
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
