//! What every page knows besides its own content.

use chrono::{DateTime, Utc};

use crate::text::Message;

/// The language that a page is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Language {
    /// Every language, in the order of the account page.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// The language tag (RFC 5646).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// The language of a tag such as `fr` or `fr-CA`; none where there are no texts in it.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// The colours of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the browser is set.
    #[default]
    System,
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

impl Theme {
    /// Every theme, in the order of the account page.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The name in forms and in the mark-up.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == name)
    }
}

/// What a member of staff may do. Each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees everything that is not personal data.
    Viewer,
    /// Also helps partners: callbacks, assertions, persons, secrets, clients and tokens.
    Operator,
    /// Also changes what is registered, erases persons, and manages staff.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The name in forms and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The identifier of its text.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Viewer => "role-viewer",
            Self::Operator => "role-operator",
            Self::Admin => "role-admin",
        }
    }
}

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Is it well?
    Overview,
    /// Refused calls, and explaining an assertion.
    Refusals,
    /// Callbacks and webhooks.
    Callbacks,
    /// Companies that buy from the partner.
    Customers,
    /// Registered clients, with settings and secrets.
    Clients,
    /// Invitations of candidates.
    Invitations,
    /// Finding and erasing persons.
    Persons,
    /// Libraries of titles and their versions.
    Market,
    /// Sealing keys.
    Keys,
    /// Who changed what.
    Audit,
    /// Who may sign in.
    Staff,
    /// One's own sessions, password and second factor.
    Account,
}

/// The person who is signed in.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn<'a> {
    /// The name that others see.
    pub name: &'a str,
    /// What the person may do.
    pub role: Role,
}

/// What a banner says of what has just been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashKind {
    /// It was done.
    Ok,
    /// It was done, but something needs attention.
    Warning,
    /// It was not done.
    Error,
}

/// A banner below the heading, until the next page.
#[derive(Clone, Debug)]
pub struct Flash {
    /// How it is shown.
    pub kind: FlashKind,
    /// What it says; the identifiers are in [`flashes`].
    pub text: Message,
}

/// What every page knows besides its own content.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// The path prefix of the console without a slash at the end: empty, or such as `/x/y`.
    pub base: &'a str,
    /// The language of all texts.
    pub language: Language,
    /// The colours.
    pub theme: Theme,
    /// The name of the environment, shown as a badge.
    pub environment: Option<&'a str>,
    /// Whether a mistake here would reach customers: the page gets a red edge.
    pub is_production: bool,
    /// Who is signed in; nobody on the pages for signing in.
    pub staff: Option<SignedIn<'a>>,
    /// Which entry of the navigation is current.
    pub current: Option<Section>,
    /// The CSRF token of a form by its name.
    pub form_tokens: &'a dyn Fn(&str) -> String,
    /// What has just been done.
    pub flash: Option<&'a Flash>,
    /// The instant that ages count from.
    pub now: DateTime<Utc>,
    /// The identifier of the request, for those who ask about a page.
    pub request_id: &'a str,
}

impl std::fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame")
            .field("base", &self.base)
            .field("language", &self.language)
            .field("staff", &self.staff)
            .field("current", &self.current)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// The identifiers of what a [`Flash`] says.
pub mod flashes {
    /// The person has signed out.
    pub const SIGNED_OUT: &str = "flash-signed-out";
    /// What was entered is stored.
    pub const SAVED: &str = "flash-saved";
    /// Nothing differed from what is stored.
    pub const UNCHANGED: &str = "flash-unchanged";
    /// The session has ended, because of its age or because nothing was done.
    pub const SESSION_ENDED: &str = "flash-session-ended";
    /// One's own password is another one.
    pub const PASSWORD_SET: &str = "flash-password-set";
    /// Sessions were ended.
    pub const SESSIONS_ENDED: &str = "flash-sessions-ended";
    /// The second factor was removed.
    pub const SECOND_FACTOR_REMOVED: &str = "flash-second-factor-removed";
    /// A person was added to the staff.
    pub const STAFF_ADDED: &str = "flash-staff-added";
    /// The account was linked to the identity provider.
    pub const LINKED: &str = "flash-linked";
    /// What was to be done needs somebody who has just signed in.
    pub const SESSION_OLD: &str = "flash-session-old";
    /// The form was not sent by this page, or was open for too long.
    pub const FORM_EXPIRED: &str = "flash-form-expired";
    /// A secret is refused from now on.
    pub const SECRET_RETIRED: &str = "flash-secret-retired";
    /// A secret is accepted again.
    pub const SECRET_RESTORED: &str = "flash-secret-restored";
    /// The retirement of a secret could be taken back no more.
    pub const SECRET_NOT_RESTORABLE: &str = "flash-secret-not-restorable";
    /// A live secret is the same as the one that was to be restored.
    pub const SECRET_EXISTS: &str = "flash-secret-exists";
    /// A delivery is tried again.
    pub const RETRIED: &str = "flash-retried";
    /// All parked deliveries of some time are tried again.
    pub const RETRIED_ALL: &str = "flash-retried-all";
    /// A delivery was given up.
    pub const DISCARDED: &str = "flash-discarded";
    /// A delivery was over before it could be retried or discarded.
    pub const NOT_OPEN: &str = "flash-not-open";
    /// A key was added.
    pub const KEY_MADE: &str = "flash-key-made";
    /// A key was removed.
    pub const KEY_REMOVED: &str = "flash-key-removed";
    /// A version of a library is published.
    pub const VERSION_PUBLISHED: &str = "flash-version-published";
    /// A version of a library is retired.
    pub const VERSION_RETIRED: &str = "flash-version-retired";
}
