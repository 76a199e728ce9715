//! Everything that can be wrong with an assertion.

/// What is wrong with an assertion. For the log, metrics and `assertion explain`; the wire never says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// Over 8 KiB, or its header over 2 KiB.
    #[error("{0} bytes are too long")]
    TooLong(usize),
    /// Not three parts.
    #[error("{0} parts instead of 3")]
    Parts(usize),
    /// Not strict base64url.
    #[error("the {0} is not base64url without padding")]
    Base64(&'static str),
    /// Not a JSON object without repeated names.
    #[error("the {0} is no valid JSON object: {1}")]
    Json(&'static str, String),
    /// `iss` is missing or not a string.
    #[error("iss is missing or not a string")]
    NoIssuer,
    /// No client has this id, or it is disabled.
    #[error("no enabled client has this iss")]
    UnknownIssuer,
    /// The client has scope `admin`, and acts for itself alone.
    #[error("the client has scope admin, and acts for no user")]
    AdminClient,
    /// Another kind of JWT.
    #[error("typ is not JWT")]
    Type,
    /// `alg` is not the client's.
    #[error("alg is not HS256")]
    Algorithm,
    /// `crit` or `b64` is there.
    #[error("crit and b64 are not supported")]
    Critical,
    /// No live secret of the client made this MAC.
    #[error("no live secret of this client made this MAC")]
    Mac,
    /// `sub` is missing or empty.
    #[error("sub is missing or not a non-empty string")]
    Subject,
    /// `aud` is not one of ours.
    #[error("aud contains none of the accepted audiences")]
    Audience,
    /// `exp` is missing or not a number.
    #[error("exp is missing or not a NumericDate")]
    NoExpiry,
    /// `exp` has passed.
    #[error("expired")]
    Expired,
    /// `exp` is further away than the client may ask.
    #[error("exp is too far ahead")]
    TooLongLived,
    /// `nbf` is ahead or not a number.
    #[error("not valid yet (nbf)")]
    NotYetValid,
    /// `iat` is ahead, too old or not a number.
    #[error("iat is in the future, too old or not a NumericDate")]
    IssuedAt,
    /// `jti` is not a string of 1 to 256 bytes.
    #[error("jti is not a string of 1 to 256 bytes")]
    JwtId,
    /// `email` is missing or not an address.
    #[error("email is missing or not an email address")]
    Email,
    /// `name` is not a string of at most 256 bytes, or has hidden characters.
    #[error("name is not a string of at most 256 bytes without control or invisible characters")]
    Name,
    /// It was exchanged before.
    #[error("used before")]
    Replayed,
    /// Client credentials beside it are of another client.
    #[error("client_id is not the client of the assertion")]
    OtherClient,
}

impl AssertionError {
    /// Whether it is found only where the MAC is right, so that a client's secret made the assertion.
    #[must_use]
    pub fn is_after_mac(&self) -> bool {
        matches!(
            self,
            Self::Subject
                | Self::Audience
                | Self::NoExpiry
                | Self::Expired
                | Self::TooLongLived
                | Self::NotYetValid
                | Self::IssuedAt
                | Self::JwtId
                | Self::Email
                | Self::Name
                | Self::Replayed
        )
    }

    /// A short name, for metrics and logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooLong(_) => "assertion_too_long",
            Self::Parts(_) => "assertion_parts",
            Self::Base64(_) => "assertion_base64",
            Self::Json(..) => "assertion_json",
            Self::NoIssuer | Self::UnknownIssuer => "assertion_iss",
            Self::AdminClient => "assertion_admin",
            Self::Type => "assertion_typ",
            Self::Algorithm => "assertion_alg",
            Self::Critical => "assertion_crit",
            Self::Mac => "assertion_mac",
            Self::Subject => "assertion_sub",
            Self::Audience => "assertion_aud",
            Self::NoExpiry | Self::Expired | Self::TooLongLived => "assertion_exp",
            Self::NotYetValid => "assertion_nbf",
            Self::IssuedAt => "assertion_iat",
            Self::JwtId => "assertion_jti",
            Self::Email => "assertion_email",
            Self::Name => "assertion_name",
            Self::Replayed => "assertion_replayed",
            Self::OtherClient => "assertion_other_client",
        }
    }
}
