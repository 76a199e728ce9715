//! SQL of attempts.

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// The log of an event; the outer `None`: there is no such event.
pub(super) async fn find_log(
    db: &mut PgConnection,
    event_id: Uuid,
) -> Result<Option<Option<Value>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select attempt_log from webhook_event where event_id = $1",
        event_id
    )
    .fetch_optional(db)
    .await
}
