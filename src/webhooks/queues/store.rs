//! SQL of the delivery queues: which of them have something due, and what is noted of each.
//!
//! The table `delivery_queue` has a row for each queue with pending events. A trigger adds it with the first event, and brings
//! `due_at` forward where an event is due earlier.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::DueQueue;

/// A queue that may have something due.
pub(in crate::webhooks) struct ListedQueue {
    name: String,
    is_failing: bool,
    /// Whether its first due event was tried before; `None` where none is due.
    is_retry: Option<bool>,
}

/// What a look at the queues found.
#[derive(Default)]
pub(in crate::webhooks) struct Listed {
    /// The queues with events that can be claimed, in a random order.
    pub due: Vec<DueQueue>,
    /// Those without, whose latest delivery failed: the table has them as due too early.
    pub failing_idle: Vec<String>,
    /// The others without: they are empty, or all that they have is being delivered.
    pub idle: Vec<String>,
}

impl FromIterator<ListedQueue> for Listed {
    fn from_iter<I: IntoIterator<Item = ListedQueue>>(queues: I) -> Self {
        let mut listed = Self::default();
        for queue in queues {
            match (queue.is_retry, queue.is_failing) {
                (Some(is_retry), is_failing) => listed.due.push(DueQueue {
                    name: queue.name,
                    is_retry: is_retry || is_failing,
                }),
                (None, true) => listed.failing_idle.push(queue.name),
                (None, false) => listed.idle.push(queue.name),
            }
        }
        listed
    }
}

/// Looks at the queues that may have something due at `now`: at all of those that do not fail, and at `failing_limit` of those
/// that do, the ones first that were not tried for the longest time.
pub(in crate::webhooks) async fn list_due_queues(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    failing_limit: i64,
) -> Result<Listed, sqlx::Error> {
    let queues = sqlx::query_as!(
        ListedQueue,
        r#"with listed as (
            (select lane, is_failing from delivery_queue where not is_failing and due_at <= $1)
            union all
            (select lane, is_failing from delivery_queue where is_failing and due_at <= $1
             order by due_at limit $2)
        )
        select listed.lane as "name!", listed.is_failing as "is_failing!", first.is_retry as "is_retry?"
        from listed
        left join lateral (
            select event.attempts > 0 as is_retry from webhook_event event
            where event.lane = listed.lane and event.delivered_at is null and event.parked_at is null
                and event.due_at <= $1
                and event.position <= (
                    select earlier.position from webhook_event earlier
                    where earlier.invitation_id = event.invitation_id and earlier.destination = event.destination
                        and earlier.delivered_at is null and earlier.parked_at is null
                    order by earlier.position limit 1)
            order by event.due_at limit 1
        ) first on true
        order by random()"#,
        now,
        failing_limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(queues.into_iter().collect())
}

/// Puts down when the next event of each of these queues is due that have nothing to claim at `now`, and deletes those without
/// events. Where it is due already, it is looked at again at `next_look_at`. Queues that somebody adds to at the moment stay
/// as they are.
pub(in crate::webhooks) async fn settle_queues(
    connection: &mut PgConnection,
    queues: &[String],
    now: DateTime<Utc>,
    next_look_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"select settle_delivery_queue(lane, $2, $3)::text as settled from unnest($1::text[]) as idle (lane)"#,
        queues,
        now,
        next_look_at,
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Notes that the latest delivery of a queue failed: it is looked at again when its next event is due, and after all others
/// that fail and have one due already.
pub(in crate::webhooks) async fn update_failing(
    connection: &mut PgConnection,
    queue: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update delivery_queue set is_failing = true, due_at = greatest($2, (
             select event.due_at from webhook_event event
             where event.lane = $1 and event.delivered_at is null and event.parked_at is null
             order by event.due_at limit 1))
         where lane = $1",
        queue,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes the queues of pending events that are not noted: of those that were there before the table was.
pub(in crate::webhooks) async fn insert_missing_queues(
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"with recursive queue as (
            (select lane from webhook_event where delivered_at is null and parked_at is null order by lane limit 1)
            union all
            select (select event.lane from webhook_event event
                    where event.delivered_at is null and event.parked_at is null and event.lane > queue.lane
                    order by event.lane limit 1)
            from queue where queue.lane is not null
        )
        select note_delivery_queue(queue.lane, first.due_at, first.attempts > 0) as noted
        from queue
        cross join lateral (
            select event.due_at, event.attempts from webhook_event event
            where event.lane = queue.lane and event.delivered_at is null and event.parked_at is null
            order by event.due_at limit 1
        ) first
        where not exists (select from delivery_queue where delivery_queue.lane = queue.lane)"#
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}
