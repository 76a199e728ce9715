//! Erasing by age (`PARTNER_RETENTION_DAYS`).

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgConnection;

use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::recruiting::reports;

/// Erases invitations in which nothing happened for so many days, at most `limit` of them; answers how many. Their uploads
/// belong to nobody after that, and are deleted by [`delete_all_detached`](reports::delete_all_detached).
pub async fn erase_quiet(
    db: &mut PgConnection,
    act: &Act,
    retention_days: u32,
    limit: i64,
) -> Result<u64, Failure> {
    let quiet_since = act.now - TimeDelta::days(retention_days.into());
    let quiet = store::lock_quiet(db, quiet_since, limit).await?;
    if !quiet.is_empty() {
        // Housekeeping finds them without their list.
        let _ = reports::detach(db, &quiet).await?;
        store::delete_invitations(db, &quiet).await?;
        let detail = json!({ "invitations": quiet.len(), "retention_days": retention_days });
        act.record(db, "erased", ("candidate", &"retention"), detail)
            .await?;
    }
    Ok(u64::try_from(quiet.len()).unwrap_or(u64::MAX))
}
