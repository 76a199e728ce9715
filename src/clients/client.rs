//! What is set for a client.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use url::Host;

use super::error::{Error, InvalidSetting};
use super::scope::{Scope, ScopeSet};
use crate::ids::CustomerId;

/// A grant type of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// RFC 6749 s4.4.
    ClientCredentials,
    /// RFC 7523 s2.1.
    JwtBearer,
}

impl Grant {
    /// Both.
    pub const ALL: [Self; 2] = [Self::ClientCredentials, Self::JwtBearer];

    /// The value of `grant_type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }

    /// The short name in the database, on the command line and in metrics.
    #[must_use]
    pub const fn short_name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::JwtBearer => "jwt_bearer",
        }
    }
}

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|grant| grant.short_name() == text || grant.as_str() == text)
            .ok_or_else(|| {
                format!("`{text}` is not a grant; the grants are client_credentials and jwt_bearer")
            })
    }
}

/// The grants that a client may use; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grants {
    client_credentials: bool,
    jwt_bearer: bool,
}

impl Grants {
    /// Whether the client may use it.
    #[must_use]
    pub fn contains(self, grant: Grant) -> bool {
        match grant {
            Grant::ClientCredentials => self.client_credentials,
            Grant::JwtBearer => self.jwt_bearer,
        }
    }

    /// Both grants, as the Talentsoft marketplace uses them.
    #[must_use]
    pub fn both() -> Self {
        Self::of(&Grant::ALL)
    }

    /// The set of these.
    #[must_use]
    pub fn of(grants: &[Grant]) -> Self {
        Self {
            client_credentials: grants.contains(&Grant::ClientCredentials),
            jwt_bearer: grants.contains(&Grant::JwtBearer),
        }
    }

    /// Its members.
    pub fn iter(self) -> impl Iterator<Item = Grant> {
        Grant::ALL.into_iter().filter(move |grant| self.contains(*grant))
    }
}

impl Serialize for Grants {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Grant::short_name))
    }
}

/// When an assertion may be exchanged a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayPolicy {
    /// One with a `jti` never; one without until it expires (RFC 7523 s3(7), contract 2.2).
    IfJti,
    /// Never: without a `jti`, its signing input is what is remembered.
    Always,
    /// Until it expires.
    Off,
}

impl ReplayPolicy {
    /// The name in the database and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IfJti => "if_jti",
            Self::Always => "always",
            Self::Off => "off",
        }
    }
}

impl FromStr for ReplayPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::IfJti, Self::Always, Self::Off]
            .into_iter()
            .find(|policy| policy.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a replay policy; it is if_jti, always or off"))
    }
}

/// How `/token` writes `expires_in`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiresInFormat {
    /// `"3600"`, as the contract's section 2.3.
    String,
    /// `3600`, as RFC 6749 s5.1.
    Number,
}

impl ExpiresInFormat {
    /// The name in the database and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
        }
    }
}

impl FromStr for ExpiresInFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "string" => Ok(Self::String),
            "number" => Ok(Self::Number),
            other => Err(format!(
                "`{other}` is not a format of expires_in; it is string or number"
            )),
        }
    }
}

/// Everything that an admin sets for a client, its secrets apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientSettings {
    /// Whose data it sees; none for the partner's own clients.
    pub customer_id: Option<CustomerId>,
    /// The customer's unit that the pair was given for; 1 to 200 characters.
    pub organisational_unit: Option<String>,
    /// Grants it may use.
    pub grants: Grants,
    /// Scopes it may have.
    pub scopes: ScopeSet,
    /// Accepted `aud` values of its assertions; empty: the service's own.
    pub audiences: Vec<String>,
    /// Seconds that its tokens live, 60 to 3600; none: `PARTNER_TOKEN_TTL`.
    pub token_ttl_seconds: Option<i32>,
    /// Longest accepted `exp` − `iat` of its assertions in seconds, 60 to 86400.
    pub max_assertion_ttl_seconds: i32,
    /// Tolerated difference of clocks in seconds, 0 to 300.
    pub clock_skew_seconds: i32,
    /// Whether its assertions are single-use.
    pub replay_policy: ReplayPolicy,
    /// How `/token` writes `expires_in` for it.
    pub expires_in_format: ExpiresInFormat,
    /// Requests a second that it may make to each API; none: unlimited.
    pub requests_per_second: Option<i32>,
    /// Hosts that callback URLs of its invitations may name (contract s6), in lower case; empty: none.
    pub callback_hosts: Vec<String>,
}

impl ClientSettings {
    /// What a client of Talentsoft's marketplace gets unless told otherwise: both grants, both scopes of the contract.
    #[must_use]
    pub fn marketplace(customer_id: CustomerId) -> Self {
        Self::new(
            Some(customer_id),
            Grants::both(),
            [Scope::Videos, Scope::Assessments].into_iter().collect(),
        )
    }

    /// The defaults for these grants and scopes: 5 requests a second where a market data scope is among them.
    #[must_use]
    pub fn new(customer_id: Option<CustomerId>, grants: Grants, scopes: ScopeSet) -> Self {
        Self {
            customer_id,
            organisational_unit: None,
            grants,
            scopes,
            audiences: Vec::new(),
            token_ttl_seconds: None,
            max_assertion_ttl_seconds: 3600,
            clock_skew_seconds: 60,
            replay_policy: ReplayPolicy::IfJti,
            expires_in_format: ExpiresInFormat::String,
            requests_per_second: scopes.iter().any(Scope::is_market_data).then_some(5),
            callback_hosts: Vec::new(),
        }
    }

    /// Refuses what the database would refuse, in words.
    pub fn check(&self) -> Result<(), Error> {
        let within = |value: Option<i32>, range: std::ops::RangeInclusive<i32>, setting, expected| match value
        {
            Some(value) if !range.contains(&value) => Err(InvalidSetting { setting, expected }),
            _ => Ok(()),
        };
        let require = |is_met: bool, setting, expected| {
            if is_met {
                Ok(())
            } else {
                Err(InvalidSetting { setting, expected })
            }
        };
        within(
            self.token_ttl_seconds,
            60..=3600,
            "the token lifetime",
            "60 to 3600 seconds",
        )?;
        within(
            Some(self.max_assertion_ttl_seconds),
            60..=86400,
            "the longest assertion lifetime",
            "60 to 86400 seconds",
        )?;
        within(
            Some(self.clock_skew_seconds),
            0..=300,
            "the clock skew",
            "0 to 300 seconds",
        )?;
        within(
            self.requests_per_second,
            1..=1_000_000,
            "the request rate",
            "1 to 1000000 a second",
        )?;
        require(
            self.grants.iter().next().is_some(),
            "the list of grants",
            "at least one of client_credentials, jwt_bearer",
        )?;
        require(
            !self.scopes.is_empty(),
            "the list of scopes",
            "at least one scope",
        )?;
        let is_name =
            |text: &String| (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        require(
            self.organisational_unit.as_ref().is_none_or(is_name),
            "the organisational unit",
            "1 to 200 characters, none of them a control character",
        )?;
        let are_bounded = self
            .audiences
            .iter()
            .all(|audience| (1..=500).contains(&audience.len()) && !audience.chars().any(char::is_control));
        require(
            are_bounded && self.audiences.len() <= 20,
            "the list of audiences",
            "at most 20 of 1 to 500 bytes",
        )?;
        let is_host = |host: &String| {
            matches!(Host::parse(host), Ok(Host::Domain(domain)) if domain == *host) && host.len() <= 253
        };
        require(
            self.callback_hosts.iter().all(is_host) && self.callback_hosts.len() <= 20,
            "the list of callback hosts",
            "at most 20 host names in lower case, without scheme and port",
        )?;
        require(
            self.callback_hosts.is_empty() || self.grants.contains(Grant::JwtBearer),
            "the list of callback hosts",
            "empty without the grant jwt_bearer: callbacks are signed with the secret that is sealed for it",
        )?;
        let has_customer = self.customer_id.is_some() || !self.scopes.iter().any(Scope::needs_customer);
        require(
            has_customer,
            "the customer",
            "given for a client with scope videos or assessments",
        )?;
        Ok(())
    }
}

/// What `client update` changes: `None` leaves a setting as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// See [`ClientSettings::organisational_unit`]; `Some(None)` removes it.
    pub organisational_unit: Option<Option<String>>,
    /// See [`ClientSettings::grants`].
    pub grants: Option<Grants>,
    /// See [`ClientSettings::scopes`].
    pub scopes: Option<ScopeSet>,
    /// See [`ClientSettings::audiences`]; empty goes back to the service's own.
    pub audiences: Option<Vec<String>>,
    /// See [`ClientSettings::token_ttl_seconds`]; `Some(None)` goes back to the default.
    pub token_ttl_seconds: Option<Option<i32>>,
    /// See [`ClientSettings::max_assertion_ttl_seconds`].
    pub max_assertion_ttl_seconds: Option<i32>,
    /// See [`ClientSettings::clock_skew_seconds`].
    pub clock_skew_seconds: Option<i32>,
    /// See [`ClientSettings::replay_policy`].
    pub replay_policy: Option<ReplayPolicy>,
    /// See [`ClientSettings::expires_in_format`].
    pub expires_in_format: Option<ExpiresInFormat>,
    /// See [`ClientSettings::requests_per_second`]; `Some(None)` removes the limit.
    pub requests_per_second: Option<Option<i32>>,
    /// See [`ClientSettings::callback_hosts`].
    pub callback_hosts: Option<Vec<String>>,
}

impl SettingsChange {
    /// `settings` with the changes made.
    #[must_use]
    pub fn apply(self, settings: ClientSettings) -> ClientSettings {
        ClientSettings {
            customer_id: settings.customer_id,
            organisational_unit: self.organisational_unit.unwrap_or(settings.organisational_unit),
            grants: self.grants.unwrap_or(settings.grants),
            scopes: self.scopes.unwrap_or(settings.scopes),
            audiences: self.audiences.unwrap_or(settings.audiences),
            token_ttl_seconds: self.token_ttl_seconds.unwrap_or(settings.token_ttl_seconds),
            max_assertion_ttl_seconds: self
                .max_assertion_ttl_seconds
                .unwrap_or(settings.max_assertion_ttl_seconds),
            clock_skew_seconds: self.clock_skew_seconds.unwrap_or(settings.clock_skew_seconds),
            replay_policy: self.replay_policy.unwrap_or(settings.replay_policy),
            expires_in_format: self.expires_in_format.unwrap_or(settings.expires_in_format),
            requests_per_second: self.requests_per_second.unwrap_or(settings.requests_per_second),
            callback_hosts: self.callback_hosts.unwrap_or(settings.callback_hosts),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short_name())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn marketplace() -> ClientSettings {
        ClientSettings::marketplace(CustomerId::generate(DateTime::UNIX_EPOCH))
    }

    #[test]
    fn settings_out_of_range_are_named() {
        assert!(marketplace().check().is_ok());
        let refused = |change: fn(&mut ClientSettings)| {
            let mut settings = marketplace();
            change(&mut settings);
            settings.check().unwrap_err().to_string()
        };
        assert_eq!(
            refused(|s| s.token_ttl_seconds = Some(59)),
            "the token lifetime should be 60 to 3600 seconds"
        );
        assert!(refused(|s| s.clock_skew_seconds = 301).contains("clock skew"));
        assert!(refused(|s| s.customer_id = None).contains("the customer"));
        assert!(refused(|s| s.scopes = ScopeSet::default()).contains("scopes"));
        assert!(refused(|s| s.grants = Grants::of(&[])).contains("grants"));
        assert!(refused(|s| s.requests_per_second = Some(0)).contains("request rate"));
    }

    #[test]
    fn data_scopes_are_limited_by_default_and_the_marketplace_is_not() {
        assert_eq!(marketplace().requests_per_second, None);
        let scopes = [Scope::Profiles].into_iter().collect();
        assert_eq!(
            ClientSettings::new(None, Grants::both(), scopes).requests_per_second,
            Some(5)
        );
    }
}
