//! SQL of the audit trail.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Act, Event, EventFilter, Subject};
use crate::page::Page;

pub(super) async fn insert_event(
    connection: &mut PgConnection,
    act: &Act,
    action: &str,
    subject: &Subject<'_>,
    detail: serde_json::Value,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into audit_event (at, actor_kind, actor, action, subject_kind, subject, detail, address)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        act.now,
        act.actor.kind(),
        act.actor.to_string(),
        action,
        subject.kind,
        subject.id.to_string(),
        detail,
        act.address.map(|address| address.to_string()),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes those of the `limit` oldest rows that were recorded before `before`; returns how many.
pub(super) async fn delete_events(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    // Numbers grow with time, so the key finds the oldest, and no index by time is needed.
    let result = sqlx::query!(
        "delete from audit_event where audit_event_id = any(array(
            select audit_event_id from (
                select audit_event_id, at from audit_event order by audit_event_id limit $2
            ) oldest where at < $1))",
        before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(result.rows_affected())
}

/// What belongs to a client or a customer says so in its detail.
pub(super) async fn list_events(
    connection: &mut PgConnection,
    filter: &EventFilter,
    page: &Page<i64>,
) -> Result<Vec<Event>, sqlx::Error> {
    sqlx::query_as!(
        Event,
        "select audit_event_id, at, actor_kind, actor, action, subject_kind, subject, detail, address from audit_event
         where ($1::text is null or subject = $1 or detail->>'client_id' = $1 or detail->>'customer_id' = $1
                 or detail->'settings'->>'customer_id' = $1)
             and ($2::text is null or actor = $2) and ($3::text is null or subject_kind = $3)
             and ($4::text is null or action = $4) and ($5::bigint is null or audit_event_id < $5)
             and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8)
         order by audit_event_id desc limit $6",
        filter.subject.as_deref(),
        filter.actor.as_deref(),
        filter.subject_kind.as_deref(),
        filter.action.as_deref(),
        page.after,
        page.read_limit(),
        filter.since,
        filter.before,
    )
    .fetch_all(connection)
    .await
}
