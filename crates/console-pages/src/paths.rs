//! Every path of the console once, without the prefix that it may be served below.
//!
//! A constant is the pattern of a route, as the router takes it; a function makes the path of one resource.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a segment or in a query as it is (RFC 3986 s2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

macro_rules! paths {
    ($($(#[$doc:meta])* $name:ident = $path:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $path;)*
        /// Every pattern of this module.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

paths! {
    /// The overview.
    OVERVIEW = "/";
    /// Where the assets are; a name follows.
    STATIC = "/static";
    /// One asset.
    ASSET = "/static/{name}";
    /// Name and password.
    SIGN_IN = "/sign-in";
    /// The second factor.
    SIGN_IN_CODE = "/sign-in/code";
    /// To the identity provider; a link, never a form.
    SIGN_IN_COMPANY = "/sign-in/company";
    /// Back from the identity provider.
    SIGN_IN_COMPANY_CALLBACK = "/sign-in/company/callback";
    /// Ends the session.
    SIGN_OUT = "/sign-out";
    /// Password and code again, for what needs them.
    CONFIRM = "/confirm";
    /// What was to be done before the identity provider asked.
    CONFIRM_FORM = "/confirm/{kept_form_id}";
    /// One's own account.
    ACCOUNT = "/account";
    /// Language and theme.
    ACCOUNT_PREFERENCES = "/account/preferences";
    /// One's own password.
    ACCOUNT_PASSWORD = "/account/password";
    /// Setting up the second factor.
    ACCOUNT_SECOND_FACTOR = "/account/second-factor";
    /// New recovery codes.
    ACCOUNT_RECOVERY_CODES = "/account/recovery-codes";
    /// Linking the account of the identity provider.
    ACCOUNT_COMPANY = "/account/company";
    /// Ends one or all of one's sessions.
    ACCOUNT_SESSIONS_END = "/account/sessions/end";
    /// The customers.
    CUSTOMERS = "/customers";
    /// Registering a customer.
    CUSTOMERS_NEW = "/customers/new";
    /// One customer.
    CUSTOMER = "/customers/{customer_id}";
    /// The clients.
    CLIENTS = "/clients";
    /// Registering a client.
    CLIENTS_NEW = "/clients/new";
    /// One client.
    CLIENT = "/clients/{client_id}";
    /// The settings of a client.
    CLIENT_SETTINGS = "/clients/{client_id}/settings";
    /// Enables or disables a client.
    CLIENT_STATE = "/clients/{client_id}/state";
    /// Ends all tokens of a client.
    CLIENT_END_TOKENS = "/clients/{client_id}/end-tokens";
    /// The secrets of a client, as a rotation goes on.
    CLIENT_SECRETS = "/clients/{client_id}/secrets";
    /// Adding a secret: the answer shows it once.
    CLIENT_SECRETS_NEW = "/clients/{client_id}/secrets/new";
    /// Whether a pasted secret is one of the client's.
    CLIENT_SECRETS_CHECK = "/clients/{client_id}/secrets/check";
    /// Retiring one secret.
    CLIENT_SECRET_RETIRE = "/clients/{client_id}/secrets/{secret_id}/retire";
    /// Takes a retirement back while that is possible.
    CLIENT_SECRET_RESTORE = "/clients/{client_id}/secrets/{secret_id}/restore";
    /// Says when something about a client has changed (server-sent events).
    CLIENT_LIVE = "/clients/{client_id}/live";
    /// Each refused call.
    REFUSALS = "/refusals";
    /// Refused calls by caller and reason.
    REFUSAL_GROUPS = "/refusals/groups";
    /// One refused call.
    REFUSAL = "/refusals/{refusal_id}";
    /// What an assertion says and which checks it passes.
    EXPLAIN = "/assertions/explain";
    /// Callbacks and webhooks.
    CALLBACKS = "/callbacks";
    /// Retries all that are parked since an instant.
    CALLBACKS_RETRY = "/callbacks/retry";
    /// One callback.
    CALLBACK = "/callbacks/{callback_id}";
    /// Retries one callback.
    CALLBACK_RETRY = "/callbacks/{callback_id}/retry";
    /// Discards one callback.
    CALLBACK_DISCARD = "/callbacks/{callback_id}/discard";
    /// Finding invitations.
    INVITATIONS = "/invitations";
    /// What has happened to one invitation.
    INVITATION = "/invitations/{invitation_id}";
    /// Finding a person; by POST, so that no address of a person is in a URL.
    PERSONS = "/persons";
    /// What is held of a person.
    PERSON = "/persons/{reference}";
    /// Erasing a person.
    PERSON_ERASE = "/persons/{reference}/erase";
    /// Libraries of titles and their versions.
    MARKET = "/market";
    /// Normalises a title.
    MARKET_TRY = "/market/try";
    /// Says when something about imports or versions has changed (server-sent events).
    MARKET_LIVE = "/market/live";
    /// Publishes or retires a version.
    MARKET_VERSION = "/market/{library}/{version}/{action}";
    /// The keys that seal.
    KEYS = "/keys";
    /// Adding a key.
    KEYS_NEW = "/keys/new";
    /// Removing a key.
    KEY_REMOVE = "/keys/{key_id}/remove";
    /// Who changed what.
    AUDIT = "/audit";
    /// The same as CSV.
    AUDIT_CSV = "/audit.csv";
    /// The accounts of staff.
    STAFF = "/staff";
    /// Adding an account.
    STAFF_NEW = "/staff/new";
    /// One account.
    STAFF_MEMBER = "/staff/{staff_id}";
}

/// A pattern with its placeholders filled in, in order.
fn fill(pattern: &str, segments: &[&str]) -> String {
    let mut segments = segments.iter();
    let mut path = String::with_capacity(pattern.len() + 32);
    for part in pattern.split('/').skip(1) {
        path.push('/');
        match part.starts_with('{').then(|| segments.next()).flatten() {
            Some(segment) => path.extend(utf8_percent_encode(segment, ENCODED)),
            None => path.push_str(part),
        }
    }
    path
}

macro_rules! resources {
    ($($(#[$doc:meta])* $name:ident($($segment:ident),*) = $pattern:ident;)*) => {
        $($(#[$doc])* #[must_use] pub fn $name($($segment: &str),*) -> String {
            fill($pattern, &[$($segment),*])
        })*
    };
}

resources! {
    /// The path of an asset.
    asset(name) = ASSET;
    /// The path of a form that waited.
    confirm_form(kept_form_id) = CONFIRM_FORM;
    /// The path of a customer.
    customer(customer_id) = CUSTOMER;
    /// The path of a client.
    client(client_id) = CLIENT;
    /// The path of the settings of a client.
    client_settings(client_id) = CLIENT_SETTINGS;
    /// Where a client is enabled or disabled.
    client_state(client_id) = CLIENT_STATE;
    /// Where all tokens of a client are ended.
    client_end_tokens(client_id) = CLIENT_END_TOKENS;
    /// The path of the secrets of a client.
    client_secrets(client_id) = CLIENT_SECRETS;
    /// Where a secret is added.
    client_secrets_new(client_id) = CLIENT_SECRETS_NEW;
    /// Where a pasted secret is compared.
    client_secrets_check(client_id) = CLIENT_SECRETS_CHECK;
    /// Where a secret is retired.
    client_secret_retire(client_id, secret_id) = CLIENT_SECRET_RETIRE;
    /// Where a retirement is taken back.
    client_secret_restore(client_id, secret_id) = CLIENT_SECRET_RESTORE;
    /// The events of a client.
    client_live(client_id) = CLIENT_LIVE;
    /// The path of a refused call.
    refusal(refusal_id) = REFUSAL;
    /// The path of a callback.
    callback(callback_id) = CALLBACK;
    /// Where a callback is retried.
    callback_retry(callback_id) = CALLBACK_RETRY;
    /// Where a callback is discarded.
    callback_discard(callback_id) = CALLBACK_DISCARD;
    /// The path of an invitation.
    invitation(invitation_id) = INVITATION;
    /// The path of a person.
    person(reference) = PERSON;
    /// Where a person is erased.
    person_erase(reference) = PERSON_ERASE;
    /// Where something is done with a version of a library.
    market_version(library, version, action) = MARKET_VERSION;
    /// Where a key is removed.
    key_remove(key_id) = KEY_REMOVE;
    /// The path of an account.
    staff_member(staff_id) = STAFF_MEMBER;
}

/// A path with a query, which has only the pairs whose value is not empty.
#[must_use]
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut text = path.to_owned();
    let mut separator = '?';
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        text.push(separator);
        text.push_str(name);
        text.push('=');
        text.extend(utf8_percent_encode(value, ENCODED));
        separator = '&';
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_leave_its_place() {
        assert_eq!(client("../a b"), "/clients/..%2Fa%20b");
        assert_eq!(client_secret_retire("c", "s"), "/clients/c/secrets/s/retire");
        assert_eq!(fill(OVERVIEW, &[]), "/");
    }

    #[test]
    fn a_query_has_only_what_is_set() {
        let path = with_query(REFUSALS, &[("client", "a&b"), ("reason", ""), ("address", "::1")]);
        assert_eq!(path, "/refusals?client=a%26b&address=%3A%3A1");
        assert_eq!(with_query(REFUSALS, &[]), "/refusals");
    }
}
