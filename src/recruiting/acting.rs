//! Who acts, and on whose data.

use std::fmt;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::audit::{self, Actor, Subject};
use crate::error::Fault;
use crate::ids::CustomerId;

/// Somebody of the partner's who acts: its platform, somebody at the command line, or the service by itself.
#[derive(Clone, Debug)]
pub struct Acting {
    /// Who.
    pub actor: Actor,
    /// On whose data alone; none: on everybody's.
    pub customer_id: Option<CustomerId>,
    /// When.
    pub now: DateTime<Utc>,
}

impl Acting {
    /// Records a change in the audit trail, in the transaction that makes it. `detail` must hold no personal data.
    pub(super) async fn record(
        &self,
        connection: &mut PgConnection,
        action: &str,
        (kind, id): (&'static str, &dyn fmt::Display),
        detail: serde_json::Value,
    ) -> Result<(), Fault> {
        audit::record(
            connection,
            self.now,
            &self.actor,
            action,
            Subject { kind, id },
            detail,
        )
        .await
    }
}
