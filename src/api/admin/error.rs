//! What admins' calls are refused for, as problem details.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, ResponseError};

use crate::api::call::JsonError;
use crate::api::idempotency::{KeptError, KeyError};
use crate::api::problems::{ApiError, RefusalCause};
use crate::clients::{self, InvalidSetting};
use crate::crypto::secret::InvalidSecret;
use crate::error::Failure;
use crate::ids::InvalidClientId;
use crate::keys::{self, InvalidPurpose, SealingKeyId};
use crate::market::publishing;
use crate::oauth::token::MalformedToken;
use crate::page::InvalidPage;
use crate::profiles::{self, InvalidSubdomainName};
use crate::recruiting::campaigns;
use crate::recruiting::creation_links::{self, InvalidTemplate};
use crate::webhooks;
use crate::wire::body::BodyError;
use crate::wire::query::QueryError;

/// A call of an admin failed. `Display` is what the caller reads.
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
    /// A setting of a client is not one of its values, or does not go with another one: its path in the body, and what it
    /// should be.
    #[error("{0}: {1}")]
    InvalidSetting(&'static str, String),
    /// A new client has neither a customer nor scopes.
    #[error("a client needs customer_id, or settings.scopes for one of the partner itself")]
    NoPurpose,
    /// The text cannot be an identifier of a client.
    #[error(transparent)]
    InvalidClientId(InvalidClientId),
    /// The text cannot be a secret.
    #[error("client_secret: {0}")]
    InvalidSecret(#[from] InvalidSecret),
    /// The time after which a secret expires is out of its range.
    #[error("expires_in_seconds must be a number from 1 to 315360000")]
    InvalidExpiry,
    /// An operation of the registry refused.
    #[error(transparent)]
    Clients(clients::Error),
    /// An operation on the outbox refused.
    #[error(transparent)]
    Webhooks(#[from] webhooks::Error),
    /// The body does not say which events are meant, or says it twice: what it should say.
    #[error("{0}")]
    InvalidSelection(&'static str),
    /// The text cannot be the reason of what is done.
    #[error(
        "reason must have 1 to 200 characters, none of them a line break, a control or an invisible character"
    )]
    InvalidReason,
    /// The text is not what a key seals.
    #[error("purpose: {0}")]
    InvalidPurpose(InvalidPurpose),
    /// There is no token key with this number.
    #[error("there is no token key {0}; a key of another purpose is not retired, but rotated")]
    UnknownKey(SealingKeyId),
    /// The token key to retire seals new tokens.
    #[error(
        "token key {0} seals new tokens; rotate the token keys first, and retire this one when the new one is active, 90 \
         seconds later"
    )]
    KeySeals(SealingKeyId),
    /// The text is no token of this service.
    #[error(transparent)]
    MalformedToken(#[from] MalformedToken),
    /// An operation on campaigns refused.
    #[error(transparent)]
    Campaigns(#[from] campaigns::Error),
    /// An operation on creation links refused.
    #[error(transparent)]
    CreationLinks(#[from] creation_links::Error),
    /// The text cannot be the template of a creation link.
    #[error("url_template: {0}")]
    InvalidTemplate(#[from] InvalidTemplate),
    /// An operation on subdomains refused.
    #[error(transparent)]
    Profiles(#[from] profiles::Error),
    /// The text cannot be the name of a subdomain.
    #[error("name: {0}")]
    InvalidSubdomain(InvalidSubdomainName),
    /// An operation on versions of a library refused.
    #[error(transparent)]
    Publishing(#[from] publishing::Error),
    /// The text is no version.
    #[error("a version is two numbers with a point between, such as 8.1")]
    InvalidVersion,
    /// The customer has no library of its own, or there is none at all.
    #[error("there is no such library; titles are imported at the command line")]
    UnknownLibrary,
    /// The text is no email address.
    #[error("email must be an email address")]
    InvalidEmail,
    /// The path names nothing that there could be.
    #[error("there is no such {0}")]
    UnknownPath(&'static str),
    /// The change is one of a client with scope `admin`.
    #[error(
        "a client with scope admin is registered, changed, enabled and given secrets, new or restored, at the command line \
         only; here it can be disabled, its secrets be retired and its tokens be revoked"
    )]
    AdminClient,
    /// A change does not say which state it is of.
    #[error("send If-Match with the ETag of the state that you change; GET returns it")]
    NoPrecondition,
    /// What is to be changed was changed by somebody else.
    #[error(
        "it was changed since If-Match was read; GET it again, and see whether your change still applies"
    )]
    Changed,
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<InvalidPage> for Error {
    fn from(error: InvalidPage) -> Self {
        Self::Query(error.into())
    }
}

impl From<clients::Error> for Error {
    fn from(error: clients::Error) -> Self {
        match error {
            clients::Error::InvalidSetting(invalid) => {
                Self::InvalidSetting(path_of(invalid), invalid.to_string())
            }
            error => Self::Clients(error),
        }
    }
}

/// Where in the body of a client this setting is.
const fn path_of(invalid: InvalidSetting) -> &'static str {
    match invalid {
        InvalidSetting::ClientId => "client_id",
        InvalidSetting::TokenTtl => "settings.token_ttl_seconds",
        InvalidSetting::MaxAssertionTtl => "settings.max_assertion_ttl_seconds",
        InvalidSetting::ClockSkew => "settings.clock_skew_seconds",
        InvalidSetting::RequestRate => "settings.requests_per_second",
        InvalidSetting::OrganisationalUnit => "settings.organisational_unit",
        InvalidSetting::Audiences => "settings.audiences",
        InvalidSetting::CallbackHosts | InvalidSetting::HostsWithoutAssertions => "settings.callback_hosts",
        InvalidSetting::Networks => "settings.admin_networks",
        // A patch has no customer, so it is the scopes that are to be others.
        InvalidSetting::NoScope | InvalidSetting::CustomerMissing | InvalidSetting::CustomerOfAdmin => {
            "settings.scopes"
        }
        InvalidSetting::GrantsOfAdmin => "settings.grants",
    }
}

impl From<keys::Error> for Error {
    fn from(error: keys::Error) -> Self {
        match error {
            keys::Error::UnknownTokenKey(id) => Self::UnknownKey(id),
            keys::Error::KeySeals(id) => Self::KeySeals(id),
            failed => Self::Failure(failed.into()),
        }
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

impl ApiError for Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::Key(error) => error.cause(),
            Self::Body(error) => RefusalCause::Refused(error.status(), error.name()),
            Self::InvalidParameter(_) => RefusalCause::bad_request("invalid-parameter"),
            Self::Query(error) => RefusalCause::bad_request(error.name()),
            Self::InvalidJson(_) => RefusalCause::bad_request("invalid-json"),
            Self::InvalidSetting(..) | Self::NoPurpose => RefusalCause::bad_request("invalid-setting"),
            Self::InvalidClientId(_) => RefusalCause::bad_request("invalid-client-id"),
            Self::InvalidSecret(_) | Self::InvalidExpiry => RefusalCause::bad_request("invalid-secret"),
            Self::Clients(error) => error.cause(),
            Self::Webhooks(error) => error.cause(),
            Self::InvalidSelection(_) => RefusalCause::bad_request("invalid-selection"),
            Self::InvalidReason => RefusalCause::bad_request("invalid-reason"),
            Self::InvalidPurpose(_) => RefusalCause::bad_request("invalid-purpose"),
            Self::UnknownKey(_) => RefusalCause::not_found("unknown-key"),
            Self::KeySeals(_) => RefusalCause::conflict("key-seals"),
            Self::MalformedToken(_) => RefusalCause::bad_request("malformed-token"),
            Self::Campaigns(error) => error.cause(),
            Self::CreationLinks(error) => error.cause(),
            Self::InvalidTemplate(_) => RefusalCause::bad_request("invalid-template"),
            Self::Profiles(error) => error.cause(),
            Self::InvalidSubdomain(_) => RefusalCause::bad_request("invalid-name"),
            Self::Publishing(error) => error.cause(),
            Self::InvalidVersion => RefusalCause::bad_request("invalid-version"),
            Self::UnknownLibrary => RefusalCause::not_found("unknown-library"),
            Self::InvalidEmail => RefusalCause::bad_request("invalid-email"),
            Self::UnknownPath(_) => RefusalCause::not_found("not-found"),
            Self::AdminClient => RefusalCause::Refused(StatusCode::FORBIDDEN, "admin-client"),
            Self::NoPrecondition => {
                RefusalCause::Refused(StatusCode::PRECONDITION_REQUIRED, "precondition-required")
            }
            Self::Changed => RefusalCause::Refused(StatusCode::PRECONDITION_FAILED, "precondition-failed"),
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
