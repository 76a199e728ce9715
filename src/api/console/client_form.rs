//! The settings of a client as the fields of a form.
//!
//! Clients with scope `admin` are made and changed at the command line only, here as in `/admin/v1`: whoever takes over a
//! session makes no way in that outlives it.

use std::str::FromStr;

use console_pages::errors::ServiceError;
use console_pages::pages::SettingChoices;
use console_pages::{Form, Message};
use strum::VariantArray;

use super::words::InWords;
use super::{Error, Fields};
use crate::clients::{
    Audiences, CallbackHosts, ClientInfo, ClientSettings, ClockSkew, Enabled, Entitlement, Entitlements,
    ExpiresInFormat, Grant, Grants, InvalidSetting, MaxAssertionTtl, Networks, OrganisationalUnit, Quota,
    ReplayPolicy, RequestRate, Scope, ScopeSet, TokenTtl,
};

/// The fields of settings.
pub(super) const NAMES: &[&str] = &[
    "organisational_unit",
    "grants",
    "scopes",
    "audiences",
    "token_ttl_seconds",
    "max_assertion_ttl_seconds",
    "clock_skew_seconds",
    "replay_policy",
    "expires_in_format",
    "requests_per_second",
    "callback_hosts",
    "entitlements",
    "quota",
    "admin_networks",
];

/// What settings may be: everything but the scope of admins.
pub(super) fn choices() -> SettingChoices {
    let grants: Vec<&str> = Grant::VARIANTS.iter().map(|grant| grant.short_name()).collect();
    let scopes: Vec<&str> = Scope::SERVED
        .iter()
        .filter(|scope| **scope != Scope::Admin)
        .map(|scope| scope.as_str())
        .collect();
    let entitlements = Entitlements::all().names();
    let entitlements: Vec<&str> = entitlements.iter().map(String::as_str).collect();
    let policies: Vec<&str> = ReplayPolicy::VARIANTS.iter().map(<&str>::from).collect();
    let formats: Vec<&str> = ExpiresInFormat::VARIANTS.iter().map(<&str>::from).collect();
    SettingChoices::new(&grants, &scopes, &entitlements, &policies, &formats)
}

/// Refuses what a client with scope `admin` is changed by at the command line only.
pub(super) fn refuse_admin(client: &ClientInfo, enabled: Enabled) -> Result<(), Error> {
    if enabled == Enabled::Yes && client.settings.scopes.contains(Scope::Admin) {
        return Err(Error::NotFound);
    }
    Ok(())
}

/// The form of settings as they are.
pub(super) fn fill(settings: &ClientSettings) -> Form {
    let mut form = Form::new();
    for (name, values) in values_of(settings) {
        let is_list = matches!(name, "grants" | "scopes" | "entitlements");
        if is_list {
            form = values.iter().fold(form, |form, value| form.with(name, value));
        } else {
            form = form.with(name, &values.join("\n"));
        }
    }
    form
}

/// Each setting in words.
pub(super) fn describe(settings: &ClientSettings) -> Vec<(&'static str, Message)> {
    values_of(settings)
        .into_iter()
        .map(|(name, values)| match values.join(", ") {
            none if none.is_empty() => (name, Message::text("none")),
            words => (name, Message::Words(words)),
        })
        .collect()
}

/// The values of each field.
fn values_of(settings: &ClientSettings) -> Vec<(&'static str, Vec<String>)> {
    fn one<T: ToString>(value: Option<T>) -> Vec<String> {
        value.map(|value| value.to_string()).into_iter().collect()
    }
    let unit = settings.organisational_unit.as_ref();
    vec![
        ("organisational_unit", one(unit.map(OrganisationalUnit::as_str))),
        ("grants", settings.grants.names()),
        (
            "scopes",
            settings
                .scopes
                .iter()
                .map(|scope| scope.as_str().to_owned())
                .collect(),
        ),
        ("audiences", settings.audiences.as_slice().to_vec()),
        (
            "token_ttl_seconds",
            one(settings.token_ttl_seconds.map(i32::from)),
        ),
        (
            "max_assertion_ttl_seconds",
            one(Some(i32::from(settings.max_assertion_ttl_seconds))),
        ),
        (
            "clock_skew_seconds",
            one(Some(i32::from(settings.clock_skew_seconds))),
        ),
        ("replay_policy", one(Some(<&str>::from(settings.replay_policy)))),
        (
            "expires_in_format",
            one(Some(<&str>::from(settings.expires_in_format))),
        ),
        (
            "requests_per_second",
            one(settings.requests_per_second.map(i32::from)),
        ),
        ("callback_hosts", settings.callback_hosts.as_slice().to_vec()),
        ("entitlements", settings.entitlements.names()),
        ("quota", one(settings.quota)),
        ("admin_networks", settings.admin_networks.names()),
    ]
}

/// Settings that were read from a form, and what is wrong with it.
pub(super) struct Read {
    pub settings: ClientSettings,
    pub form: Form,
}

impl Read {
    fn set<T, E: InWords>(
        &mut self,
        name: &'static str,
        value: Result<T, E>,
        to: impl FnOnce(&mut ClientSettings, T),
    ) {
        match value {
            Ok(value) => to(&mut self.settings, value),
            Err(error) => {
                let form = std::mem::take(&mut self.form);
                self.form = form.error(name, error.in_words());
            }
        }
    }
}

/// The grants that are ticked.
pub(super) fn grants(fields: &Fields) -> Result<Grants, ServiceError> {
    let grants: Vec<Grant> = parsed(fields, "grants")?;
    Grants::try_from(grants.as_slice()).map_err(|_| ServiceError::NoGrant)
}

/// The scopes that are ticked, but for that of admins.
pub(super) fn scopes(fields: &Fields) -> Result<ScopeSet, ServiceError> {
    let scopes: Vec<Scope> = parsed(fields, "scopes")?;
    if scopes.contains(&Scope::Admin) {
        return Err(ServiceError::AdminScope);
    }
    Ok(scopes.into_iter().collect())
}

/// The values of a field that the form offers.
fn parsed<T: FromStr>(fields: &Fields, name: &str) -> Result<Vec<T>, ServiceError> {
    let values = fields.all(name).map(choice);
    values.collect()
}

/// A value that the form offers.
fn choice<T: FromStr>(text: &str) -> Result<T, ServiceError> {
    text.parse().map_err(|_| ServiceError::UnknownChoice)
}

/// The lines of a field that are not empty.
fn lines(fields: &Fields, name: &str) -> Vec<String> {
    let lines = fields.get(name).lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// An optional number with bounds.
fn bounded<T: TryFrom<i32, Error = InvalidSetting>>(
    fields: &Fields,
    name: &str,
) -> Result<Option<T>, Message> {
    let Some(text) = fields.text(name) else {
        return Ok(None);
    };
    let number = text
        .parse::<i32>()
        .map_err(|_| ServiceError::WholeNumber.message())?;
    let value = T::try_from(number).map_err(|error| error.in_words())?;
    Ok(Some(value))
}

/// Reads the fields over `settings`.
pub(super) fn read(fields: &Fields, settings: ClientSettings) -> Read {
    let mut read = Read {
        settings,
        form: fields.shown(NAMES),
    };
    read_access(&mut read, fields);
    read_tokens(&mut read, fields);
    read
}

/// What the client is for, and what it may do.
fn read_access(read: &mut Read, fields: &Fields) {
    let unit = fields.text("organisational_unit").map(str::to_owned);
    let unit = unit.map(OrganisationalUnit::try_from).transpose();
    read.set("organisational_unit", unit, |to, unit| {
        to.organisational_unit = unit;
    });
    read.set("grants", grants(fields), |to, grants| to.grants = grants);
    read.set("scopes", scopes(fields), |to, scopes| to.scopes = scopes);
    let rate = bounded::<RequestRate>(fields, "requests_per_second");
    read.set("requests_per_second", rate, |to, rate| {
        to.requests_per_second = rate;
    });
    let hosts = CallbackHosts::try_from(lines(fields, "callback_hosts"));
    read.set("callback_hosts", hosts, |to, hosts| to.callback_hosts = hosts);
    let entitlements = parsed::<Entitlement>(fields, "entitlements");
    read.set("entitlements", entitlements, |to, entitlements| {
        to.entitlements = entitlements.into_iter().collect();
    });
    let quota = fields.text("quota").map(str::parse::<Quota>).transpose();
    read.set("quota", quota, |to, quota| to.quota = quota);
    let networks = Networks::try_from(lines(fields, "admin_networks"));
    read.set("admin_networks", networks, |to, networks| {
        to.admin_networks = networks;
    });
}

/// Its tokens, and the assertions that it gets them for.
fn read_tokens(read: &mut Read, fields: &Fields) {
    let audiences = Audiences::try_from(lines(fields, "audiences"));
    read.set("audiences", audiences, |to, audiences| to.audiences = audiences);
    let ttl = bounded::<TokenTtl>(fields, "token_ttl_seconds");
    read.set("token_ttl_seconds", ttl, |to, ttl| to.token_ttl_seconds = ttl);
    let ttl = bounded::<MaxAssertionTtl>(fields, "max_assertion_ttl_seconds");
    read.set("max_assertion_ttl_seconds", ttl, |to, ttl| {
        to.max_assertion_ttl_seconds = ttl.unwrap_or_default();
    });
    let skew = bounded::<ClockSkew>(fields, "clock_skew_seconds");
    read.set("clock_skew_seconds", skew, |to, skew| {
        to.clock_skew_seconds = skew.unwrap_or_default();
    });
    let policy = choice::<ReplayPolicy>(fields.get("replay_policy"));
    read.set("replay_policy", policy, |to, policy| to.replay_policy = policy);
    let format = choice::<ExpiresInFormat>(fields.get("expires_in_format"));
    read.set("expires_in_format", format, |to, format| {
        to.expires_in_format = format;
    });
}

/// The fields in which two settings differ: the name, what the first has, what the second has.
pub(super) fn differences(
    stored: &ClientSettings,
    entered: &ClientSettings,
) -> Vec<(String, String, String)> {
    let pairs = values_of(stored).into_iter().zip(values_of(entered));
    pairs
        .filter(|((_, stored), (_, entered))| stored != entered)
        .map(|((name, stored), (_, entered))| (name.to_owned(), stored.join(", "), entered.join(", ")))
        .collect()
}
