//! What is set for a client.

use serde::Serialize;

use super::entitlement::{Entitlements, Quota};
use super::error::InvalidSetting;
use super::grant::{Grant, Grants};
use super::networks::Networks;
use super::scope::{Scope, ScopeSet};
use super::values::{
    Audiences, CallbackHosts, ClockSkew, ExpiresInFormat, MaxAssertionTtl, OrganisationalUnit, ReplayPolicy,
    RequestRate, TokenTtl,
};
use crate::ids::CustomerId;

/// Everything that an admin sets for a client, its secrets apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClientSettings {
    /// Whose data it sees; none for the partner's own clients.
    pub customer_id: Option<CustomerId>,
    /// The customer's unit that the pair was given for.
    pub organisational_unit: Option<OrganisationalUnit>,
    /// Grants it may use.
    pub grants: Grants,
    /// Scopes it may have.
    pub scopes: ScopeSet,
    /// Accepted `aud` values of its assertions.
    pub audiences: Audiences,
    /// How long its tokens live; none: as `PARTNER_TOKEN_TTL` says.
    pub token_ttl_seconds: Option<TokenTtl>,
    /// Longest accepted `exp` − `iat` of its assertions.
    pub max_assertion_ttl_seconds: MaxAssertionTtl,
    /// Tolerated difference between its clock and ours.
    pub clock_skew_seconds: ClockSkew,
    /// Whether its assertions are single-use.
    pub replay_policy: ReplayPolicy,
    /// How `/token` writes `expires_in` for it.
    pub expires_in_format: ExpiresInFormat,
    /// Requests that it may make to each API; none: unlimited.
    pub requests_per_second: Option<RequestRate>,
    /// Hosts that callback URLs of its invitations may name.
    pub callback_hosts: CallbackHosts,
    /// What it may do with market data beyond its scopes.
    pub entitlements: Entitlements,
    /// How many normalizations it may make in a period; none: as many as it likes.
    pub quota: Option<Quota>,
    /// Where its tokens with scope `admin` may be used from.
    pub admin_networks: Networks,
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
        let has_market_data = scopes.iter().any(Scope::is_market_data);
        Self {
            customer_id,
            grants,
            scopes,
            requests_per_second: has_market_data.then_some(RequestRate::OF_MARKET_DATA),
            ..Self::default()
        }
    }

    /// The settings that a new client begins with: the defaults for these grants and scopes. `None` where neither says what it
    /// is for: it has no customer, and no scope was named.
    #[must_use]
    pub fn first(
        customer_id: Option<CustomerId>,
        grants: Option<Grants>,
        scopes: Option<ScopeSet>,
    ) -> Option<Self> {
        let scopes = scopes.or_else(|| Some(Self::marketplace(customer_id?).scopes))?;
        let grants = grants.unwrap_or_else(|| {
            if scopes.contains(Scope::Admin) {
                Grants::only(Grant::ClientCredentials)
            } else {
                Grants::both()
            }
        });
        Some(Self::new(customer_id, grants, scopes))
    }

    /// The rules that are about more than one setting. What one setting may be is up to its type.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        if self.scopes.is_empty() {
            return Err(InvalidSetting::NoScope);
        }
        if !self.callback_hosts.as_slice().is_empty() && !self.grants.contains(Grant::JwtBearer) {
            return Err(InvalidSetting::HostsWithoutAssertions);
        }
        if self.customer_id.is_none() && self.scopes.iter().any(Scope::needs_customer) {
            return Err(InvalidSetting::CustomerMissing);
        }
        if self.customer_id.is_some() && self.scopes.contains(Scope::Admin) {
            return Err(InvalidSetting::CustomerOfAdmin);
        }
        if self.scopes.contains(Scope::Admin) && self.grants.contains(Grant::JwtBearer) {
            return Err(InvalidSetting::GrantsOfAdmin);
        }
        Ok(())
    }
}

/// What becomes of a setting that need not be set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is not set any more.
    Reset,
    /// It gets this value.
    Set(T),
}

impl<T> Change<T> {
    /// Makes the change to a setting.
    pub fn apply_to(self, setting: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Reset => *setting = None,
            Self::Set(value) => *setting = Some(value),
        }
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
    fn settings_that_do_not_go_together_are_named() {
        assert!(marketplace().check().is_ok());
        let refused = |change: fn(&mut ClientSettings)| {
            let mut settings = marketplace();
            change(&mut settings);
            settings.check().unwrap_err().to_string()
        };
        assert!(refused(|s| s.customer_id = None).contains("the customer"));
        assert!(refused(|s| s.scopes = ScopeSet::default()).contains("scopes"));
        let of_customer = refused(|s| s.scopes = [Scope::Admin].into_iter().collect());
        assert!(of_customer.contains("scope admin"), "{of_customer}");
        let of_user = refused(|s| {
            s.customer_id = None;
            s.scopes = [Scope::Admin].into_iter().collect();
        });
        assert!(of_user.contains("client_credentials alone"), "{of_user}");
        let without_sealed_secret = refused(|s| {
            s.grants = Grants::only(Grant::ClientCredentials);
            s.callback_hosts = vec!["ats.example".to_owned()].try_into().unwrap();
        });
        assert!(
            without_sealed_secret.contains("callback hosts"),
            "{without_sealed_secret}"
        );
    }

    #[test]
    fn data_scopes_are_limited_by_default_and_the_marketplace_is_not() {
        assert_eq!(marketplace().requests_per_second, None);
        let scopes = [Scope::Profiles].into_iter().collect();
        assert_eq!(
            ClientSettings::new(None, Grants::both(), scopes).requests_per_second,
            Some(RequestRate::OF_MARKET_DATA)
        );
    }

    #[test]
    fn an_admin_begins_with_the_one_grant_that_it_may_have() {
        let grants = |scope: Scope| {
            let first = ClientSettings::first(None, None, Some([scope].into_iter().collect()));
            first.unwrap().grants
        };
        assert_eq!(grants(Scope::Admin), Grants::only(Grant::ClientCredentials));
        assert_eq!(grants(Scope::Platform), Grants::both());
    }

    #[test]
    fn a_change_keeps_resets_or_sets() {
        let changed = |change: Change<u8>| {
            let mut setting = Some(1);
            change.apply_to(&mut setting);
            setting
        };
        assert_eq!(changed(Change::Keep), Some(1));
        assert_eq!(changed(Change::Reset), None);
        assert_eq!(changed(Change::Set(2)), Some(2));
    }
}
