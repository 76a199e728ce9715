//! Invitations that nobody took up in time.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::store;
use crate::audit::Actor;
use crate::db::Db;
use crate::recruiting::acting::Acting;
use crate::recruiting::error::Error;

/// Most invitations that expire in one transaction.
const BATCH: i64 = 500;

/// Lets every invitation expire that is still `invited` when its time is over, with its event; answers how many did. Replicas
/// that do it at once share the work.
pub async fn expire_overdue(db: &Db, now: DateTime<Utc>) -> Result<i64, Error> {
    let acting = Acting {
        actor: Actor::System,
        customer_id: None,
        now,
    };
    let mut total = 0;
    loop {
        let expired = db
            .transaction(async |transaction| {
                let expired = store::expire_invitations(transaction, now, BATCH).await?;
                if expired > 0 {
                    let detail = json!({ "invitations": expired });
                    acting
                        .record(transaction, "expired", ("invitation", &"overdue"), detail)
                        .await?;
                }
                Ok::<_, Error>(expired)
            })
            .await?;
        total += expired;
        if expired < BATCH {
            return Ok(total);
        }
    }
}
