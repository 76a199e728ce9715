//! The people who may sign in.

use chrono::{DateTime, Utc};

use super::page;
use super::shared::Paging;
use crate::components::Tone;
use crate::context::Page as _;
use crate::form::{Choice, Form};
use crate::frame::{FlashKind, Role, Section};
use crate::paths;
use crate::text::Message;

/// A person who may sign in.
#[expect(clippy::struct_excessive_bools, reason = "each is shown by itself")]
#[derive(Clone, Debug)]
pub struct Member {
    /// The identifier, for the path.
    pub staff_id: String,
    /// What the person signs in with.
    pub sign_in_name: String,
    /// What others call the person.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// Whether the person may sign in.
    pub is_enabled: bool,
    /// Whether the person has a password.
    pub has_password: bool,
    /// Whether a code is asked for after the password.
    pub has_second_factor: bool,
    /// Whether the person can sign in with the company.
    pub is_linked: bool,
    /// When the person last signed in.
    pub signed_in_at: Option<DateTime<Utc>>,
}

impl Member {
    const fn tone(&self) -> Tone {
        if self.is_enabled { Tone::Ok } else { Tone::Off }
    }

    const fn state(&self) -> &'static str {
        if self.is_enabled {
            "staff-enabled"
        } else {
            "staff-disabled"
        }
    }
}

/// People, by sign-in name.
#[derive(Clone, Debug)]
pub struct StaffList {
    /// Those of this page.
    pub members: Vec<Member>,
    /// The pages before and after it.
    pub paging: Paging,
}

page!(StaffList, "staff.html", |_p, c| c.t("nav-staff"));

/// Adding a person: `sign_in_name`, `name`, `role`, `password`.
#[derive(Clone, Debug)]
pub struct StaffNew {
    /// What was entered, and what is wrong with it.
    pub form: Form,
    /// The roles.
    pub roles: Vec<Choice>,
}

page!(StaffNew, "staff_new.html", |_p, c| c.t("staff-add"), |p| !p
    .form
    .errors()
    .is_empty());

/// One person, and what an admin may change: forms `staff-role` (`role`), `staff-password` (`password`) and `staff-state`
/// (`action`: `enable`, `disable`, `unlock`, `reset-second-factor`, `unlink`, `end-sessions`).
#[derive(Clone, Debug)]
pub struct StaffMember {
    /// The person.
    pub member: Member,
    /// Whether it is the reader.
    pub is_self: bool,
    /// What was entered, and what is wrong with it.
    pub form: Form,
    /// The roles.
    pub roles: Vec<Choice>,
}

page!(
    StaffMember,
    "staff_member.html",
    |p, _c| p.member.name.clone(),
    |p| !p.form.errors().is_empty()
);

/// The identifiers of what is said of a wrong field.
pub mod staff_errors {
    /// Another account has the sign-in name.
    pub const NAME_TAKEN: &str = "staff-name-taken";
    /// The text is no sign-in name.
    pub const NAME_FORM: &str = "staff-name-form";
    /// The text is no name of a person.
    pub const DISPLAY_NAME_FORM: &str = "staff-display-name-form";
    /// No role was chosen.
    pub const ROLE_MISSING: &str = "staff-role-missing";
    /// The password is too short.
    pub const PASSWORD_WEAK: &str = "staff-password-weak";
    /// Nobody else could manage staff.
    pub const LAST_ADMIN: &str = "staff-last-admin";
}

/// The roles to choose from, each with a sentence.
#[must_use]
pub fn role_choices() -> Vec<Choice> {
    let choice = |role: Role| {
        let help = match role {
            Role::Viewer => "role-viewer-help",
            Role::Operator => "role-operator-help",
            Role::Admin => "role-admin-help",
        };
        Choice {
            help: Some(Message::text(help)),
            ..Choice::new(role.as_str(), Message::text(role.text()))
        }
    };
    Role::ALL.into_iter().map(choice).collect()
}
