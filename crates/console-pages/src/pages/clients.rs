//! The clients: the list, registering one, one client, and its settings.

use chrono::{DateTime, Utc};

use super::page;
use super::shared::{Conflict, CustomerRef, Paging, Panel};
use crate::chart::{Hourly, Hue};
use crate::components::Tone;
use crate::context::{Context, Page as _};
use crate::form::{Choice, Form, Offer};
use crate::frame::{FlashKind, Section};
use crate::paths;
use crate::snippets::{self, Access};
use crate::text::Message;

/// The list of clients.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    /// What is searched for: an identifier, or a part of one or of a customer's name.
    pub search: String,
    /// `enabled`, `disabled`, or empty for both.
    pub state: String,
    /// The clients of this page.
    pub rows: Vec<ClientRow>,
    /// The pages around it.
    pub paging: Paging,
}

/// A client in a list.
#[derive(Clone, Debug)]
pub struct ClientRow {
    /// Its identifier.
    pub client_id: String,
    /// Whose it is; none: the partner's own.
    pub customer: Option<CustomerRef>,
    /// The customer's unit that it is for.
    pub unit: Option<String>,
    /// Whether it may get and use tokens.
    pub is_enabled: bool,
    /// When its newest secret was added; none: it has none that is live.
    pub newest_secret_at: Option<DateTime<Utc>>,
    /// When it last got a token.
    pub last_token_at: Option<DateTime<Utc>>,
    /// Calls refused in the last 24 hours.
    pub refused: i64,
}

page!(Clients, "clients.html", |_p, c| c.t("clients"));

impl Clients {
    fn form(&self) -> Form {
        Form::new()
            .with("search", &self.search)
            .with("state", &self.state)
    }

    fn states() -> Vec<Choice> {
        ["", "enabled", "disabled"]
            .into_iter()
            .zip(["state-any", "state-enabled", "state-disabled"])
            .map(|(value, id)| Choice::new(value, Message::text(id)))
            .collect()
    }

    fn is_filtered(&self) -> bool {
        !self.search.is_empty() || !self.state.is_empty()
    }
}

/// What the settings of a client may be. Labels are those of this crate for names that it knows.
#[derive(Clone, Debug, Default)]
pub struct SettingChoices {
    /// Names of the grants.
    pub grants: Vec<Choice>,
    /// Names of the scopes.
    pub scopes: Vec<Choice>,
    /// Names of the entitlements.
    pub entitlements: Vec<Choice>,
    /// Names of the policies about assertions that are presented again.
    pub replay_policies: Vec<Choice>,
    /// Names of the forms of `expires_in`.
    pub expires_in_formats: Vec<Choice>,
}

impl SettingChoices {
    /// The choices of these names, in the order of the fields.
    #[must_use]
    pub fn new(
        grants: &[&str],
        scopes: &[&str],
        entitlements: &[&str],
        replay_policies: &[&str],
        expires_in_formats: &[&str],
    ) -> Self {
        let choices =
            |kind: &'static str, names: &[&str]| names.iter().map(|name| Choice::known(kind, name)).collect();
        Self {
            grants: choices("grant", grants),
            scopes: choices("scope", scopes),
            entitlements: choices("entitlement", entitlements),
            replay_policies: choices("replay", replay_policies),
            expires_in_formats: choices("expires-in", expires_in_formats),
        }
    }
}

/// Registering a client.
///
/// Its fields are those of [`ClientSettings`], and `customer_id`, `client_id` and `client_secret` (empty: generated).
#[derive(Clone, Debug, Default)]
pub struct NewClient {
    /// What was entered, never the secret.
    pub form: Form,
    /// The customers, in the field `customer_id`.
    pub customers: Offer,
    /// What settings may be.
    pub choices: SettingChoices,
    /// Which submission this is: sent twice, it registers once. In the field `idempotency_key`.
    pub idempotency_key: String,
}

page!(NewClient, "client_new.html", |_p, c| c.t("client-new"), |p| !p
    .form
    .errors()
    .is_empty());

/// The settings of a client as a form.
///
/// Fields: `organisational_unit`, `grants`, `scopes`, `audiences` (a line each), `token_ttl_seconds`,
/// `max_assertion_ttl_seconds`, `clock_skew_seconds`, `replay_policy`, `expires_in_format`, `requests_per_second`,
/// `callback_hosts` (a line each), `entitlements`, `quota` (such as `50/year`), `admin_networks` (a line each).
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Whose settings.
    pub client_id: String,
    /// What is stored, or what was entered.
    pub form: Form,
    /// What settings may be.
    pub choices: SettingChoices,
    /// The state of the client that the form was filled in from, in the field `etag`.
    pub etag: String,
    /// Somebody else changed the client meanwhile.
    pub conflict: Option<Conflict>,
}

page!(
    ClientSettings,
    "client_settings.html",
    |_p, c| c.t("client-settings"),
    |p| !p.form.errors().is_empty() || p.conflict.is_some()
);

/// One client.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its identifier.
    pub client_id: String,
    /// Whose it is; none: the partner's own.
    pub customer: Option<CustomerRef>,
    /// The customer's unit that it is for.
    pub unit: Option<String>,
    /// Whether it may get and use tokens.
    pub is_enabled: bool,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it last got a token.
    pub last_token_at: Option<DateTime<Utc>>,
    /// Tokens issued in the last 24 hours.
    pub tokens: Panel<Hourly>,
    /// Calls refused in the last 24 hours.
    pub refusals: Panel<Hourly>,
    /// Its live secrets: when each was added, and last used.
    pub secrets: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)>,
    /// Its settings: the name of the field, as in [`ClientSettings`], and the value in words.
    pub settings: Vec<(&'static str, Message)>,
    /// The token endpoint.
    pub token_url: String,
    /// The scopes that it may have, separated by spaces.
    pub scope: String,
    /// Whether it has the grant `client_credentials`.
    pub has_client_credentials: bool,
}

page!(Client, "client.html", |p, _c| p.client_id.clone());

impl Client {
    fn snippets(&self) -> Vec<(&'static str, String)> {
        if !self.has_client_credentials {
            return Vec::new();
        }
        snippets::all(Access {
            token_url: &self.token_url,
            client_id: &self.client_id,
            client_secret: None,
            scope: &self.scope,
        })
        .into()
    }

    fn caption(c: &Context<'_>, id: &str, series: &Hourly) -> String {
        c.t1(id, "count", series.total())
    }
}

/// Disabling a client, or ending its tokens: a page of its own, because it cannot be undone or stops somebody's work.
#[derive(Clone, Debug)]
pub struct ClientDanger {
    /// Which client.
    pub client_id: String,
    /// What is to be done.
    pub what: ClientDangerKind,
    /// Calls that it made in the last 24 hours; none where that was not read.
    pub tokens: Option<i64>,
    /// What was entered in the field `reference`, which must be the client's identifier.
    pub form: Form,
}

/// What stops a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientDangerKind {
    /// It may neither get nor use tokens until it is enabled again.
    Disable,
    /// All its tokens are over; it may get new ones.
    EndTokens,
}

impl ClientDangerKind {
    const fn text(self) -> &'static str {
        match self {
            Self::Disable => "client-disable",
            Self::EndTokens => "client-end-tokens",
        }
    }

    fn effect(self) -> String {
        format!("{}.effect", self.text())
    }
}

impl ClientDanger {
    /// Enabling is the same form as disabling, with another state.
    const fn form_name(&self) -> &'static str {
        match self.what {
            ClientDangerKind::Disable => "client-state",
            ClientDangerKind::EndTokens => "client-end-tokens",
        }
    }

    fn action(&self) -> String {
        match self.what {
            ClientDangerKind::Disable => paths::client_state(&self.client_id),
            ClientDangerKind::EndTokens => paths::client_end_tokens(&self.client_id),
        }
    }
}

page!(
    ClientDanger,
    "client_danger.html",
    |p, c| c.t(p.what.text()),
    |p| !p.form.errors().is_empty()
);
