//! SQL of refusals.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::batch::{Call, Count, CountKey};
use super::caller::CallerAddress;
use super::find::{GroupCursor, GroupFilter, RefusalFilter};
use super::write::Kept;
use crate::db::delete_before;
use crate::ids::{ClientId, CustomerId, RefusalId};
use crate::page::Page;

/// The advisory lock under which refusals are written: any number that nothing else uses.
const WRITERS_TURN: i64 = 0x7265_6675_7361_6c73;

/// Waits until no other replica writes, and holds the others up until the end of the transaction.
pub(super) async fn take_turn(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock($1) is null as taken", WRITERS_TURN)
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// How many calls of a caller are kept of an hour.
pub(super) struct KeptRow {
    pub hour: DateTime<Utc>,
    pub client_id: String,
    pub network: String,
    pub kept: i64,
    pub kept_unproved: i64,
}

/// Of these hours, who has calls that are kept.
pub(super) async fn list_kept(
    connection: &mut PgConnection,
    hours: &[DateTime<Utc>],
) -> Result<Vec<KeptRow>, sqlx::Error> {
    sqlx::query_as!(
        KeptRow,
        r#"select hour, client_id, network, sum(kept)::bigint as "kept!", sum(kept_unproved)::bigint as "kept_unproved!"
           from refusal_count where hour = any($1) and kept > 0 group by hour, client_id, network"#,
        hours,
    )
    .fetch_all(connection)
    .await
}

/// Adds counts, and how many calls of each are kept.
pub(super) async fn add_counts(
    connection: &mut PgConnection,
    counts: &HashMap<CountKey, Count>,
    kept: &HashMap<CountKey, Kept>,
) -> Result<(), sqlx::Error> {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (mut hours, mut client_ids, mut networks, mut reasons) = (vec![], vec![], vec![], vec![]);
    let (mut refused, mut calls, mut unproved) = (vec![], vec![], vec![]);
    let (mut first, mut last) = (vec![], vec![]);
    for (key, count) in counts {
        let (client_id, network) = key.caller.columns();
        let kept = kept.get(key).copied().unwrap_or_default();
        hours.push(key.hour);
        client_ids.push(client_id);
        networks.push(network);
        reasons.push(key.reason.to_owned());
        refused.push(signed(count.refused));
        calls.push(signed(kept.calls));
        unproved.push(signed(kept.unproved));
        first.push(count.first_at);
        last.push(count.last_at);
    }
    sqlx::query!(
        "insert into refusal_count as own
             (hour, client_id, network, reason, refused, kept, kept_unproved, first_at, last_at)
         select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
             $8::timestamptz[], $9::timestamptz[])
         on conflict on constraint refusal_count_pkey do update set
             refused = own.refused + excluded.refused,
             kept = own.kept + excluded.kept,
             kept_unproved = own.kept_unproved + excluded.kept_unproved,
             first_at = least(own.first_at, excluded.first_at),
             last_at = greatest(own.last_at, excluded.last_at)",
        &hours,
        &client_ids,
        &networks,
        &reasons,
        &refused,
        &calls,
        &unproved,
        &first,
        &last,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Inserts calls. One that is there already stays as it is.
pub(super) async fn insert_calls(connection: &mut PgConnection, calls: &[&Call]) -> Result<(), sqlx::Error> {
    let texts = |text: fn(&Call) -> String| calls.iter().map(|call| text(call)).collect::<Vec<String>>();
    let ids: Vec<Uuid> = calls.iter().map(|call| call.refusal_id.0).collect();
    let at: Vec<DateTime<Utc>> = calls.iter().map(|call| call.at).collect();
    let statuses: Vec<i32> = calls.iter().map(|call| call.details.status.into()).collect();
    sqlx::query!(
        "insert into refusal
             (refusal_id, at, request_id, client_id, claimed_client_id, network, address, method, route, status, reason, checks)
         select refusal_id, at, request_id, nullif(client_id, ''), nullif(claimed, ''), network, address, method, route, status,
             reason, nullif(checks, '')::jsonb
         from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
             $9::text[], $10::integer[], $11::text[], $12::text[])
             as call (refusal_id, at, request_id, client_id, claimed, network, address, method, route, status, reason, checks)
         on conflict on constraint refusal_pkey do nothing",
        &ids,
        &at,
        &texts(|call| call.details.request_id.clone()),
        &texts(|call| call.caller.columns().0),
        &texts(|call| call.details.claimed_client_id.clone().unwrap_or_default()),
        &texts(|call| call.caller.columns().1),
        &texts(|call| call.address.to_string()),
        &texts(|call| call.details.method.to_owned()),
        &texts(|call| call.details.route.clone().unwrap_or_else(|| "unmatched".to_owned())),
        &statuses,
        &texts(|call| call.reason.to_owned()),
        &texts(|call| call.checks.as_ref().map(Value::to_string).unwrap_or_default()),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A refused call, and how many of its kind are not kept.
pub(super) struct CallRow {
    pub refusal_id: RefusalId,
    pub at: DateTime<Utc>,
    pub request_id: String,
    pub client_id: Option<ClientId>,
    pub claimed_client_id: Option<String>,
    pub address: String,
    pub method: String,
    pub route: String,
    pub status: i32,
    pub reason: String,
    pub checks: Option<Value>,
    pub not_kept: i64,
}

/// Refused calls, newest first: of the clients of one customer, or of everybody.
pub(super) async fn list_calls(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    filter: &RefusalFilter,
    page: &Page<RefusalId>,
) -> Result<Vec<CallRow>, sqlx::Error> {
    sqlx::query_as!(
        CallRow,
        r#"select call.refusal_id, call.at, call.request_id, call.client_id, call.claimed_client_id, call.address, call.method,
               call.route, call.status, call.reason, call.checks, coalesce(counted.refused - counted.kept, 0) as "not_kept!"
           from refusal call left join refusal_count counted
               on counted.hour = date_trunc('hour', call.at at time zone 'UTC') at time zone 'UTC'
               and counted.client_id = coalesce(call.client_id, '') and counted.network = call.network
               and counted.reason = call.reason
           where ($1::uuid is null
                   or exists (select from client where client.client_id = call.client_id and client.customer_id = $1))
               and ($2::text is null or call.client_id = $2)
               and ($3::text is null or call.request_id = $3)
               and ($4::text is null or call.reason = $4)
               and ($5::text is null or call.address = $5)
               and ($12::text is null or call.network = $12)
               and ($6::uuid is null or call.refusal_id >= $6 and call.at >= $7)
               and ($8::timestamptz is null or call.at < $8)
               and ($9::uuid is null or call.refusal_id < $9)
               and ($11::uuid is null or call.refusal_id = $11)
           order by call.refusal_id desc limit $10"#,
        customer_id.map(|id| id.0),
        filter.client_id.as_ref().map(ClientId::as_str),
        filter.request_id.as_deref(),
        filter.reason.as_deref(),
        filter.address.and_then(CallerAddress::address),
        filter.since.map(|since| RefusalId::earliest(since).0),
        filter.since,
        filter.until,
        page.after.map(|id| id.0),
        page.read_limit(),
        filter.refusal_id.map(|id| id.0),
        filter
            .address
            .filter(|address| address.address().is_none())
            .map(CallerAddress::network),
    )
    .fetch_all(connection)
    .await
}

/// The refusals of one caller for one reason.
pub(super) struct GroupRow {
    pub client_id: String,
    pub network: String,
    pub reason: String,
    pub refused: i64,
    pub kept: i64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

/// Groups of refusals from the first of `hours` on and before the second, that of the latest refusal first.
pub(super) async fn list_groups(
    connection: &mut PgConnection,
    customer_id: Option<CustomerId>,
    filter: &GroupFilter,
    network: Option<&str>,
    hours: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    page: &Page<GroupCursor>,
) -> Result<Vec<GroupRow>, sqlx::Error> {
    let after = page.after.as_ref();
    sqlx::query_as!(
        GroupRow,
        r#"select client_id, network, reason, sum(refused)::bigint as "refused!", sum(kept)::bigint as "kept!",
               min(first_at) as "first_at!", max(last_at) as "last_at!"
           from refusal_count counted
           where ($1::uuid is null
                   or exists (select from client where client.client_id = counted.client_id and client.customer_id = $1))
               and ($2::text is null or client_id = $2)
               and ($3::text is null or reason = $3)
               and ($4::text is null or network = $4)
               and ($5::timestamptz is null or hour >= $5)
               and ($6::timestamptz is null or hour < $6)
           group by client_id, network, reason
           having $7::timestamptz is null or max(last_at) < $7
               or max(last_at) = $7 and (client_id, network, reason) > ($8, $9, $10)
           order by max(last_at) desc, client_id, network, reason limit $11"#,
        customer_id.map(|id| id.0),
        filter.client_id.as_ref().map(ClientId::as_str),
        filter.reason.as_deref(),
        network,
        hours.0,
        hours.1,
        after.map(|cursor| cursor.last_at),
        after.map(|cursor| cursor.client_id.as_str()),
        after.map(|cursor| cursor.network.as_str()),
        after.map(|cursor| cursor.reason.as_str()),
        page.read_limit(),
    )
    .fetch_all(connection)
    .await
}

/// Deletes at most `limit` calls with identifiers below `before`, oldest first; returns how many.
pub(super) async fn delete_calls(
    connection: &mut PgConnection,
    before: RefusalId,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let result = sqlx::query!(
        "delete from refusal where refusal_id = any(array(
            select refusal_id from refusal where refusal_id < $1 order by refusal_id limit $2 for update skip locked))",
        before.0,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(result.rows_affected())
}

/// Deletes at most `limit` counts of hours that began before `before`, oldest first; returns how many.
pub(super) async fn delete_counts(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    delete_before!(connection, "refusal_count", "ctid", "hour", before, limit)
}
