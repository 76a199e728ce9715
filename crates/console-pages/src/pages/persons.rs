//! Persons: found by their address, what is held of one, erased with a second confirmation, and the receipt.

use chrono::{DateTime, Utc};

use super::page;
use crate::context::{Context, Page as _};
use crate::form::{Form, Offer};
use crate::frame::{FlashKind, Section};
use crate::paths;

/// Finding a person: `email`, or `applicant` with `customer_id`; by POST.
#[derive(Clone, Debug, Default)]
pub struct Persons {
    /// What is wrong with what was entered; of what was entered the customer alone is shown again.
    pub form: Form,
    /// The customers, in the field `customer_id`.
    pub customers: Offer,
    /// Whether nobody was found.
    pub is_unknown: bool,
}

page!(Persons, "persons.html", |_p, c| c.t("nav-persons"), |p| !p
    .form
    .errors()
    .is_empty());

/// How many there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Invitations.
    pub invitations: i64,
    /// Results, and reports that are links.
    pub reports: i64,
    /// Uploaded files.
    pub uploads: i64,
    /// Callbacks and webhooks, delivered ones as long as they are kept.
    pub callbacks: i64,
    /// Profiles at subdomains.
    pub profiles: i64,
}

impl Held {
    /// Each kind that there is something of: the identifier of its text and the count.
    fn kinds(&self) -> Vec<(&'static str, i64)> {
        let all = [
            ("held-invitations", self.invitations),
            ("held-reports", self.reports),
            ("held-uploads", self.uploads),
            ("held-callbacks", self.callbacks),
            ("held-profiles", self.profiles),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    fn sentence(&self, c: &Context<'_>) -> String {
        let kinds = self.kinds();
        let parts: Vec<String> = kinds.iter().map(|(id, count)| c.t1(id, "count", count)).collect();
        match parts.as_slice() {
            [] => c.t("held-nothing"),
            [one] => one.clone(),
            [init @ .., last] => c
                .sentence("list-and")
                .with("init", init.join(", "))
                .with("last", last)
                .to_string(),
        }
    }
}

/// What is held of a person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Our name for the person: opaque, and shown in words that can be typed.
    pub reference: String,
    /// The customers that know the person.
    pub customers: Vec<String>,
    /// What is held.
    pub held: Held,
    /// When the latest of it was stored.
    pub latest_at: Option<DateTime<Utc>>,
    /// The identifiers of the invitations.
    pub invitations: Vec<String>,
}

page!(Person, "person.html", |p, c| c.t1(
    "person-of",
    "reference",
    &p.reference
));

/// Erasing a person: `reference` typed again, and `erase_reason`.
#[derive(Clone, Debug)]
pub struct ErasePerson {
    /// Our name for the person.
    pub reference: String,
    /// What is erased.
    pub held: Held,
    /// What was entered, and what is wrong with it.
    pub form: Form,
}

page!(ErasePerson, "person_erase.html", |_p, c| c.t("erase"), |p| !p
    .form
    .errors()
    .is_empty());

/// What was erased, without a word of whom.
#[derive(Clone, Debug)]
pub struct EraseReceipt {
    /// The number of the receipt, which the audit trail has too.
    pub number: String,
    /// Our name for the person, which means nothing any more.
    pub reference: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub by: String,
    /// What was erased.
    pub held: Held,
}

page!(EraseReceipt, "person_receipt.html", |_p, c| c.t("receipt"));
