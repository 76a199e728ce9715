//! SQL of the audit trail.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Change, Event, EventFilter};
use crate::page::Page;

/// Inserts a row for each of these changes, in their order.
pub(super) async fn insert_events(
    connection: &mut PgConnection,
    changes: &[Change<'_>],
) -> Result<(), sqlx::Error> {
    let at: Vec<DateTime<Utc>> = changes.iter().map(|change| change.act.now).collect();
    let actor_kinds: Vec<&str> = changes.iter().map(|change| change.act.actor.kind()).collect();
    let actors: Vec<String> = changes
        .iter()
        .map(|change| change.act.actor.to_string())
        .collect();
    let actions: Vec<&str> = changes.iter().map(|change| change.action).collect();
    let kinds: Vec<&str> = changes.iter().map(|change| change.kind).collect();
    let subjects: Vec<&str> = changes.iter().map(|change| change.id.as_str()).collect();
    let details: Vec<&serde_json::Value> = changes.iter().map(|change| &change.detail).collect();
    let addresses = changes.iter().map(|change| change.act.address);
    let addresses: Vec<Option<String>> = addresses.map(|address| Some(address?.to_string())).collect();
    sqlx::query!(
        "insert into audit_event (at, actor_kind, actor, action, subject_kind, subject, detail, address)
         select at, actor_kind, actor, action, subject_kind, subject, detail, address
         from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::text[])
             with ordinality as change (at, actor_kind, actor, action, subject_kind, subject, detail, address, place)
         order by place",
        &at,
        &actor_kinds as &[&str],
        &actors,
        &actions as &[&str],
        &kinds as &[&str],
        &subjects as &[&str],
        &details as &[&serde_json::Value],
        &addresses as &[Option<String>],
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
                 or detail->'settings'->>'customer_id' = $1 or detail->'before'->>'customer_id' = $1
                 or detail->'after'->>'customer_id' = $1)
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
