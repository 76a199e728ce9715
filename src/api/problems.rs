//! What the domains refuse, as problem details (RFC 9457), for every wing that speaks them.

use std::error::Error as StdError;

use actix_web::http::StatusCode;

use crate::clients;
use crate::error::Failure;
use crate::market::publishing;
use crate::profiles;
use crate::recruiting::{campaigns, creation_links, feed, invitations, progress, reports};
use crate::webhooks;
use crate::wire::problem::Problem;
use crate::wire::refused::Refused;

/// What an error is to a caller.
pub enum RefusalCause<'a> {
    /// The request is refused, with this status, and as a problem of this name (kebab case).
    Refused(StatusCode, &'static str),
    /// The service failed.
    Failed(&'a Failure),
}

impl RefusalCause<'_> {
    /// A problem with the request itself (400).
    #[must_use]
    pub const fn bad_request(name: &'static str) -> Self {
        Self::Refused(StatusCode::BAD_REQUEST, name)
    }

    /// Something that the request names is not there (404).
    #[must_use]
    pub const fn not_found(name: &'static str) -> Self {
        Self::Refused(StatusCode::NOT_FOUND, name)
    }

    /// What is there does not allow what the request asks for (409).
    #[must_use]
    pub const fn conflict(name: &'static str) -> Self {
        Self::Refused(StatusCode::CONFLICT, name)
    }

    /// As problem details, whose detail says what the error says.
    #[must_use]
    pub fn problem(&self, error: &impl StdError) -> Problem {
        match self {
            Self::Refused(status, name) => Problem::new(*status, name, title(*status), error.to_string()),
            Self::Failed(failure) => Problem::of_failure(failure),
        }
    }

    /// As the log is told of it.
    #[must_use]
    pub fn refused(&self) -> Refused {
        match self {
            Self::Refused(_, name) => Refused::because(name),
            Self::Failed(failure) => Refused::failed(failure),
        }
    }
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::CONFLICT => "Conflict",
        StatusCode::GONE => "Gone",
        StatusCode::FORBIDDEN => "Forbidden",
        StatusCode::PRECONDITION_FAILED => "Precondition failed",
        StatusCode::PRECONDITION_REQUIRED => "Precondition required",
        _ => "Invalid request",
    }
}

/// An error of a part of a domain, which a caller may be told of.
pub trait ApiError: StdError {
    /// What it is to a caller.
    fn cause(&self) -> RefusalCause<'_>;
}

impl ApiError for clients::Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::UnknownClient(_) => RefusalCause::not_found("unknown-client"),
            Self::UnknownCustomer(_) => RefusalCause::not_found("unknown-customer"),
            Self::UnknownSecret(..) => RefusalCause::not_found("unknown-secret"),
            Self::CustomerExists(_) => RefusalCause::conflict("customer-exists"),
            Self::ClientExists(_) => RefusalCause::conflict("client-exists"),
            // No caller of an API chooses the identifier of a secret.
            Self::SecretExists(_) | Self::SecretIdTaken => RefusalCause::conflict("secret-exists"),
            Self::SecretNotRestorable(..) => RefusalCause::conflict("secret-not-restorable"),
            Self::InvalidCustomerName => RefusalCause::bad_request("invalid-name"),
            Self::WeakSecret => RefusalCause::bad_request("weak-secret"),
            Self::InvalidSetting(_) => RefusalCause::bad_request("invalid-setting"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}

impl ApiError for webhooks::Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::UnknownEvent(_) => RefusalCause::not_found("unknown-event"),
            Self::NotParked(_) => RefusalCause::conflict("not-parked"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}

impl ApiError for campaigns::Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::InvalidName(_) => RefusalCause::bad_request("invalid-name"),
            Self::InvalidLanguage(_) => RefusalCause::bad_request("invalid-language"),
            Self::InvalidKeyword => RefusalCause::bad_request("invalid-keyword"),
            Self::UnknownCustomer => RefusalCause::not_found("unknown-customer"),
            Self::UnknownCampaign => RefusalCause::not_found("unknown-campaign"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}

impl ApiError for creation_links::Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::UnknownCustomer => RefusalCause::not_found("unknown-customer"),
            Self::NotSet => RefusalCause::not_found("no-creation-link"),
            Self::CurrentUserNeeded => RefusalCause::bad_request("current-user-needed"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}

impl ApiError for invitations::Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::TooManyCandidates => RefusalCause::bad_request("too-many-candidates"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}

impl ApiError for feed::Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::UnknownInvitation => RefusalCause::not_found("unknown-invitation"),
            Self::InvitationOver => RefusalCause::Refused(StatusCode::GONE, "invitation-over"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}

impl ApiError for progress::Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::UnknownInvitation => RefusalCause::not_found("unknown-invitation"),
            Self::ImpossibleStatus(_) => RefusalCause::conflict("impossible-status"),
            Self::InvalidResult(_) => RefusalCause::bad_request("invalid-result"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}

impl ApiError for reports::Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::InvalidName(_)
            | Self::InvalidUrl(_)
            | Self::NotPdf
            | Self::NotUtf8
            | Self::EmptyDocument => RefusalCause::bad_request("invalid-report"),
            Self::UnknownInvitation => RefusalCause::not_found("unknown-invitation"),
            Self::UnknownReport => RefusalCause::not_found("unknown-report"),
            Self::NotStarted(_) => RefusalCause::conflict("impossible-status"),
            Self::OfVideo | Self::TooMany => RefusalCause::conflict("no-more-reports"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}

impl ApiError for publishing::Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::UnknownVersion(_) => RefusalCause::not_found("unknown-version"),
            Self::NotAfter(..)
            | Self::Retired(_)
            | Self::Draft(_)
            | Self::Last(_)
            | Self::NoDraft
            | Self::TooManyVersions
            | Self::NoTitles
            | Self::TitleIdTaken { .. } => RefusalCause::conflict("version-state"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}

impl ApiError for profiles::Error {
    fn cause(&self) -> RefusalCause<'_> {
        match self {
            Self::UnknownSubdomain => RefusalCause::not_found("unknown-subdomain"),
            Self::UnknownProfile => RefusalCause::not_found("unknown-profile"),
            Self::SubdomainExists(_) => RefusalCause::conflict("subdomain-exists"),
            Self::SubdomainInUse(_) => RefusalCause::conflict("subdomain-in-use"),
            Self::Failure(failure) => RefusalCause::Failed(failure),
        }
    }
}
