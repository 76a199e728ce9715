//! SQL of the audit trail.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Actor, Subject};

pub(super) async fn insert_event(
    connection: &mut PgConnection,
    at: DateTime<Utc>,
    actor: &Actor,
    action: &str,
    subject: &Subject<'_>,
    detail: serde_json::Value,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into audit_event (at, actor_kind, actor, action, subject_kind, subject, detail)
         values ($1, $2, $3, $4, $5, $6, $7)",
        at,
        actor.kind(),
        actor.to_string(),
        action,
        subject.kind,
        subject.id.to_string(),
        detail,
    )
    .execute(connection)
    .await?;
    Ok(())
}
