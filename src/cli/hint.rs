//! What the command line adds to the text of an error: the hint what to do about it. Operations do not know who calls
//! them, so their errors name no commands.

use std::error::Error;

use crate::db::SchemaError;
use crate::error::Failure;
use crate::market::publishing;
use crate::{clients, keys, profiles, staff, webhooks};

/// An error and its causes on one line. The text of a [`Failure`] is left out: it is written for clients of the service,
/// and whoever runs the service needs the cause instead.
pub fn words(error: &anyhow::Error) -> String {
    let for_clients = |cause: &(dyn Error + 'static)| {
        cause.is::<Failure>() || matches!(cause.downcast_ref(), Some(SchemaError::Failure(_)))
    };
    crate::error::words(error.chain().filter(|cause| !for_clients(*cause)))
}

/// The hint that follows the text of an error, if there is one.
pub fn hint(error: &anyhow::Error) -> Option<&'static str> {
    error
        .downcast_ref()
        .and_then(hint_on_clients)
        .or_else(|| error.downcast_ref().and_then(hint_on_keys))
        .or_else(|| error.downcast_ref().and_then(hint_on_webhooks))
        .or_else(|| error.downcast_ref().and_then(hint_on_market))
        .or_else(|| error.downcast_ref().and_then(hint_on_profiles))
        .or_else(|| error.downcast_ref().and_then(hint_on_staff))
        .or_else(|| error.downcast_ref().and_then(hint_on_schema))
}

fn hint_on_clients(error: &clients::Error) -> Option<&'static str> {
    match error {
        clients::Error::UnknownClient(_) => Some("`client list` shows them"),
        clients::Error::UnknownCustomer(_) => Some("`customer list` shows them"),
        clients::Error::UnknownSecret(..) => Some("`secret list` shows them"),
        clients::Error::WeakSecret => Some("ask for a longer one, or pass --allow-weak-secret"),
        clients::Error::CustomerExists(_)
        | clients::Error::InvalidCustomerName
        | clients::Error::ClientExists(_)
        | clients::Error::SecretExists(_)
        | clients::Error::SecretIdTaken
        | clients::Error::SecretNotRestorable(..)
        | clients::Error::InvalidSetting(_)
        | clients::Error::Failure(_) => None,
    }
}

fn hint_on_keys(error: &keys::Error) -> Option<&'static str> {
    match error {
        keys::Error::OtherMasterKey { .. } => {
            Some("set PARTNER_MASTER_KEY or PARTNER_MASTER_KEY_FILE to that one")
        }
        keys::Error::UnknownTokenKey(_) => Some("`key list` shows them"),
        keys::Error::KeySeals(_) => Some(
            "make another with `key rotate token`, and retire this one when `key list` shows the other as active, 90 \
             seconds later",
        ),
        keys::Error::Damaged(_) | keys::Error::Failure(_) => None,
    }
}

fn hint_on_webhooks(error: &webhooks::Error) -> Option<&'static str> {
    match error {
        webhooks::Error::UnknownEvent(_) => Some("`callback list` shows them"),
        webhooks::Error::NotParked(_) => Some("`callback list --parked` shows them"),
        webhooks::Error::Failure(_) => None,
    }
}

fn hint_on_market(error: &publishing::Error) -> Option<&'static str> {
    match error {
        publishing::Error::NoDraft => Some("`market import` makes one"),
        publishing::Error::UnknownVersion(_) => Some("`market list` shows them"),
        publishing::Error::TitleIdTaken { .. } => {
            Some("leave its `id` empty, and it gets one that follows from its name")
        }
        publishing::Error::NotAfter(..)
        | publishing::Error::Retired(_)
        | publishing::Error::Draft(_)
        | publishing::Error::Last(_)
        | publishing::Error::TooManyVersions
        | publishing::Error::NoTitles
        | publishing::Error::Failure(_) => None,
    }
}

fn hint_on_profiles(error: &profiles::Error) -> Option<&'static str> {
    match error {
        profiles::Error::UnknownSubdomain => Some("`subdomain list` shows them"),
        profiles::Error::SubdomainInUse(_) => Some("pass --erase-profiles to erase them"),
        profiles::Error::UnknownProfile
        | profiles::Error::SubdomainExists(_)
        | profiles::Error::Failure(_) => None,
    }
}

fn hint_on_staff(error: &staff::Error) -> Option<&'static str> {
    match error {
        staff::Error::UnknownAccount(_) => Some("`staff list` shows them"),
        staff::Error::AccountExists(_)
        | staff::Error::LastAdmin(_)
        | staff::Error::WeakPassword
        | staff::Error::SecondFactorExists
        | staff::Error::IdentityTaken(_)
        | staff::Error::InvalidIdentity
        | staff::Error::Failure(_) => None,
    }
}

fn hint_on_schema(error: &SchemaError) -> Option<&'static str> {
    match error {
        SchemaError::Absent | SchemaError::Older(_) => Some("run `talentsoft-partner migrate`"),
        SchemaError::TooNew { .. }
        | SchemaError::Changed(_)
        | SchemaError::Connect(_)
        | SchemaError::NotAllowed(_)
        | SchemaError::Locked { .. }
        | SchemaError::Failed { .. }
        | SchemaError::Failure(_) => None,
    }
}
