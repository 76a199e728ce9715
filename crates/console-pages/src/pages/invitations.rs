//! Invitations: found by our identifier, by application, or by the candidate's address, and what has happened to one.

use chrono::{DateTime, Utc};

use super::page;
use super::shared::CustomerRef;
use crate::components::Tone;
use crate::context::{Context, Page as _};
use crate::form::Form;
use crate::frame::{FlashKind, Section};
use crate::paths;

/// Finding invitations.
///
/// Fields: `invitation` or `application` (GET), or `email` (POST, so that it is in no URL).
#[derive(Clone, Debug, Default)]
pub struct Invitations {
    /// What was entered; `email` is not shown again.
    pub form: Form,
    /// What was found; none: nothing was asked for yet.
    pub found: Option<Vec<InvitationRow>>,
}

/// An invitation in a list; it names no person.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// Its identifier.
    pub invitation_id: String,
    /// The application that it is for.
    pub application_id: String,
    /// Whose it is.
    pub customer: CustomerRef,
    /// The name of its campaign.
    pub campaign: String,
    /// How far it is.
    pub status: InvitationStatus,
    /// When the candidate was invited.
    pub invited_at: DateTime<Utc>,
}

/// How far an invitation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationStatus {
    /// The candidate has a link.
    Invited,
    /// The candidate has begun.
    Started,
    /// The candidate is done.
    Completed,
    /// The time was over before.
    Expired,
    /// Called off.
    Cancelled,
}

impl InvitationStatus {
    const fn badge(self) -> (Tone, &'static str) {
        match self {
            Self::Invited => (Tone::Waiting, "invitation-invited"),
            Self::Started => (Tone::Waiting, "invitation-started"),
            Self::Completed => (Tone::Ok, "invitation-completed"),
            Self::Expired => (Tone::Warn, "invitation-expired"),
            Self::Cancelled => (Tone::Off, "invitation-cancelled"),
        }
    }
}

page!(
    Invitations,
    "invitations.html",
    |_p, c| c.t("nav-invitations"),
    |p| !p.form.errors().is_empty()
);

/// One invitation with everything that has happened to it.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The invitation.
    pub row: InvitationRow,
    /// When its link expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// The opaque reference of its candidate, for the page of the person.
    pub person: Option<String>,
    /// What has happened, the newest first.
    pub events: Vec<InvitationEvent>,
}

/// Something that has happened to an invitation.
#[derive(Clone, Debug)]
pub struct InvitationEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: InvitationEventKind,
    /// What more there is to say, such as a status or an error.
    pub detail: Option<String>,
    /// The path of what it is about, a path of [`paths`].
    pub path: Option<String>,
}

/// What has happened to an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationEventKind {
    /// The candidate was invited.
    Invited,
    /// The candidate opened the link.
    Viewed,
    /// The platform told of progress.
    Progressed,
    /// A result was stored.
    Result,
    /// A report was stored.
    Report,
    /// A callback was delivered.
    Delivered,
    /// A callback waits.
    Waiting,
    /// A callback is parked.
    Parked,
    /// The time was over.
    Expired,
    /// It was called off.
    Cancelled,
    /// Another invitation took its place.
    Superseded,
}

impl InvitationEventKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Invited,
        Self::Viewed,
        Self::Progressed,
        Self::Result,
        Self::Report,
        Self::Delivered,
        Self::Waiting,
        Self::Parked,
        Self::Expired,
        Self::Cancelled,
        Self::Superseded,
    ];

    const fn class(self) -> &'static str {
        match self {
            Self::Result | Self::Delivered => "ok",
            Self::Waiting => "waiting",
            Self::Expired => "warn",
            Self::Parked => "bad",
            _ => "off",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Invited => "event-invited",
            Self::Viewed => "event-viewed",
            Self::Progressed => "event-progressed",
            Self::Result => "event-result",
            Self::Report => "event-report",
            Self::Delivered => "event-delivered",
            Self::Waiting => "event-waiting",
            Self::Parked => "event-parked",
            Self::Expired => "event-expired",
            Self::Cancelled => "event-cancelled",
            Self::Superseded => "event-superseded",
        }
    }
}

page!(Invitation, "invitation.html", |p, c| Invitation::title_of(c, p));

impl Invitation {
    fn title_of(c: &Context<'_>, page: &Self) -> String {
        c.t1("invitation-of", "campaign", &page.row.campaign)
    }
}
