//! The audit trail: who changed what, from where, before and after.

use chrono::{DateTime, Utc};

use super::page;
use super::shared::Paging;
use crate::context::Page as _;
use crate::form::Form;
use crate::frame::{FlashKind, Section};
use crate::paths;

/// A part of the audit trail.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// What it is narrowed by.
    pub filter: AuditFilter,
    /// The changes of this page, newest first.
    pub rows: Vec<AuditEvent>,
    /// The pages around it.
    pub paging: Paging,
}

/// What the audit trail is narrowed by; empty restricts nothing. The names are those of the query.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The kind of thing.
    pub kind: String,
    /// The thing, with everything that belongs to it.
    pub subject: String,
    /// From this day on, such as `2026-11-26`.
    pub since: String,
    /// Until the end of this day.
    pub until: String,
}

impl AuditFilter {
    fn pairs(&self) -> [(&'static str, &str); 6] {
        [
            ("actor", &self.actor),
            ("action", &self.action),
            ("kind", &self.kind),
            ("subject", &self.subject),
            ("since", &self.since),
            ("until", &self.until),
        ]
    }

    fn form(&self) -> Form {
        let pairs = self.pairs();
        pairs
            .into_iter()
            .fold(Form::new(), |form, (name, value)| form.with(name, value))
    }

    fn is_set(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty())
    }

    fn csv(&self) -> String {
        paths::with_query(paths::AUDIT_CSV, &self.pairs())
    }
}

/// A change.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// By which door: the console, the API, the command line, or the service by itself.
    pub door: Door,
    /// What was done, as the trail names it.
    pub action: String,
    /// The kind of thing.
    pub kind: String,
    /// The thing.
    pub subject: String,
    /// A path of [`paths`] to the thing.
    pub path: Option<String>,
    /// Where from.
    pub address: Option<String>,
    /// The identifier of the request.
    pub request_id: Option<String>,
    /// What changed.
    pub changes: Vec<FieldChange>,
}

/// By which door somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The console.
    Console,
    /// The HTTP API.
    Api,
    /// The command line.
    CommandLine,
    /// The service by itself.
    System,
}

impl Door {
    const fn text(self) -> &'static str {
        match self {
            Self::Console => "door-console",
            Self::Api => "door-api",
            Self::CommandLine => "door-command-line",
            Self::System => "door-system",
        }
    }
}

/// A field before and after.
#[derive(Clone, Debug)]
pub struct FieldChange {
    /// Its name, as the trail has it.
    pub field: String,
    /// Before; none: it was not there, or that is not told.
    pub before: Option<String>,
    /// After; none: it is gone.
    pub after: Option<String>,
}

page!(Audit, "audit.html", |_p, c| c.t("audit"));
