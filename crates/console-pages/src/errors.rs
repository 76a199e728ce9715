//! What is wrong with what was entered, in words that several screens use.

use crate::text::Message;

/// A reason is missing, or cannot be kept as it is.
pub const REASON: &str = "error-reason";
/// The reference was not typed as it is shown.
pub const REFERENCE: &str = "error-reference";
/// The text is no identifier.
pub const IDENTIFIER: &str = "error-identifier";
/// Nothing was entered that could name a customer.
pub const CUSTOMER: &str = "error-customer";
/// No customer has this name, and none has one like it.
pub const CUSTOMER_UNKNOWN: &str = "error-customer-unknown";
/// No customer has this name, and some have one like it.
pub const CUSTOMER_ALIKE: &str = "error-customer-alike";
/// The text is no email address.
pub const EMAIL: &str = "error-email";
/// The text is no day.
pub const DAY: &str = "error-day";
/// Nothing was chosen.
pub const CHOICE: &str = "error-choice";
/// The title is too long.
pub const TITLE: &str = "error-title";
/// No library of titles is named so.
pub const LIBRARY: &str = "error-library";
/// The key still seals, or is needed.
pub const KEY_NEEDED: &str = "error-key-needed";

macro_rules! service_errors {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
        /// What the service refuses at a field of a form: each has a text in both languages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ServiceError {
            $($(#[$doc])* $name,)*
        }

        impl ServiceError {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The identifier of its text.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// Its text, to which arguments may be added.
            #[must_use]
            pub const fn message(self) -> Message {
                Message::text(self.id())
            }
        }
    };
}

service_errors! {
    /// How long tokens live is out of its range.
    TokenTtl = "service-error-token-ttl";
    /// How long assertions may live is out of its range.
    MaxAssertionTtl = "service-error-max-assertion-ttl";
    /// The tolerated difference of clocks is out of its range.
    ClockSkew = "service-error-clock-skew";
    /// The rate of requests is out of its range.
    RequestRate = "service-error-request-rate";
    /// The text cannot be the name of a unit.
    OrganisationalUnit = "service-error-organisational-unit";
    /// The texts cannot be audiences.
    Audiences = "service-error-audiences";
    /// The texts cannot be hosts of callbacks.
    CallbackHosts = "service-error-callback-hosts";
    /// The texts are no networks.
    Networks = "service-error-networks";
    /// A client has no scope.
    NoScope = "service-error-no-scope";
    /// A client has callback hosts and not the grant whose secret signs callbacks.
    HostsWithoutAssertions = "service-error-hosts-without-assertions";
    /// A client has the scope of a customer's data and no customer.
    CustomerMissing = "service-error-customer-missing";
    /// A client with scope `admin` has a customer.
    CustomerOfAdmin = "service-error-customer-of-admin";
    /// A client with scope `admin` has the grant of users.
    GrantsOfAdmin = "service-error-grants-of-admin";
    /// Scope `admin` is not given at the console.
    AdminScope = "service-error-admin-scope";
    /// A client has no grant.
    NoGrant = "service-error-no-grant";
    /// Something was chosen that the form does not offer.
    UnknownChoice = "service-error-unknown-choice";
    /// The text is no quota.
    Quota = "service-error-quota";
    /// The text is no whole number.
    WholeNumber = "service-error-whole-number";
    /// The text cannot be a `client_id`.
    ClientId = "service-error-client-id";
    /// No client can be registered by this `client_id`.
    NewClientId = "service-error-new-client-id";
    /// The text cannot be a secret.
    Secret = "service-error-secret";
    /// The secret is too short.
    WeakSecret = "service-error-weak-secret";
    /// There is no such client.
    UnknownClient = "service-error-unknown-client";
    /// There is no such customer.
    UnknownCustomer = "service-error-unknown-customer";
    /// There is no such secret.
    UnknownSecret = "service-error-unknown-secret";
    /// A retirement cannot be taken back.
    SecretNotRestorable = "service-error-secret-not-restorable";
    /// The name of a customer is taken.
    CustomerExists = "service-error-customer-exists";
    /// The text cannot be the name of a customer.
    CustomerName = "service-error-customer-name";
    /// The `client_id` is taken.
    ClientExists = "service-error-client-exists";
    /// The client has this secret already.
    SecretExists = "service-error-secret-exists";
    /// The time after which a secret expires is out of its range.
    ExpiryDays = "service-error-expiry-days";
    /// What was pasted is empty or too long.
    AssertionLength = "service-error-assertion-length";
    /// Too many assertions were pasted in a short time.
    TooManyExplanations = "service-error-too-many-explanations";
    /// The library has no such version.
    UnknownVersion = "service-error-unknown-version";
    /// A version would not come after the last one.
    VersionNotAfter = "service-error-version-not-after";
    /// The version was retired.
    VersionRetired = "service-error-version-retired";
    /// The version is a draft.
    VersionDraft = "service-error-version-draft";
    /// The version is the only one that is published.
    VersionLast = "service-error-version-last";
    /// There is nothing to publish.
    NoDraft = "service-error-no-draft";
    /// There are too many versions to count.
    TooManyVersions = "service-error-too-many-versions";
    /// The sources have no titles.
    NoTitles = "service-error-no-titles";
    /// The identifier of a title belongs to another one.
    TitleIdTaken = "service-error-title-id-taken";
}
