//! Forgetting by age (`PARTNER_RETENTION_DAYS`).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::store;
use crate::audit::Act;
use crate::audit::Actor;
use crate::db::Db;
use crate::error::Failure;
use crate::recruiting::reports;

/// Most invitations that go in one transaction; their uploads go after it.
const BATCH: u32 = 64;

/// Erases the invitations in which nothing happened for so many days; answers how many.
pub async fn erase_old(db: &Db, retention_days: u32, now: DateTime<Utc>) -> Result<u64, Failure> {
    let quiet_since = now - TimeDelta::days(retention_days.into());
    let acting = Act {
        actor: Actor::System,
        customer_id: None,
        now,
    };
    let erased = db
        .in_batches(BATCH, async |transaction, limit| {
            let quiet = store::lock_quiet(transaction, quiet_since, limit).await?;
            if !quiet.is_empty() {
                reports::detach(transaction, &quiet).await?;
                store::delete_invitations(transaction, &quiet).await?;
                let detail = json!({ "invitations": quiet.len(), "retention_days": retention_days });
                acting
                    .record(transaction, "erased", ("candidate", &"retention"), detail)
                    .await?;
            }
            Ok(u64::try_from(quiet.len()).unwrap_or(u64::MAX))
        })
        .await?;
    reports::delete_all_detached(db).await?;
    Ok(erased)
}
