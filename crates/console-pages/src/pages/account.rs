//! One's own account: sessions, language, theme, password and second factor.

use chrono::{DateTime, Utc};

use super::page;
use crate::components::Tone;
use crate::context::Page as _;
use crate::form::{Choice, Form};
use crate::frame::{FlashKind, Language, Section, Theme};
use crate::paths;
use crate::qr::Qr;
use crate::secret::OneTimeSecret;
use crate::text::Message;

/// One of the reader's sessions.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// What ends it, as `session`.
    pub number: String,
    /// What the browser calls itself.
    pub user_agent: String,
    /// The address that it began at.
    pub address: Option<String>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, within a minute.
    pub seen_at: DateTime<Utc>,
    /// Whether it is the one of this page.
    pub is_this: bool,
}

/// The reader's account: forms `account-preferences` (`language`, `theme`), `account-password` (`new_password`),
/// `second-factor` (`action`: `begin`, `remove`), `recovery-codes`, `sessions-end` (`session`), `sessions-end-others`.
#[derive(Clone, Debug)]
pub struct Account {
    /// What the reader signs in with.
    pub sign_in_name: String,
    /// Whether the reader has a password.
    pub has_password: bool,
    /// Whether a code is asked for after the password.
    pub has_second_factor: bool,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
    /// Whether the reader can sign in with the company.
    pub is_linked: bool,
    /// The name of the company's identity provider, where there is one.
    pub company: Option<String>,
    /// The reader's sessions, the latest first.
    pub sessions: Vec<OwnSession>,
    /// What was chosen or entered, and what is wrong with it.
    pub form: Form,
    /// The languages.
    pub languages: Vec<Choice>,
    /// The themes.
    pub themes: Vec<Choice>,
}

page!(Account, "account.html", |_p, c| c.t("account"), |p| !p
    .form
    .errors()
    .is_empty());

/// The languages to choose from.
#[must_use]
pub fn language_choices() -> Vec<Choice> {
    let mut choices = vec![Choice::new("", Message::text("language-of-browser"))];
    choices.extend(Language::ALL.into_iter().map(|language| match language {
        Language::En => Choice::new(language.tag(), Message::Words("English".to_owned())),
        Language::Fr => Choice::new(language.tag(), Message::Words("Français".to_owned())),
    }));
    choices
}

/// The themes to choose from.
#[must_use]
pub fn theme_choices() -> Vec<Choice> {
    let choice = |theme: Theme| {
        let text = match theme {
            Theme::System => "theme-system",
            Theme::Light => "theme-light",
            Theme::Dark => "theme-dark",
        };
        Choice::new(theme.as_str(), Message::text(text))
    };
    Theme::ALL.into_iter().map(choice).collect()
}

/// Setting up an authenticator app: form `second-factor-confirm` (`code`).
#[derive(Clone, Debug)]
pub struct SecondFactorSetup {
    /// The key as people type it.
    pub key: OneTimeSecret,
    /// The URL that the app reads from the picture.
    pub url: OneTimeSecret,
    /// What is wrong with the code.
    pub form: Form,
}

page!(
    SecondFactorSetup,
    "second_factor.html",
    |_p, c| c.t("second-factor-add"),
    |p| !p.form.errors().is_empty()
);

impl SecondFactorSetup {
    /// The identifier of what is said of a wrong code.
    pub const WRONG_CODE: &'static str = "second-factor-wrong-code";

    fn qr(&self) -> Qr {
        Qr::of(self.url.expose())
    }
}

/// Fresh recovery codes.
#[derive(Clone, Debug)]
pub struct RecoveryCodes {
    /// The codes.
    pub codes: Vec<OneTimeSecret>,
}

page!(RecoveryCodes, "recovery_codes.html", |_p, c| c
    .t("recovery-codes"));
