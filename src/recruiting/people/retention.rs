//! Forgetting by age (`PARTNER_RETENTION_DAYS`).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::store;
use crate::audit::Actor;
use crate::db::Db;
use crate::error::Fault;
use crate::recruiting::acting::Acting;
use crate::recruiting::error::Error;

/// Most invitations that go in one transaction; their reports go with them.
const BATCH: i64 = 64;

/// Erases the invitations in which nothing happened for so many days; answers how many.
pub async fn erase_old(db: &Db, retention_days: u32, now: DateTime<Utc>) -> Result<i64, Error> {
    let quiet_since = now - TimeDelta::days(retention_days.into());
    let acting = Acting {
        actor: Actor::System,
        customer_id: None,
        now,
    };
    let mut total = 0;
    let mut batch = BATCH;
    loop {
        let erased = db
            .transaction(async |transaction| {
                let erased = store::delete_quiet(transaction, quiet_since, batch).await?;
                if erased > 0 {
                    let detail = json!({ "invitations": erased, "retention_days": retention_days });
                    acting
                        .record(transaction, "erased", ("candidate", &"retention"), detail)
                        .await?;
                }
                Ok::<_, Error>(erased)
            })
            .await;
        match erased {
            Ok(erased) => {
                total += erased;
                if erased < batch {
                    return Ok(total);
                }
            }
            // With very large reports a batch may take longer than a statement may.
            Err(Error::Fault(Fault::Unavailable(_))) if batch > 1 && db.is_up() => batch /= 4,
            Err(error) => return Err(error),
        }
    }
}
