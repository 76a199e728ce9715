//! The options that set what a client may do, the same for `client add` and `client update`, and how the settings are shown.

mod columns;

use anyhow::ensure;
use clap::Args;

pub use columns::{to_csv, to_json};

use super::input::seconds;
use super::output::or_dash;
use crate::clients::{
    Audiences, CallbackHosts, Change, ClientSettings, Entitlement, Entitlements, ExpiresInFormat, Grant,
    Grants, InvalidQuota, Networks, OrganisationalUnit, Quota, ReplayPolicy, RequestRate, Scope, ScopeSet,
    TokenTtl,
};

/// The options that set settings of a client.
#[derive(Args, Default, PartialEq, Eq)]
pub struct SettingArgs {
    /// Organisational unit of the customer that the client is for; `none`: no unit
    #[arg(long, value_name = "NAME", value_parser = unit)]
    organisational_unit: Option<Choice<String>>,

    /// Grant that the client may use, `client_credentials` or `jwt_bearer`; repeat for both [default: both, and with scope
    /// admin `client_credentials`, which is all that an admin may use]
    #[arg(long = "grant", value_name = "GRANT", value_delimiter = ',')]
    grants: Vec<Grant>,

    /// Scope that the client may have: videos, assessments, profiles, occupation-benchmark, `lightcast_open_free`, `emsi_open`,
    /// platform, admin or introspect; repeat for more [default: videos and assessments, for a customer's client]
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<Scope>,

    /// Audience that the client's assertions may name, byte for byte; repeat for more; `default`: the service's own URLs
    #[arg(long = "audience", value_name = "URL")]
    audiences: Vec<String>,

    /// Lifetime of the client's tokens, 60 s to 1 h; `default`: the value of `PARTNER_TOKEN_TTL`
    #[arg(long, value_name = "DURATION", value_parser = seconds_or_default)]
    token_ttl: Option<Choice<i32>>,

    /// Longest accepted lifetime of the client's assertions, 60 s to 24 h [default: 1h]
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    max_assertion_ttl: Option<i32>,

    /// Tolerated difference between the client's clock and the service's, 0 to 300 s [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    clock_skew: Option<i32>,

    /// Which assertions are single-use: those with a jti (`if_jti`, the default), all (`always`), none (`off`)
    #[arg(long, value_name = "POLICY")]
    replay_policy: Option<ReplayPolicy>,

    /// JSON type of `expires_in` in the client's token responses: string, as in Talentsoft's contract, or number [default:
    /// string]
    #[arg(long, value_name = "FORMAT")]
    expires_in_format: Option<ExpiresInFormat>,

    /// Requests per second that the client may make to each API, or `unlimited` [default: 5 with a market data scope]
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    requests_per_second: Option<Choice<i32>>,

    /// Host that callback URLs of the client's invitations may name; repeat for more; `none`: no callbacks [default: none]
    #[arg(long = "callback-host", value_name = "HOST")]
    callback_hosts: Vec<String>,

    /// What it may do with market data beyond its scopes: titles:normalize, titles:normalize:bulk or titles:mapping; repeat
    /// for more; `all`, or `none` [default: none]
    #[arg(long = "entitlement", value_name = "ENTITLEMENT", value_delimiter = ',', value_parser = entitlements)]
    entitlements: Vec<Entitlements>,

    /// How many normalizations it may make in a month or a year, such as 50/year, or `unlimited` [default: unlimited]
    #[arg(long, value_name = "QUOTA", value_parser = quota)]
    quota: Option<Choice<Quota>>,

    /// Network or address from which its tokens with scope admin are accepted, such as 203.0.113.0/24; repeat for more;
    /// `any`: from everywhere [default: any]
    #[arg(long = "admin-network", value_name = "NETWORK", value_delimiter = ',')]
    admin_networks: Vec<String>,
}

impl SettingArgs {
    /// The grants that `--grant` names; `None` where it is not given.
    pub fn grants(&self) -> Option<Grants> {
        Grants::try_from(self.grants.as_slice()).ok()
    }

    /// The scopes that `--scope` names; `None` where it is not given.
    pub fn scopes(&self) -> Option<ScopeSet> {
        (!self.scopes.is_empty()).then(|| self.scopes.iter().copied().collect())
    }

    /// Makes the changes that the options ask for; what is not given stays as it is.
    pub fn apply(&self, settings: &mut ClientSettings) -> anyhow::Result<()> {
        change(self.organisational_unit.clone(), OrganisationalUnit::try_from)?
            .apply_to(&mut settings.organisational_unit);
        set(&mut settings.grants, self.grants());
        set(&mut settings.scopes, self.scopes());
        if let Some(audiences) = list(&self.audiences, "--audience", "default")? {
            settings.audiences = Audiences::try_from(audiences)?;
        }
        change(self.token_ttl.clone(), TokenTtl::try_from)?.apply_to(&mut settings.token_ttl_seconds);
        if let Some(ttl) = self.max_assertion_ttl {
            settings.max_assertion_ttl_seconds = ttl.try_into()?;
        }
        if let Some(skew) = self.clock_skew {
            settings.clock_skew_seconds = skew.try_into()?;
        }
        set(&mut settings.replay_policy, self.replay_policy);
        set(&mut settings.expires_in_format, self.expires_in_format);
        change(self.requests_per_second.clone(), RequestRate::try_from)?
            .apply_to(&mut settings.requests_per_second);
        if let Some(hosts) = list(&self.callback_hosts, "--callback-host", "none")? {
            settings.callback_hosts = CallbackHosts::try_from(hosts)?;
        }
        if !self.entitlements.is_empty() {
            settings.entitlements = self.entitlements.iter().flat_map(|part| part.iter()).collect();
        }
        change(self.quota.clone(), Ok::<_, InvalidQuota>)?.apply_to(&mut settings.quota);
        if let Some(networks) = list(&self.admin_networks, "--admin-network", "any")? {
            settings.admin_networks = Networks::try_from(networks)?;
        }
        Ok(())
    }
}

/// The settings as `client show` prints them: a name and a value each.
pub fn describe(settings: &ClientSettings) -> Vec<(&'static str, String)> {
    let unit = settings.organisational_unit.as_ref();
    let (audiences, hosts) = (settings.audiences.as_slice(), settings.callback_hosts.as_slice());
    let networks = settings.admin_networks.names();
    let of_service = || "the value of PARTNER_TOKEN_TTL".to_owned();
    vec![
        (
            "organisational unit",
            or_dash(unit, |unit| unit.as_str().to_owned()),
        ),
        ("grants", grant_names(settings.grants)),
        ("scopes", scope_names(settings.scopes)),
        (
            "audiences",
            if audiences.is_empty() {
                "the service's own".to_owned()
            } else {
                audiences.join(",")
            },
        ),
        (
            "token lifetime",
            settings
                .token_ttl_seconds
                .map_or_else(of_service, |ttl| format!("{} s", ttl.get())),
        ),
        (
            "longest assertion lifetime",
            format!("{} s", settings.max_assertion_ttl_seconds.get()),
        ),
        ("clock skew", format!("{} s", settings.clock_skew_seconds.get())),
        ("replay policy", settings.replay_policy.to_string()),
        ("expires_in format", settings.expires_in_format.to_string()),
        (
            "requests per second",
            settings
                .requests_per_second
                .map_or_else(|| "unlimited".to_owned(), |rate| rate.get().to_string()),
        ),
        (
            "callback hosts",
            or_dash((!hosts.is_empty()).then_some(hosts), |hosts| hosts.join(", ")),
        ),
        (
            "entitlements",
            or_dash(
                Some(settings.entitlements.names()).filter(|names| !names.is_empty()),
                |names| names.join(", "),
            ),
        ),
        (
            "quota",
            settings
                .quota
                .map_or_else(|| "unlimited".to_owned(), |quota| quota.to_string()),
        ),
        (
            "admin networks",
            or_dash(Some(networks).filter(|names| !names.is_empty()), |names| {
                names.join(", ")
            }),
        ),
    ]
}

/// The short names of grants, with commas between.
pub fn grant_names(grants: Grants) -> String {
    grants.iter().map(Grant::short_name).collect::<Vec<_>>().join(",")
}

/// The names of scopes, with commas between.
pub fn scope_names(scopes: ScopeSet) -> String {
    scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(",")
}

/// A value, or the word that stands for none.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice<T> {
    Value(T),
    Unset,
}

/// The change of a setting that need not be set; an option that is not given changes nothing.
fn change<T, U, E>(choice: Option<Choice<T>>, parse: impl FnOnce(T) -> Result<U, E>) -> Result<Change<U>, E> {
    match choice {
        None => Ok(Change::Keep),
        Some(Choice::Unset) => Ok(Change::Reset),
        Some(Choice::Value(value)) => parse(value).map(Change::Set),
    }
}

/// Sets a setting that is always set, where an option is given for it.
fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

/// The list that replaces the former one: empty for `word`, which stands for an empty list; `None` where the option is not
/// given.
fn list(values: &[String], option: &str, word: &str) -> anyhow::Result<Option<Vec<String>>> {
    if values.iter().any(|value| value == word) {
        ensure!(
            values.len() == 1,
            "{option} {word} cannot be combined with other values of {option}"
        );
        return Ok(Some(Vec::new()));
    }
    Ok((!values.is_empty()).then(|| values.to_vec()))
}

/// One entitlement, all of them or none.
fn entitlements(text: &str) -> Result<Entitlements, String> {
    match text {
        "all" => Ok(Entitlements::all()),
        "none" => Ok(Entitlements::default()),
        name => name
            .parse::<Entitlement>()
            .map(|entitlement| Entitlements::from_iter([entitlement]))
            .map_err(|error| format!("{error}; or `all`, or `none`")),
    }
}

fn quota(text: &str) -> Result<Choice<Quota>, String> {
    match text {
        "unlimited" => Ok(Choice::Unset),
        quota => quota
            .parse()
            .map(Choice::Value)
            .map_err(|error: InvalidQuota| format!("{error}; or `unlimited`")),
    }
}

fn unit(text: &str) -> Result<Choice<String>, String> {
    match text {
        "none" => Ok(Choice::Unset),
        "" => Err("the name of an organisational unit is not empty; pass `none` for no unit".to_owned()),
        name => Ok(Choice::Value(name.to_owned())),
    }
}

fn seconds_or_default(text: &str) -> Result<Choice<i32>, String> {
    match text {
        "default" => Ok(Choice::Unset),
        duration => seconds(duration)
            .map(Choice::Value)
            .map_err(|error| format!("{error}, or `default`")),
    }
}

fn rate(text: &str) -> Result<Choice<i32>, String> {
    match text {
        "unlimited" => Ok(Choice::Unset),
        number => number
            .parse()
            .map(Choice::Value)
            .map_err(|_| "a request rate is a number, or `unlimited`".to_owned()),
    }
}
