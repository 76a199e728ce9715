//! SQL of idempotency keys.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::ClientId;

/// A key of a client, and the request that is made under it.
pub(super) struct KeyedRequest<'a> {
    pub client_id: &'a ClientId,
    pub key: &'a str,
    /// SHA-256 over method, path, media type and body.
    pub request_digest: [u8; 32],
    pub created_at: DateTime<Utc>,
}

/// Takes the key if it is free, or was taken at `free_since` or before; false where it is taken.
///
/// Waits while a transaction that took the key is open.
pub(super) async fn claim_key(
    db: &mut PgConnection,
    key: &KeyedRequest<'_>,
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
    .execute(db)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// The reply to keep under a key.
pub(super) struct KeptReply {
    pub status: i16,
    pub location: Option<String>,
    pub body: String,
}

/// Keeps the reply to the request that took the key.
pub(super) async fn update_reply(
    db: &mut PgConnection,
    key: &KeyedRequest<'_>,
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
    .execute(db)
    .await?;
    Ok(())
}

/// The reply that was kept under a key, and the request that it answers.
pub(super) struct FoundReply {
    pub request_digest: Vec<u8>,
    pub status: i16,
    pub location: Option<String>,
    pub body: String,
}

/// The reply that is kept under the key, if the key is taken.
pub(super) async fn find_reply(
    db: &mut PgConnection,
    key: &KeyedRequest<'_>,
) -> Result<Option<FoundReply>, sqlx::Error> {
    sqlx::query_as!(
        FoundReply,
        r#"select request_digest, status as "status!", location, body as "body!" from idempotency_key
           where client_id = $1 and key = $2 and status is not null"#,
        key.client_id.as_str(),
        key.key,
    )
    .fetch_optional(db)
    .await
}

/// Deletes at most `limit` keys that were taken at `created_before` or before, but none that another transaction holds;
/// returns how many.
pub(super) async fn delete_old(
    db: &mut PgConnection,
    created_before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    // A row that is locked keeps its ctid, so none of them is looked up again by its key.
    let deleted = sqlx::query!(
        "delete from idempotency_key where ctid = any(array(
             select ctid from idempotency_key where created_at <= $1
             order by created_at limit $2 for update skip locked))",
        created_before,
        limit,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}
