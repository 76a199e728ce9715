//! Who makes a change, when, and on whose data.

use std::fmt;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Actor, store};
use crate::error::Failure;
use crate::ids::CustomerId;

/// The circumstances of one operation: every operation that changes something takes them after the connection.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who acts: a client, somebody at the command line, or the service by itself.
    pub actor: Actor,
    /// The instant at which the change is made.
    pub now: DateTime<Utc>,
    /// The customer to whose data the actor is confined; `None` where it reaches the data of all.
    pub customer_id: Option<CustomerId>,
    /// The address that the request came from; `None` where there is none.
    pub address: Option<IpAddr>,
}

impl Act {
    /// An act on the data of all customers.
    #[must_use]
    pub fn new(actor: Actor, now: DateTime<Utc>) -> Self {
        Self {
            actor,
            now,
            customer_id: None,
            address: None,
        }
    }

    /// An act of the service by itself, such as a regular chore.
    #[must_use]
    pub fn by_system(now: DateTime<Utc>) -> Self {
        Self::new(Actor::System, now)
    }

    /// Whether the actor reaches the data of this customer.
    #[must_use]
    pub fn reaches(&self, customer_id: CustomerId) -> bool {
        self.customer_id.is_none_or(|own| own == customer_id)
    }

    /// Records the change in the audit trail; `db` must be in the transaction that makes it.
    ///
    /// `action` is a verb in the past, such as `added`; the subject is its kind (`client`, `campaign`, …) and its identifier.
    /// `detail` must hold no secret and no personal data.
    pub async fn record(
        &self,
        db: &mut PgConnection,
        action: &str,
        (kind, id): (&'static str, &dyn fmt::Display),
        detail: serde_json::Value,
    ) -> Result<(), Failure> {
        let change = Change {
            act: self,
            action,
            kind,
            id: id.to_string(),
            detail,
        };
        record_all(db, &[change]).await
    }
}

/// A change to record: by whom and when, what was done, and to what.
pub struct Change<'a> {
    /// Who makes it, and when.
    pub act: &'a Act,
    /// What is done, a verb in the past.
    pub action: &'a str,
    /// The kind of what is changed: `customer`, `client`, `client_secret`, `sealing_key`, `token`, `campaign`, `invitation`,
    /// `candidate`, `webhook_event`, `staff`.
    pub kind: &'static str,
    /// Its identifier.
    pub id: String,
    /// What more there is to say; no secret and no personal data.
    pub detail: serde_json::Value,
}

/// Records all of these changes by one statement; `db` must be in the transaction that makes them.
pub async fn record_all(db: &mut PgConnection, changes: &[Change<'_>]) -> Result<(), Failure> {
    Ok(store::insert_events(db, changes).await?)
}
