//! Password and code again, for what is not done without them; and what was to be done, once the company has asked.

use super::page;
use crate::context::Page as _;
use crate::form::Form;
use crate::frame::{FlashKind, Section};
use crate::paths;

/// Asks for password and code once more, and keeps the form that needs them.
#[derive(Clone, Debug, Default)]
pub struct Confirm {
    /// Where the form goes, a path of [`paths`].
    pub path: String,
    /// The name of the form, whose token it carries.
    pub form_name: String,
    /// What was entered in it, never a secret.
    pub kept: Vec<(String, String)>,
    /// Whether the person has a password.
    pub has_password: bool,
    /// Whether the person has a second factor.
    pub has_second_factor: bool,
    /// Whether the person can be asked by the company's identity provider.
    pub company: Option<String>,
    /// The form, as it waits while the provider asks; none: it could not be kept.
    pub kept_form_id: Option<String>,
    /// What is wrong with `confirm_password`.
    pub form: Form,
}

page!(Confirm, "confirm.html", |_p, c| c.t("confirm"), |p| !p
    .form
    .errors()
    .is_empty());

impl Confirm {
    /// The identifier of the one sentence for all failures.
    pub const REFUSED: &'static str = "confirm-refused";

    fn company_path(&self) -> String {
        let pairs = self.kept_form_id.as_deref().map(|id| ("form", id));
        paths::with_query(paths::CONFIRM, pairs.as_slice())
    }
}

/// What was to be done before the company's identity provider asked: nothing is done until the button is pressed.
#[derive(Clone, Debug, Default)]
pub struct Confirmed {
    /// Where the form goes, a path of [`paths`].
    pub path: String,
    /// The name of the form, whose token it carries.
    pub form_name: String,
    /// What was entered in it, never a secret.
    pub kept: Vec<(String, String)>,
}

page!(Confirmed, "confirmed.html", |p, c| c.t(p.action()));

/// The forms that ask for password and code again: the name, the value of its field `action` where it does several things, and
/// what it does, in the words of its button.
pub const ELEVATED_FORMS: &[(&str, &str, &str)] = &[
    ("account-password", "", "account-set-password"),
    ("client-new", "", "client-new"),
    ("key-new", "", "key-new"),
    ("key-remove", "", "key-remove"),
    ("person-erase", "", "erase"),
    ("recovery-codes", "", "recovery-codes-new"),
    ("second-factor", "begin", "second-factor-add"),
    ("second-factor", "remove", "second-factor-remove"),
    ("second-factor-confirm", "", "second-factor-confirm"),
    ("secret-new", "", "secret-new"),
    ("secret-restore", "", "secret-restore"),
    ("secret-retire", "", "secret-retire"),
    ("staff-new", "", "staff-add"),
    ("staff-password", "", "staff-set-password"),
    ("staff-role", "", "staff-set-role"),
    ("staff-state", "disable", "staff-disable"),
    ("staff-state", "enable", "staff-enable"),
    ("staff-state", "end-sessions", "staff-end-sessions"),
    ("staff-state", "reset-second-factor", "staff-reset-second-factor"),
    ("staff-state", "unlink", "staff-unlink"),
    ("staff-state", "unlock", "staff-unlock"),
];

impl Confirmed {
    fn action(&self) -> &'static str {
        let entered = self.kept.iter().find(|(name, _)| name == "action");
        let entered = entered.map_or("", |(_, value)| value.as_str());
        let known = ELEVATED_FORMS
            .iter()
            .find(|(form, action, _)| *form == self.form_name && (action.is_empty() || *action == entered));
        known.map_or("continue", |(_, _, text)| text)
    }
}
