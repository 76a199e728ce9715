//! The options that set what a client may do: the same for `client add` and `client update`.

use clap::Args;

use super::input::seconds;
use crate::clients::{ExpiresInFormat, Grant, Grants, ReplayPolicy, Scope, SettingsChange};

/// The settings of a client, as options.
#[derive(Args)]
pub struct SettingArgs {
    /// Unit of the customer that the pair was given for; `none`: no unit
    #[arg(long, value_name = "NAME", value_parser = unit)]
    organisational_unit: Option<Choice<String>>,

    /// Grant that it may use, `client_credentials` or `jwt_bearer`; repeat for both [default: both]
    #[arg(long = "grant", value_name = "GRANT", value_delimiter = ',')]
    grants: Vec<Grant>,

    /// Scope that it may have; repeat for more [default: videos and assessments, for a customer's client]
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<Scope>,

    /// Audience that its assertions may name, byte for byte; repeat for more; `default`: the service's own URLs
    #[arg(long = "audience", value_name = "URL")]
    audiences: Vec<String>,

    /// How long its tokens live, 60 s to 1 h; `default`: as `PARTNER_TOKEN_TTL` says
    #[arg(long, value_name = "DURATION", value_parser = seconds_or_default)]
    token_ttl: Option<Choice<i32>>,

    /// Longest accepted life of its assertions, 60 s to 24 h [default: 1h]
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    max_assertion_ttl: Option<i32>,

    /// Tolerated difference between its clock and ours, 0 to 300 s [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    clock_skew: Option<i32>,

    /// Which assertions are single-use: those with a jti (`if_jti`, the default), all (`always`), none (`off`)
    #[arg(long, value_name = "POLICY")]
    replay_policy: Option<ReplayPolicy>,

    /// How `expires_in` is written for it: string, as Talentsoft has it, or number [default: string]
    #[arg(long, value_name = "FORMAT")]
    expires_in_format: Option<ExpiresInFormat>,

    /// Requests a second that it may make to each API, or `unlimited` [default: 5 with a market data scope]
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    requests_per_second: Option<Choice<i32>>,

    /// Host that callback URLs of its invitations may name; repeat for more; `none`: no callbacks [default: none]
    #[arg(long = "callback-host", value_name = "HOST")]
    callback_hosts: Vec<String>,
}

impl SettingArgs {
    /// The change that the options ask for.
    pub fn change(&self) -> anyhow::Result<SettingsChange> {
        let is_default = self.audiences.iter().any(|audience| audience == "default");
        anyhow::ensure!(
            !is_default || self.audiences.len() == 1,
            "--audience default stands alone: it is instead of all others"
        );
        let audiences = if is_default {
            Vec::new()
        } else {
            self.audiences.clone()
        };
        let has_no_host = self.callback_hosts.iter().any(|host| host == "none");
        anyhow::ensure!(
            !has_no_host || self.callback_hosts.len() == 1,
            "--callback-host none stands alone: it is instead of all others"
        );
        let callback_hosts = if has_no_host {
            Vec::new()
        } else {
            self.callback_hosts
                .iter()
                .map(|host| host.to_lowercase())
                .collect()
        };
        Ok(SettingsChange {
            organisational_unit: chosen(self.organisational_unit.as_ref()),
            grants: (!self.grants.is_empty()).then(|| Grants::of(&self.grants)),
            scopes: (!self.scopes.is_empty()).then(|| self.scopes.iter().copied().collect()),
            audiences: (!self.audiences.is_empty()).then_some(audiences),
            token_ttl_seconds: chosen(self.token_ttl.as_ref()),
            max_assertion_ttl_seconds: self.max_assertion_ttl,
            clock_skew_seconds: self.clock_skew,
            replay_policy: self.replay_policy,
            expires_in_format: self.expires_in_format,
            requests_per_second: chosen(self.requests_per_second.as_ref()),
            callback_hosts: (!self.callback_hosts.is_empty()).then_some(callback_hosts),
        })
    }
}

/// A value, or the word that stands for none.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice<T> {
    Value(T),
    Unset,
}

/// As the registry takes it: absent changes nothing, `Some(None)` unsets.
#[expect(clippy::option_option, reason = "as `SettingsChange` has it")]
fn chosen<T: Clone>(choice: Option<&Choice<T>>) -> Option<Option<T>> {
    choice.map(|choice| match choice {
        Choice::Value(value) => Some(value.clone()),
        Choice::Unset => None,
    })
}

fn unit(text: &str) -> Result<Choice<String>, String> {
    match text {
        "none" => Ok(Choice::Unset),
        "" => Err("an organisational unit has a name; `none` for no unit".to_owned()),
        name => Ok(Choice::Value(name.to_owned())),
    }
}

fn seconds_or_default(text: &str) -> Result<Choice<i32>, String> {
    match text {
        "default" => Ok(Choice::Unset),
        duration => seconds(duration)
            .map(Choice::Value)
            .map_err(|error| format!("{error}; or `default`")),
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
