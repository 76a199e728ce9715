//! What is set for a client, as a JSON merge patch (RFC 7396): what is not named stays, and null is the default.

use std::fmt::Display;

use serde::{Deserialize, Deserializer};

use super::Error;
use crate::clients::{
    Audiences, CallbackHosts, Change, ClientSettings, Entitlement, Grant, Grants, Networks,
    OrganisationalUnit, RequestRate, Scope, ScopeSet, TokenTtl,
};

/// Changes of settings.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SettingsPatch {
    #[serde(deserialize_with = "change")]
    organisational_unit: Change<String>,
    #[serde(deserialize_with = "change")]
    grants: Change<Vec<String>>,
    #[serde(deserialize_with = "change")]
    scopes: Change<Vec<String>>,
    #[serde(deserialize_with = "change")]
    audiences: Change<Vec<String>>,
    #[serde(deserialize_with = "change")]
    token_ttl_seconds: Change<i32>,
    #[serde(deserialize_with = "change")]
    max_assertion_ttl_seconds: Change<i32>,
    #[serde(deserialize_with = "change")]
    clock_skew_seconds: Change<i32>,
    #[serde(deserialize_with = "change")]
    replay_policy: Change<String>,
    #[serde(deserialize_with = "change")]
    expires_in_format: Change<String>,
    #[serde(deserialize_with = "change")]
    requests_per_second: Change<i32>,
    #[serde(deserialize_with = "change")]
    callback_hosts: Change<Vec<String>>,
    #[serde(deserialize_with = "change")]
    entitlements: Change<Vec<String>>,
    #[serde(deserialize_with = "change")]
    quota: Change<String>,
    #[serde(deserialize_with = "change")]
    admin_networks: Change<Vec<String>>,
}

/// Called only where the member is there.
fn change<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Change<T>, D::Error> {
    let value = Option::<T>::deserialize(deserializer)?;
    Ok(value.map_or(Change::Reset, Change::Set))
}

/// Makes the change of one setting, which errors name by its path in the body.
fn set<T: Default, U: Clone, E: Display>(
    path: &'static str,
    change: &Change<U>,
    setting: &mut T,
    parse: impl FnOnce(U) -> Result<T, E>,
) -> Result<(), Error> {
    match change {
        Change::Keep => {}
        Change::Reset => *setting = T::default(),
        Change::Set(value) => {
            *setting =
                parse(value.clone()).map_err(|error| Error::InvalidSetting(path, error.to_string()))?;
        }
    }
    Ok(())
}

fn grants(names: &[String]) -> Result<Grants, String> {
    let grants: Vec<Grant> = names
        .iter()
        .map(|name| name.parse().map_err(|error| format!("{error}")))
        .collect::<Result<_, _>>()?;
    Grants::try_from(grants.as_slice()).map_err(|error| error.to_string())
}

fn scopes(names: &[String]) -> Result<ScopeSet, String> {
    let scopes = names.iter().map(|name| name.parse::<Scope>());
    scopes
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

impl SettingsPatch {
    /// The grants that it names.
    pub(super) fn grants(&self) -> Result<Option<Grants>, Error> {
        let mut named = None;
        set("settings.grants", &self.grants, &mut named, |names| {
            grants(&names).map(Some)
        })?;
        Ok(named)
    }

    /// The scopes that it names.
    pub(super) fn scopes(&self) -> Result<Option<ScopeSet>, Error> {
        let mut named = None;
        set("settings.scopes", &self.scopes, &mut named, |names| {
            scopes(&names).map(Some)
        })?;
        Ok(named)
    }

    /// The same for a client that there is not yet: null names no scopes, as if they were left out. A registered client has no
    /// default of its scopes, which say what it is for.
    pub(super) fn of_new_client(mut self) -> Self {
        if self.scopes == Change::Reset {
            self.scopes = Change::Keep;
        }
        self
    }

    /// Makes the changes.
    pub(super) fn apply(&self, settings: &mut ClientSettings) -> Result<(), Error> {
        self.apply_to_access(settings)?;
        self.apply_to_tokens(settings)
    }

    /// What the client is for, and what it may do.
    fn apply_to_access(&self, settings: &mut ClientSettings) -> Result<(), Error> {
        set(
            "settings.organisational_unit",
            &self.organisational_unit,
            &mut settings.organisational_unit,
            |unit| OrganisationalUnit::try_from(unit).map(Some),
        )?;
        set("settings.grants", &self.grants, &mut settings.grants, |names| {
            grants(&names)
        })?;
        set("settings.scopes", &self.scopes, &mut settings.scopes, |names| {
            scopes(&names)
        })?;
        set(
            "settings.requests_per_second",
            &self.requests_per_second,
            &mut settings.requests_per_second,
            |rate| RequestRate::try_from(rate).map(Some),
        )?;
        set(
            "settings.callback_hosts",
            &self.callback_hosts,
            &mut settings.callback_hosts,
            CallbackHosts::try_from,
        )?;
        set(
            "settings.entitlements",
            &self.entitlements,
            &mut settings.entitlements,
            |names| {
                names
                    .iter()
                    .map(|name| name.parse::<Entitlement>())
                    .collect::<Result<_, _>>()
            },
        )?;
        set("settings.quota", &self.quota, &mut settings.quota, |quota| {
            quota.parse().map(Some)
        })?;
        set(
            "settings.admin_networks",
            &self.admin_networks,
            &mut settings.admin_networks,
            Networks::try_from,
        )
    }

    /// Its tokens, and the assertions that it gets them for.
    fn apply_to_tokens(&self, settings: &mut ClientSettings) -> Result<(), Error> {
        set(
            "settings.audiences",
            &self.audiences,
            &mut settings.audiences,
            Audiences::try_from,
        )?;
        set(
            "settings.token_ttl_seconds",
            &self.token_ttl_seconds,
            &mut settings.token_ttl_seconds,
            |ttl| TokenTtl::try_from(ttl).map(Some),
        )?;
        set(
            "settings.max_assertion_ttl_seconds",
            &self.max_assertion_ttl_seconds,
            &mut settings.max_assertion_ttl_seconds,
            TryInto::try_into,
        )?;
        set(
            "settings.clock_skew_seconds",
            &self.clock_skew_seconds,
            &mut settings.clock_skew_seconds,
            TryInto::try_into,
        )?;
        set(
            "settings.replay_policy",
            &self.replay_policy,
            &mut settings.replay_policy,
            |policy| policy.parse(),
        )?;
        set(
            "settings.expires_in_format",
            &self.expires_in_format,
            &mut settings.expires_in_format,
            |format| format.parse(),
        )
    }
}
