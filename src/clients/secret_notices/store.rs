//! SQL of secrets that somebody should look at.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::SecretNotice;
use crate::ids::SecretId;

/// Live secrets that expire between two instants.
pub(super) async fn list_expiring(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<SecretNotice>, sqlx::Error> {
    sqlx::query_as!(
        SecretNotice,
        "select secret.client_id, secret.secret_id, secret.created_at, secret.expires_at, secret.last_used_at
           from client_secret secret join client on client.client_id = secret.client_id
           where secret.expires_at > $1 and secret.expires_at <= $2 and secret.retired_at is null and client.is_enabled
           order by secret.expires_at, secret.secret_id limit $3",
        now,
        until,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Live secrets that were never used, with identifiers from the first of `added` on and before the second.
pub(super) async fn list_unused(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    added: (SecretId, SecretId),
    limit: i64,
) -> Result<Vec<SecretNotice>, sqlx::Error> {
    sqlx::query_as!(
        SecretNotice,
        "select secret.client_id, secret.secret_id, secret.created_at, secret.expires_at, secret.last_used_at
           from client_secret secret join client on client.client_id = secret.client_id
           where secret.secret_id >= $2 and secret.secret_id < $3 and secret.last_used_at is null
               and secret.retired_at is null and (secret.expires_at is null or secret.expires_at > $1) and client.is_enabled
           order by secret.secret_id desc limit $4",
        now,
        added.0.0,
        added.1.0,
        limit,
    )
    .fetch_all(db)
    .await
}
