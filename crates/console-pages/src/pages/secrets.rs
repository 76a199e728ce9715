//! The secrets of a client: a rotation as one sees it finish, a new secret shown once, and a secret retired.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use super::page;
use super::rotation::Step;
use crate::chart::{Hourly, Hue};
use crate::components::Tone;
use crate::context::{Context, Page as _};
use crate::form::{Choice, Form};
use crate::frame::{FlashKind, Section};
use crate::paths;
use crate::secret::OneTimeSecret;
use crate::snippets::{self, Access};
use crate::text::Message;

/// How long a secret must not have been used before retiring it is recommended.
pub(super) const QUIET: TimeDelta = TimeDelta::hours(24);

/// Whether a secret is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretState {
    /// It is.
    Live,
    /// Its time is over.
    Expired,
    /// Somebody retired it.
    Retired,
}

/// A secret of a client, never its value.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its identifier.
    pub secret_id: String,
    /// Whether it is accepted.
    pub state: SecretState,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it retires by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was retired.
    pub retired_at: Option<DateTime<Utc>>,
    /// When it was first used.
    pub first_use: Option<FirstUse>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Uses by hour in the last 24 hours.
    pub uses: Hourly,
    /// Where it was used from lately, the latest first.
    pub addresses: Vec<AddressUse>,
    /// Until when its retirement can be taken back.
    pub restorable_until: Option<DateTime<Utc>>,
}

/// The first use of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstUse {
    /// When it was, as far as that is known.
    pub at: DateTime<Utc>,
    /// Whether it was then; otherwise it was then or earlier.
    pub is_exact: bool,
}

/// An address that used a secret.
#[derive(Clone, Debug)]
pub struct AddressUse {
    /// The address.
    pub address: String,
    /// When it last did.
    pub last_at: DateTime<Utc>,
    /// How often in the last 24 hours.
    pub uses: i64,
}

/// What a comparison of a pasted secret found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretMatch {
    /// It is the newest live secret.
    Newest,
    /// It is an older live secret.
    Older,
    /// It is none that is live.
    None,
    /// Too many were compared.
    TooMany,
}

/// The secrets of a client, and how far a rotation is.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// Whose they are.
    pub client_id: String,
    /// All of them, the newest first.
    pub secrets: Vec<Secret>,
    /// By how many seconds uses are shown late at most.
    pub late_by_seconds: i64,
    /// What the comparison of a pasted secret has found.
    pub found: Option<SecretMatch>,
}

page!(Secrets, "secrets.html", |_p, c| c.t("secrets"));

impl Secret {
    fn badge(&self, c: &Context<'_>) -> crate::components::Badge {
        let soon = self
            .expires_at
            .is_some_and(|at| at - c.frame.now < TimeDelta::days(30));
        match self.state {
            SecretState::Live if soon => c.badge(Tone::Warn, "secret-expires-soon"),
            SecretState::Live => c.badge(Tone::Ok, "secret-live"),
            SecretState::Expired => c.badge(Tone::Off, "secret-expired"),
            SecretState::Retired => c.badge(Tone::Off, "secret-retired"),
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.state == SecretState::Live
    }

    pub(super) fn address_list(&self) -> String {
        let addresses = self.addresses.iter().take(3);
        let names: Vec<&str> = addresses.map(|used| used.address.as_str()).collect();
        names.join(", ")
    }
}

/// From when on uses are late: the beginning of the hour before this one, because uses are counted by the hour.
pub(super) fn lately(now: DateTime<Utc>) -> DateTime<Utc> {
    let hour = TimeDelta::hours(1);
    now.duration_trunc(hour).unwrap_or(now) - hour
}

/// How often secrets were used since the beginning of an hour.
pub(super) fn uses_since(secrets: &[&Secret], since: DateTime<Utc>) -> i64 {
    secrets.iter().map(|secret| secret.uses.total_since(since)).sum()
}

/// Three addresses that used secrets since then, the latest first.
pub(super) fn addresses_since(c: &Context<'_>, secrets: &[&Secret], since: DateTime<Utc>) -> String {
    let mut used: Vec<&AddressUse> = secrets.iter().flat_map(|secret| &secret.addresses).collect();
    used.retain(|used| used.last_at >= since);
    used.sort_by_key(|used| std::cmp::Reverse(used.last_at));
    let mut names: Vec<&str> = Vec::new();
    for used in used {
        if !names.contains(&used.address.as_str()) {
            names.push(&used.address);
        }
    }
    names.truncate(3);
    if names.is_empty() {
        return c.t("secret-address-unknown");
    }
    names.join(", ")
}

impl Secrets {
    fn live(&self) -> usize {
        self.secrets.iter().filter(|secret| secret.is_live()).count()
    }

    fn steps(&self, c: &Context<'_>) -> Vec<Step> {
        super::rotation::steps(c, &self.secrets)
    }

    fn advice(&self, c: &Context<'_>) -> Option<(&'static str, String)> {
        super::rotation::advice(c, &self.secrets)
    }
}

/// Adding a secret.
///
/// Fields: `client_secret` (empty: generated), `expires_in_days` (empty: never), `idempotency_key`.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// For which client.
    pub client_id: String,
    /// What was entered, never the secret.
    pub form: Form,
    /// Which submission this is: sent twice, it adds one secret.
    pub idempotency_key: String,
    /// How many live secrets the client has.
    pub live: i64,
}

page!(NewSecret, "secret_new.html", |_p, c| c.t("secret-new"), |p| !p
    .form
    .errors()
    .is_empty());

/// What became of a form that adds a secret.
#[derive(Clone, Debug)]
pub enum Added {
    /// A secret was generated, and this is its value.
    Generated(OneTimeSecret),
    /// The secret that was entered is stored.
    Brought,
    /// Nothing, because the form was sent before: the identifier of the secret that it stored then.
    Before(String),
}

/// The answer that creates a secret: the one page that has its value.
#[derive(Clone, Debug)]
pub struct SecretOnce {
    /// Whose it is.
    pub client_id: String,
    /// Whether the client was registered by the same form.
    pub is_new_client: bool,
    /// What was stored.
    pub added: Added,
    /// The token endpoint.
    pub token_url: String,
    /// The scopes of the client, separated by spaces.
    pub scope: String,
    /// Whether the client has the grant `client_credentials`.
    pub has_client_credentials: bool,
}

page!(SecretOnce, "secret_once.html", |p, c| c.t(match p.added {
    Added::Before(_) => "form-sent-before",
    Added::Generated(_) | Added::Brought if p.is_new_client => "client-registered",
    Added::Generated(_) | Added::Brought => "secret-added-title",
}));

impl SecretOnce {
    fn value(&self) -> Option<&str> {
        match &self.added {
            Added::Generated(secret) => Some(secret.expose()),
            Added::Brought | Added::Before(_) => None,
        }
    }

    fn snippets(&self) -> Vec<(&'static str, String)> {
        if !self.has_client_credentials {
            return Vec::new();
        }
        snippets::all(Access {
            token_url: &self.token_url,
            client_id: &self.client_id,
            client_secret: self.value(),
            scope: &self.scope,
        })
        .into()
    }
}

/// Retiring a secret, in the field `mode`: `retire`, or `leaked`, which also ends all tokens.
#[derive(Clone, Debug)]
pub struct RetireSecret {
    /// Whose it is.
    pub client_id: String,
    /// The secret.
    pub secret: Secret,
    /// Whether the client gets no token without it.
    pub is_last: bool,
    /// How long the retirement can be taken back, in seconds; none: it cannot.
    pub restorable_seconds: Option<i64>,
    /// What was entered.
    pub form: Form,
}

page!(
    RetireSecret,
    "secret_retire.html",
    |_p, c| c.t("secret-retire"),
    |p| !p.form.errors().is_empty()
);

impl RetireSecret {
    fn modes() -> Vec<Choice> {
        let mode = |value: &str, id: &'static str, help: &'static str| Choice {
            help: Some(Message::text(help)),
            ..Choice::new(value, Message::text(id))
        };
        vec![
            mode("retire", "retire-mode", "retire-mode.help"),
            mode("leaked", "leaked-mode", "leaked-mode.help"),
        ]
    }

    fn filled(&self) -> Form {
        match self.form.value("mode") {
            "" => self.form.clone().with("mode", "retire"),
            _ => self.form.clone(),
        }
    }

    fn warning(&self, c: &Context<'_>) -> Option<String> {
        let (secret, since) = ([&self.secret], lately(c.frame.now));
        let uses = uses_since(&secret, since);
        (uses > 0).then(|| {
            c.sentence("secret-still-used")
                .with("count", uses)
                .with("since", c.instant(since))
                .with("secret", self.secret.secret_id.clone())
                .with("addresses", addresses_since(c, &secret, since))
                .to_string()
        })
    }

    fn not_used(c: &Context<'_>) -> String {
        c.t1("secret-not-used-lately", "since", c.instant(lately(c.frame.now)))
    }
}
