//! SQL of what came of attempts to deliver events.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::webhooks::attempts::Attempt;
use crate::webhooks::event::DueEvent;

/// An event that its receiver accepted.
pub(in crate::webhooks) struct Delivery {
    pub event_id: Uuid,
    pub queue: String,
    pub at: DateTime<Utc>,
    pub attempt: Attempt,
}

/// Stores that receivers accepted these events, and that their queues do not fail. This holds even if another replica has tried
/// or parked one of them meanwhile.
pub(in crate::webhooks) async fn update_delivered(
    connection: &mut PgConnection,
    deliveries: &[Delivery],
) -> Result<(), sqlx::Error> {
    // In the order of the key, so that two of these never wait for each other in a circle.
    let mut deliveries: Vec<&Delivery> = deliveries.iter().collect();
    deliveries.sort_unstable_by_key(|delivery| delivery.event_id);
    let event_ids: Vec<Uuid> = deliveries.iter().map(|delivery| delivery.event_id).collect();
    let at: Vec<DateTime<Utc>> = deliveries.iter().map(|delivery| delivery.at).collect();
    let attempts: Vec<Value> = deliveries
        .iter()
        .map(|delivery| delivery.attempt.to_json())
        .collect();
    let mut queues: Vec<&str> = deliveries
        .iter()
        .map(|delivery| delivery.queue.as_str())
        .collect();
    queues.sort_unstable();
    queues.dedup();
    sqlx::query!(
        "with delivered as (
             update webhook_event event set delivered_at = done.at, parked_at = null, last_error = null,
                 attempt_log = case when jsonb_array_length(attempt_log) >= 50 then attempt_log - 0
                     else coalesce(attempt_log, '[]') end || done.attempt
             from unnest($1::uuid[], $2::timestamptz[], $3::jsonb[]) as done (event_id, at, attempt)
             where event.event_id = done.event_id and event.delivered_at is null
         )
         update delivery_queue set is_failing = false, due_at = least(due_at, $5)
         where lane in (select lane from delivery_queue where lane = any($4) and is_failing order by lane for no key update)",
        &event_ids,
        &at,
        &attempts,
        &queues as &[&str],
        at.first().copied(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores that the attempt failed. Later events of the invitation wait until the same time. If another replica has tried the
/// event meanwhile, its outcome counts, and this one changes nothing.
pub(in crate::webhooks) async fn update_due(
    connection: &mut PgConnection,
    event: &DueEvent,
    due_at: DateTime<Utc>,
    attempt: &Attempt,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update webhook_event set due_at = $6, last_error = case when event_id = $1 then $7 else last_error end,
             attempt_log = case when event_id <> $1 then attempt_log
                 when jsonb_array_length(attempt_log) >= 50 then attempt_log - 0 || $8::jsonb
                 else coalesce(attempt_log, '[]') || $8::jsonb end
         where invitation_id = $2 and destination = $3 and position >= $4
             and delivered_at is null and parked_at is null
             and exists (select from webhook_event where event_id = $1 and attempts = $5
                 and delivered_at is null and parked_at is null)",
        event.event_id,
        event.invitation.invitation_id.0,
        <&str>::from(event.destination),
        event.position,
        event.attempts,
        due_at,
        attempt.error,
        attempt.to_json(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Parks the event. If another replica has tried it meanwhile, its outcome counts, and this one changes nothing.
pub(in crate::webhooks) async fn update_parked(
    connection: &mut PgConnection,
    event: &DueEvent,
    now: DateTime<Utc>,
    attempt: &Attempt,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update webhook_event set parked_at = $3, last_error = $4,
             attempt_log = case when jsonb_array_length(attempt_log) >= 50 then attempt_log - 0
                 else coalesce(attempt_log, '[]') end || $5::jsonb
         where event_id = $1 and attempts = $2 and delivered_at is null and parked_at is null",
        event.event_id,
        event.attempts,
        now,
        attempt.error,
        attempt.to_json(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
