//! SQL of the outbox.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Backlog;
use super::event::{Destination, DueEvent, EventInvitation};
use super::outbox::{DiscardSelection, EventFilter};
use super::queues::Plan;
use crate::ids::{ApplicantId, ApplicationId, CampaignId, ClientId, CustomerId, InvitationId};

/// As many pending or parked events are counted exactly.
const MAX_COUNTED: i64 = 1_000;

struct ClaimedRow {
    event_id: Uuid,
    position: i64,
    destination: Destination,
    name: String,
    status: String,
    occurred_at: DateTime<Utc>,
    retried_at: Option<DateTime<Utc>>,
    attempts: i32,
    lane: String,
    trace_parent: Option<String>,
    invitation_id: InvitationId,
    customer_id: CustomerId,
    client_id: ClientId,
    campaign_id: CampaignId,
    kind: String,
    applicant_id: ApplicantId,
    application_id: ApplicationId,
    callback_url: Option<String>,
}

impl From<ClaimedRow> for DueEvent {
    fn from(row: ClaimedRow) -> Self {
        Self {
            event_id: row.event_id,
            position: row.position,
            destination: row.destination,
            name: row.name,
            status: row.status,
            occurred_at: row.occurred_at,
            retried_at: row.retried_at,
            attempts: row.attempts,
            queue: row.lane,
            trace_parent: row.trace_parent,
            invitation: EventInvitation {
                invitation_id: row.invitation_id,
                customer_id: row.customer_id,
                client_id: row.client_id,
                campaign_id: row.campaign_id,
                kind: row.kind,
                applicant_id: row.applicant_id,
                application_id: row.application_id,
                callback_url: row.callback_url,
            },
        }
    }
}

/// Claims due events of the queues of `plan`, at most as many of each as it says. An event is not claimed while an earlier one
/// of its invitation for the same destination is pending. No other replica tries the claimed events until `lease_until`.
///
/// That an event is the first of its invitation is looked up for each: asked for by `not exists`, it is joined with all pending
/// events where the table was not analysed yet, and by `=`, PostgreSQL takes it to be seldom so and reads whole queues.
pub(super) async fn claim_events(
    connection: &mut PgConnection,
    plan: &Plan,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
) -> Result<Vec<DueEvent>, sqlx::Error> {
    let rows = sqlx::query_as!(
        ClaimedRow,
        r#"with due as materialized (
            select first.event_id
            from unnest($1::text[], $2::bigint[]) as planned (lane, permits)
            cross join lateral (
                select event.event_id from webhook_event event
                where event.lane = planned.lane and event.delivered_at is null and event.parked_at is null
                    and event.due_at <= $3
                    and event.position <= (
                        select earlier.position from webhook_event earlier
                        where earlier.invitation_id = event.invitation_id and earlier.destination = event.destination
                            and earlier.delivered_at is null and earlier.parked_at is null
                        order by earlier.position limit 1)
                order by event.due_at
                limit planned.permits
                for update of event skip locked
            ) first
        )
        update webhook_event event set due_at = $4, attempts = event.attempts + 1
        from invitation
        where event.event_id = any(array(select event_id from due)) and invitation.invitation_id = event.invitation_id
        returning event.event_id, event.position, event.destination, event.type as name, event.status,
            event.occurred_at, event.retried_at, event.attempts, event.lane, event.trace_parent,
            invitation.invitation_id as "invitation_id: InvitationId",
            invitation.customer_id as "customer_id: CustomerId", invitation.client_id as "client_id: ClientId",
            invitation.campaign_id as "campaign_id: CampaignId", invitation.kind as "kind: String",
            invitation.applicant_id as "applicant_id: ApplicantId",
            invitation.application_id as "application_id: ApplicationId", invitation.callback_url"#,
        &plan.queues,
        &plan.permits,
        now,
        lease_until,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(DueEvent::from).collect())
}

/// Counts the pending and the parked events: exactly up to [`MAX_COUNTED`] of each, and what is more by the statistics of the
/// index that holds them, so that the count costs the same however many there are.
pub(super) async fn count_backlog(connection: &mut PgConnection) -> Result<Backlog, sqlx::Error> {
    sqlx::query_as!(
        Backlog,
        r#"with counted as (
               select (select count(*) from (
                           select from webhook_event where delivered_at is null and parked_at is null
                           order by occurred_at limit $1::bigint + 1) first) as pending,
                      (select count(*) from (
                           select from webhook_event where parked_at is not null
                           order by parked_at limit $1::bigint + 1) first) as parked
           ), estimated as (
               select coalesce(max(reltuples) filter (where relname = 'webhook_event_oldest_idx'), 0)::bigint as pending,
                      coalesce(max(reltuples) filter (where relname = 'webhook_event_parked_idx'), 0)::bigint as parked
               from pg_class where relname in ('webhook_event_oldest_idx', 'webhook_event_parked_idx')
                   and relnamespace = (select relnamespace from pg_class where oid = 'webhook_event'::regclass)
           )
           select case when counted.pending > $1 then greatest(counted.pending, estimated.pending)
                       else counted.pending end as "pending!",
                  case when counted.parked > $1 then greatest(counted.parked, estimated.parked)
                       else counted.parked end as "parked!",
                  (select occurred_at from webhook_event where delivered_at is null and parked_at is null
                   order by occurred_at limit 1) as oldest_pending_at
           from counted, estimated"#,
        MAX_COUNTED,
    )
    .fetch_one(connection)
    .await
}

/// Deletes at most `limit` events that were delivered before `before`, but none that another replica is deleting; returns how
/// many.
pub(super) async fn delete_delivered(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    // Locked rows keep their ctid, so each is deleted without a search by its key.
    let result = sqlx::query!(
        "delete from webhook_event where ctid = any(array(
            select ctid from webhook_event where delivered_at < $1
            order by delivered_at limit $2 for update skip locked))",
        before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(result.rows_affected())
}

/// An event, as operators see it.
pub(super) struct EventRow {
    pub event_id: Uuid,
    pub position: i64,
    pub invitation_id: InvitationId,
    pub destination: Destination,
    pub name: String,
    pub status: String,
    pub occurred_at: DateTime<Utc>,
    pub attempts: i32,
    pub due_at: DateTime<Utc>,
    pub delivered_at: Option<DateTime<Utc>>,
    pub parked_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
}

/// Events, newest first; those before the position `before`, where it is given.
pub(super) async fn list_events(
    connection: &mut PgConnection,
    filter: &EventFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<EventRow>, sqlx::Error> {
    let states: Vec<&str> = filter.states.iter().map(Into::into).collect();
    sqlx::query_as!(
        EventRow,
        r#"select event_id, position, invitation_id, destination, type as name, status,
               occurred_at, attempts, due_at, delivered_at, parked_at, last_error
           from webhook_event
           where (cardinality($1::text[]) = 0
               or 'pending' = any($1) and delivered_at is null and parked_at is null
               or 'delivered' = any($1) and delivered_at is not null
               or 'parked' = any($1) and parked_at is not null)
             and ($2::uuid is null or invitation_id = $2)
             and ($3::uuid is null or event_id = $3)
             and ($4::bigint is null or position < $4)
           order by position desc limit $5"#,
        &states as &[&str],
        filter.invitation_id.map(|id| id.0),
        filter.event_id,
        before,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// How many events are parked, of all or of those that were parked at `since` or later.
pub(super) async fn count_parked(
    connection: &mut PgConnection,
    since: Option<DateTime<Utc>>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from webhook_event
           where parked_at is not null and ($1::timestamptz is null or parked_at >= $1)"#,
        since,
    )
    .fetch_one(connection)
    .await
}

/// Makes one parked event pending again, or all of them, or those that were parked at `since` or later; returns how many.
pub(super) async fn update_retried(
    connection: &mut PgConnection,
    event_id: Option<Uuid>,
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    // Their queues are noted as those of new events are.
    let count = sqlx::query_scalar!(
        r#"with retried as (
             update webhook_event set parked_at = null, attempts = 0, due_at = $2, retried_at = $2
             where parked_at is not null and ($1::uuid is null or event_id = $1)
                 and ($3::timestamptz is null or parked_at >= $3)
             returning lane
         ), noted as materialized (
             select note_delivery_queue(lane, $2, false) as is_noted
             from (select lane from retried group by lane order by lane) queue
         )
         select (select count(*) from retried) + (select count(*) from noted where not is_noted) as "count!""#,
        event_id,
        now,
        since,
    )
    .fetch_one(connection)
    .await?;
    Ok(count.unsigned_abs())
}

/// Deletes at most `limit` parked events: one event, or those of a customer or of a client, or all; returns how many.
pub(super) async fn delete_parked(
    connection: &mut PgConnection,
    selection: &DiscardSelection,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let (event_id, customer_id, client_id) = match selection {
        DiscardSelection::One(event_id) => (Some(*event_id), None, None),
        DiscardSelection::OfCustomer(customer_id) => (None, Some(customer_id.0), None),
        DiscardSelection::OfClient(client_id) => (None, None, Some(client_id.as_str())),
        DiscardSelection::AllParked => (None, None, None),
    };
    let result = sqlx::query!(
        "delete from webhook_event where event_id = any(array(
            select event.event_id from webhook_event event
            join invitation on invitation.invitation_id = event.invitation_id
            where event.parked_at is not null and ($1::uuid is null or event.event_id = $1)
                and ($2::uuid is null or invitation.customer_id = $2)
                and ($3::text is null or event.destination = 'callback' and invitation.client_id = $3)
            order by event.parked_at limit $4 for update of event skip locked))",
        event_id,
        customer_id,
        client_id,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(result.rows_affected())
}

/// Inserts callbacks to Talentsoft about changes that this transaction makes to these invitations.
pub(super) async fn insert_callbacks(
    connection: &mut PgConnection,
    invitation_ids: &[Uuid],
    name: &str,
    now: DateTime<Utc>,
    trace_parent: Option<String>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at, trace_parent)
         select invitation_id, 'callback', $2, status, $3, $3, $4 from invitation
         where invitation_id = any($1) and callback_url is not null",
        invitation_ids,
        name,
        now,
        trace_parent,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Inserts events for the platform about invitations that this transaction makes.
pub(super) async fn insert_new_invitations(
    connection: &mut PgConnection,
    invitation_ids: &[Uuid],
    now: DateTime<Utc>,
    trace_parent: Option<String>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at, trace_parent)
         select invitation_id, 'platform', 'invitation.created', 'invited', $2, $2, $3
         from unnest($1::uuid[]) as created (invitation_id)",
        invitation_ids,
        now,
        trace_parent,
    )
    .execute(connection)
    .await?;
    Ok(())
}
