//! Password and code again, for what is not done without them.

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
}
