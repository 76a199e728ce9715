//! SQL of the audit trail.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Actor, Event, Subject};

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

/// What belongs to a client or a customer says so in its detail.
pub(super) async fn list_events(
    connection: &mut PgConnection,
    subject: Option<&str>,
    limit: i64,
) -> Result<Vec<Event>, sqlx::Error> {
    sqlx::query_as!(
        Event,
        "select audit_event_id, at, actor_kind, actor, action, subject_kind, subject, detail from audit_event
         where $1::text is null or subject = $1 or detail->>'client_id' = $1 or detail->>'customer_id' = $1
             or detail->'settings'->>'customer_id' = $1
         order by audit_event_id desc limit $2",
        subject,
        limit,
    )
    .fetch_all(connection)
    .await
}
