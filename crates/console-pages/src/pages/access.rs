//! Getting in: name and password, the second factor, and on the way from one site to another.

use super::page;
use crate::context::Page as _;
use crate::form::Form;
use crate::frame::{FlashKind, Section};
use crate::paths;

/// Name and password, or the company's identity provider.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// What was entered (`sign_in_name`, never `password`), and the one sentence for all failures.
    pub form: Form,
    /// What opens afterwards: an opaque value that comes back as `next`.
    pub next: Option<String>,
    /// The name of the company's identity provider, where there is one.
    pub company: Option<String>,
}

page!(SignIn, "sign_in.html", |_p, c| c.t("sign-in"), |p| !p
    .form
    .errors()
    .is_empty());

impl SignIn {
    /// The identifier of the one sentence for all failures.
    pub const REFUSED: &'static str = "sign-in-refused";
}

/// The code of the second factor, or a recovery code, in the field `code`.
#[derive(Clone, Debug, Default)]
pub struct SignInCode {
    /// What is wrong.
    pub form: Form,
    /// What opens afterwards: an opaque value that comes back as `next`.
    pub next: Option<String>,
}

page!(
    SignInCode,
    "sign_in_code.html",
    |_p, c| c.t("sign-in-code"),
    |p| !p.form.errors().is_empty()
);

/// A page that goes on by itself: the browser sends the session's cookie only from a page of this site.
#[derive(Clone, Debug)]
pub struct Onward {
    /// Where to, a path of [`paths`].
    pub path: String,
}

page!(Onward, "onward.html", |_p, c| c.t("onward"));
