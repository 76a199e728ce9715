//! Invitations that nobody took up in time.

use serde_json::json;
use sqlx::PgConnection;

use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::webhooks::{CallbackType, enqueue_callbacks};

/// Lets invitations expire that are still `invited` when their time is over, at most `limit` of them; answers how many did.
/// Replicas that do it at once share the work.
pub async fn expire_overdue(db: &mut PgConnection, act: &Act, limit: i64) -> Result<u64, Failure> {
    let expired = store::expire_invitations(db, act.now, limit).await?;
    if !expired.is_empty() {
        enqueue_callbacks(db, act, &expired, CallbackType::StatusChanged).await?;
        let detail = json!({ "invitations": expired.len() });
        act.record(db, "expired", ("invitation", &"overdue"), detail)
            .await?;
    }
    Ok(u64::try_from(expired.len()).unwrap_or(u64::MAX))
}
