//! The keys that seal: what each is for, how old it is, and what depends on it.

use chrono::{DateTime, Utc};

use super::page;
use crate::components::Tone;
use crate::context::{Context, Page as _};
use crate::form::{Choice, Form};
use crate::frame::{FlashKind, Section};
use crate::given::Given;
use crate::paths;
use crate::text::Message;

/// All keys.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// The keys, by purpose, the newest first.
    pub keys: Vec<Key>,
    /// The fingerprint of the master key that seals new keys.
    pub master_key: String,
}

/// A key, never its value.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its number.
    pub key_id: String,
    /// What it seals.
    pub purpose: KeyPurpose,
    /// Whether it seals at present.
    pub state: KeyState,
    /// The fingerprint of the master key that seals it.
    pub master_key: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it begins to seal.
    pub active_at: DateTime<Utc>,
    /// How much still needs it, above 10,000 not to the end. None: not counted, as tokens, which are not stored.
    pub dependents: Option<i64>,
}

/// What a key seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Access tokens.
    Token,
    /// Client secrets at rest.
    Secret,
    /// The tokens of invitation links at rest.
    Link,
}

impl KeyPurpose {
    /// Every purpose.
    pub const ALL: [Self; 3] = [Self::Token, Self::Secret, Self::Link];

    /// The name in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Secret => "secret",
            Self::Link => "link",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Token => "key-of-tokens",
            Self::Secret => "key-of-secrets",
            Self::Link => "key-of-links",
        }
    }
}

/// Whether a key seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It begins at its instant.
    Pending,
    /// It seals.
    Active,
    /// A newer key seals, and this one only opens.
    OpensOnly,
}

impl Key {
    /// The most things that are counted.
    const MOST_COUNTED: i64 = 10_000;

    const fn badge(&self) -> (Tone, &'static str) {
        match self.state {
            KeyState::Pending => (Tone::Waiting, "key-pending"),
            KeyState::Active => (Tone::Ok, "key-active"),
            KeyState::OpensOnly => (Tone::Off, "key-opens-only"),
        }
    }

    fn needed(c: &Context<'_>, count: impl Given<i64>) -> String {
        match count.given() {
            count if count > Self::MOST_COUNTED => c.t1("key-needed-by-more", "count", Self::MOST_COUNTED),
            count => c.t1("key-needed", "count", count),
        }
    }

    fn is_removable(&self) -> bool {
        self.state == KeyState::OpensOnly && self.purpose == KeyPurpose::Token
    }
}

page!(Keys, "keys.html", |_p, c| c.t("nav-keys"));

/// Adding a key: `purpose`.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    /// What was entered, and what is wrong with it.
    pub form: Form,
}

page!(NewKey, "key_new.html", |_p, c| c.t("key-new"), |p| !p
    .form
    .errors()
    .is_empty());

impl NewKey {
    fn purposes() -> Vec<Choice> {
        KeyPurpose::ALL
            .into_iter()
            .map(|purpose| Choice::new(purpose.as_str(), Message::text(purpose.text())))
            .collect()
    }
}

/// Removing a key: `reference`, which must be its number.
#[derive(Clone, Debug)]
pub struct RemoveKey {
    /// The key.
    pub key: Key,
    /// What was entered, and what is wrong with it.
    pub form: Form,
}

page!(RemoveKey, "key_remove.html", |_p, c| c.t("key-remove"), |p| !p
    .form
    .errors()
    .is_empty());
