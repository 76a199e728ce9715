//! SQL of idempotency keys.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::ClientId;

/// A key and the request that is made under it.
pub(super) struct NewKey<'a> {
    pub client_id: &'a ClientId,
    pub key: &'a str,
    pub request_digest: [u8; 32],
    pub created_at: DateTime<Utc>,
}

/// Takes the key, if it is free or as old as `free_since`; waits where another request has it in hand.
pub(super) async fn claim_key(
    connection: &mut PgConnection,
    key: &NewKey<'_>,
    free_since: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let claimed = sqlx::query!(
        "insert into idempotency_key as present (client_id, key, request_digest, created_at)
         values ($1, $2, $3, $4)
         on conflict on constraint idempotency_key_pkey do update
             set request_digest = excluded.request_digest, created_at = excluded.created_at,
                 status = null, location = null, body = null
             where present.created_at <= $5",
        key.client_id.as_str(),
        key.key,
        key.request_digest.as_slice(),
        key.created_at,
        free_since,
    )
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// An answer to keep.
pub(super) struct KeptReply {
    pub status: i16,
    pub location: Option<String>,
    pub body: String,
}

pub(super) async fn update_reply(
    connection: &mut PgConnection,
    key: &NewKey<'_>,
    reply: &KeptReply,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update idempotency_key set status = $3, location = $4, body = $5 where client_id = $1 and key = $2",
        key.client_id.as_str(),
        key.key,
        reply.status,
        reply.location,
        reply.body,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What was answered, and to which request.
pub(super) struct FoundReply {
    pub request_digest: Vec<u8>,
    pub status: i16,
    pub location: Option<String>,
    pub body: String,
}

pub(super) async fn find_reply(
    connection: &mut PgConnection,
    key: &NewKey<'_>,
) -> Result<Option<FoundReply>, sqlx::Error> {
    sqlx::query_as!(
        FoundReply,
        r#"select request_digest, status as "status!", location, body as "body!" from idempotency_key
           where client_id = $1 and key = $2 and status is not null"#,
        key.client_id.as_str(),
        key.key,
    )
    .fetch_optional(connection)
    .await
}

/// So many at most, and none that somebody has in hand.
pub(super) async fn delete_old(
    connection: &mut PgConnection,
    created_before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    // By their place, where they stay while they are locked: without a search for each by its key.
    let deleted = sqlx::query!(
        "delete from idempotency_key where ctid = any(array(
             select ctid from idempotency_key where created_at <= $1
             order by created_at limit $2 for update skip locked))",
        created_before,
        limit,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
