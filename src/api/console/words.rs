//! What the service refuses, in the words of the console: each error has a text in both languages.
//!
//! The matches are exhaustive, so a new error has to be given words before it compiles.

use console_pages::Message;
use console_pages::errors::ServiceError;

use crate::clients::{self, InvalidSetting};
use crate::crypto::secret::InvalidSecret;
use crate::ids::InvalidClientId;
use crate::market::publishing;

/// An error that can be shown at a field of a form.
pub(super) trait InWords {
    /// What a page says.
    fn in_words(&self) -> Message;
}

impl InWords for Message {
    fn in_words(&self) -> Message {
        self.clone()
    }
}

impl InWords for ServiceError {
    fn in_words(&self) -> Message {
        self.message()
    }
}

impl InWords for InvalidSetting {
    fn in_words(&self) -> Message {
        let error = match self {
            Self::ClientId => ServiceError::NewClientId,
            Self::TokenTtl => ServiceError::TokenTtl,
            Self::MaxAssertionTtl => ServiceError::MaxAssertionTtl,
            Self::ClockSkew => ServiceError::ClockSkew,
            Self::RequestRate => ServiceError::RequestRate,
            Self::OrganisationalUnit => ServiceError::OrganisationalUnit,
            Self::Audiences => ServiceError::Audiences,
            Self::CallbackHosts => ServiceError::CallbackHosts,
            Self::Networks => ServiceError::Networks,
            Self::NoScope => ServiceError::NoScope,
            Self::HostsWithoutAssertions => ServiceError::HostsWithoutAssertions,
            Self::CustomerMissing => ServiceError::CustomerMissing,
            Self::CustomerOfAdmin => ServiceError::CustomerOfAdmin,
            Self::GrantsOfAdmin => ServiceError::GrantsOfAdmin,
        };
        error.message()
    }
}

impl InWords for InvalidSecret {
    fn in_words(&self) -> Message {
        ServiceError::Secret.message()
    }
}

impl InWords for InvalidClientId {
    fn in_words(&self) -> Message {
        ServiceError::ClientId.message()
    }
}

impl InWords for clients::InvalidQuota {
    fn in_words(&self) -> Message {
        ServiceError::Quota.message()
    }
}

impl InWords for clients::Error {
    fn in_words(&self) -> Message {
        let of = |error: ServiceError| error.message();
        match self {
            Self::UnknownClient(id) => of(ServiceError::UnknownClient).with("client", id.as_str()),
            Self::UnknownCustomer(name) => of(ServiceError::UnknownCustomer).with("customer", name),
            Self::UnknownSecret(client, secret) => of(ServiceError::UnknownSecret)
                .with("client", client.as_str())
                .with("secret", secret.to_string()),
            Self::SecretNotRestorable(_, secret) => {
                of(ServiceError::SecretNotRestorable).with("secret", secret.to_string())
            }
            Self::CustomerExists(name) => of(ServiceError::CustomerExists).with("name", name),
            Self::InvalidCustomerName => of(ServiceError::CustomerName),
            Self::ClientExists(id) => of(ServiceError::ClientExists).with("client", id.as_str()),
            Self::SecretExists(_) => of(ServiceError::SecretExists),
            Self::WeakSecret => of(ServiceError::WeakSecret),
            Self::InvalidSetting(invalid) => invalid.in_words(),
            // No field of a form has this identifier: the page for an invalid form says it.
            Self::SecretIdTaken | Self::Failure(_) => Message::text(FAILURE),
        }
    }
}

impl InWords for publishing::Error {
    fn in_words(&self) -> Message {
        let of = |error: ServiceError| error.message();
        match self {
            Self::UnknownVersion(version) => {
                of(ServiceError::UnknownVersion).with("version", version.to_string())
            }
            Self::NotAfter(version, last) => of(ServiceError::VersionNotAfter)
                .with("version", version.to_string())
                .with("last", last.to_string()),
            Self::Retired(version) => of(ServiceError::VersionRetired).with("version", version.to_string()),
            Self::Draft(version) => of(ServiceError::VersionDraft).with("version", version.to_string()),
            Self::Last(version) => of(ServiceError::VersionLast).with("version", version.to_string()),
            Self::NoDraft => of(ServiceError::NoDraft),
            Self::TooManyVersions => of(ServiceError::TooManyVersions),
            Self::NoTitles => of(ServiceError::NoTitles),
            Self::TitleIdTaken { title_id, title } => of(ServiceError::TitleIdTaken)
                .with("id", title_id)
                .with("title", title),
            Self::Failure(_) => Message::text(FAILURE),
        }
    }
}

/// What is said of a failure of the service, which has a page of its own.
const FAILURE: &str = "problem-internal";
