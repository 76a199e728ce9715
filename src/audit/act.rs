//! Who makes a change, when, and on whose data.

use std::fmt;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Actor, Subject, store};
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
        store::insert_event(db, self, action, &Subject { kind, id }, detail)
            .await
            .map_err(Failure::from)
    }
}
