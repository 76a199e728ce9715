//! Invitations that nobody took up in time.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::store;
use crate::audit::Act;
use crate::audit::Actor;
use crate::db::Db;
use crate::error::Failure;

/// Most invitations that expire in one transaction.
const BATCH: u32 = 500;

/// Lets every invitation expire that is still `invited` when its time is over, with its event; answers how many did. Replicas
/// that do it at once share the work.
pub async fn expire_overdue(db: &Db, now: DateTime<Utc>) -> Result<u64, Failure> {
    let acting = Act {
        actor: Actor::System,
        customer_id: None,
        now,
    };
    db.in_batches(BATCH, async |transaction, limit| {
        let expired = store::expire_invitations(transaction, now, limit).await?;
        if expired > 0 {
            let detail = json!({ "invitations": expired });
            acting
                .record(transaction, "expired", ("invitation", &"overdue"), detail)
                .await?;
        }
        Ok(expired)
    })
    .await
}
