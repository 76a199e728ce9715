//! SQL of the sealing keys.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::ring::{Purpose, SealingKeyId};
use crate::ids::{ClientId, SecretId, StaffId};

pub(super) struct KeyRow {
    pub sealing_key_id: SealingKeyId,
    pub purpose: Purpose,
    pub sealed_key: Vec<u8>,
    pub master_key_id: String,
    pub created_at: DateTime<Utc>,
    pub active_at: DateTime<Utc>,
}

pub(super) struct InsertedKey<'a> {
    pub purpose: Purpose,
    pub sealed_key: &'a [u8],
    pub master_key_id: &'a str,
    pub created_at: DateTime<Utc>,
    pub active_at: DateTime<Utc>,
}

pub(super) async fn list_keys(connection: &mut PgConnection) -> Result<Vec<KeyRow>, sqlx::Error> {
    sqlx::query_as!(
        KeyRow,
        "select sealing_key_id, purpose, sealed_key, master_key_id, created_at, active_at
         from sealing_key order by sealing_key_id"
    )
    .fetch_all(connection)
    .await
}

pub(super) async fn insert_key(
    connection: &mut PgConnection,
    key: &InsertedKey<'_>,
) -> Result<SealingKeyId, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into sealing_key (purpose, sealed_key, master_key_id, created_at, active_at)
         values ($1, $2, $3, $4, $5) returning sealing_key_id",
        <&str>::from(key.purpose),
        key.sealed_key,
        key.master_key_id,
        key.created_at,
        key.active_at,
    )
    .fetch_one(connection)
    .await
}

pub(super) async fn update_sealed_key(
    connection: &mut PgConnection,
    id: SealingKeyId,
    sealed_key: &[u8],
    master_key_id: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update sealing_key set sealed_key = $2, master_key_id = $3 where sealing_key_id = $1",
        id.0,
        sealed_key,
        master_key_id,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes token keys that were replaced before `replaced_before`.
pub(super) async fn delete_replaced_token_keys(
    connection: &mut PgConnection,
    replaced_before: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from sealing_key old where old.purpose = 'token' and exists (
             select 1 from sealing_key new
             where new.purpose = 'token' and new.active_at > old.active_at and new.active_at < $1)",
        replaced_before,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes link keys that were replaced before `replaced_before` and under which no invitation's link is sealed.
///
/// The query looks for the smallest key in use that is not smaller than the old one, which the index answers. For a test of
/// equality the planner would read all invitations, because nearly all have the same key.
pub(super) async fn delete_unused_link_keys(
    connection: &mut PgConnection,
    replaced_before: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from sealing_key old where old.purpose = 'link' and exists (
             select 1 from sealing_key new
             where new.purpose = 'link' and new.active_at > old.active_at and new.active_at < $1)
         and (select min(sealing_key_id) from invitation where sealing_key_id >= old.sealing_key_id)
             is distinct from old.sealing_key_id",
        replaced_before,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes a token key; returns whether it existed.
pub(super) async fn delete_token_key(
    connection: &mut PgConnection,
    id: SealingKeyId,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from sealing_key where sealing_key_id = $1 and purpose = 'token'",
        id.0
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Deletes secret keys under which no secret is sealed, but for the newest key.
pub(super) async fn delete_unused_secret_keys(connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from sealing_key old where old.purpose = 'secret'
         and exists (select 1 from sealing_key new where new.purpose = 'secret' and new.sealing_key_id > old.sealing_key_id)
         and not exists (select 1 from client_secret where client_secret.sealing_key_id = old.sealing_key_id)
         and not exists (select 1 from staff_totp where staff_totp.sealing_key_id = old.sealing_key_id)"
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

pub(super) struct DependentsRow {
    pub sealing_key_id: SealingKeyId,
    pub dependents: Option<i64>,
}

/// How much is sealed under each key: secrets and authenticator apps, or links up to one more than `limit`; of token keys nothing
/// is known, as tokens are not stored.
///
/// Links are counted in the order of the index; for a test of equality the planner would read all invitations.
pub(super) async fn count_dependents(
    connection: &mut PgConnection,
    limit: i64,
) -> Result<Vec<DependentsRow>, sqlx::Error> {
    sqlx::query_as!(
        DependentsRow,
        r#"select sealing_key_id, case purpose
               when 'secret' then (select count(*) from client_secret secret where secret.sealing_key_id = own.sealing_key_id)
                   + (select count(*) from staff_totp totp where totp.sealing_key_id = own.sealing_key_id)
               when 'link' then (select count(*) filter (where link.sealing_key_id = own.sealing_key_id) from (
                   select sealing_key_id from invitation where invitation.sealing_key_id >= own.sealing_key_id
                   order by sealing_key_id limit $1::bigint + 1) link)
               end as "dependents"
           from sealing_key own"#,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Locks the table against other writers of keys, and of secrets under them, until the transaction ends.
pub(super) async fn lock_keys(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("lock table sealing_key in share row exclusive mode")
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) struct SealedSecretRow {
    pub secret_id: SecretId,
    pub client_id: ClientId,
    pub sealed_secret: Vec<u8>,
    pub sealing_key_id: SealingKeyId,
}

/// Returns all sealed secrets, and locks their rows until the transaction ends.
pub(super) async fn lock_sealed_secrets(
    connection: &mut PgConnection,
) -> Result<Vec<SealedSecretRow>, sqlx::Error> {
    sqlx::query_as!(
        SealedSecretRow,
        r#"select secret_id, client_id, sealed_secret as "sealed_secret!", sealing_key_id as "sealing_key_id!"
           from client_secret where sealed_secret is not null for update"#
    )
    .fetch_all(connection)
    .await
}

/// All sealed secrets.
pub(super) async fn list_sealed_secrets(
    connection: &mut PgConnection,
) -> Result<Vec<SealedSecretRow>, sqlx::Error> {
    sqlx::query_as!(
        SealedSecretRow,
        r#"select secret_id, client_id, sealed_secret as "sealed_secret!", sealing_key_id as "sealing_key_id!"
           from client_secret where sealed_secret is not null"#
    )
    .fetch_all(connection)
    .await
}

pub(super) async fn update_sealed_secret(
    connection: &mut PgConnection,
    secret_id: SecretId,
    sealed_secret: &[u8],
    key: SealingKeyId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update client_secret set sealed_secret = $2, sealing_key_id = $3 where secret_id = $1",
        secret_id.0,
        sealed_secret,
        key.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) struct SealedTotpRow {
    pub staff_id: StaffId,
    pub sealed_key: Vec<u8>,
    pub sealing_key_id: SealingKeyId,
}

/// Returns the sealed keys of all authenticator apps, and locks their rows until the transaction ends.
pub(super) async fn lock_sealed_totp_keys(
    connection: &mut PgConnection,
) -> Result<Vec<SealedTotpRow>, sqlx::Error> {
    sqlx::query_as!(
        SealedTotpRow,
        "select staff_id, sealed_key, sealing_key_id from staff_totp for update"
    )
    .fetch_all(connection)
    .await
}

/// The sealed keys of all authenticator apps.
pub(super) async fn list_sealed_totp_keys(
    connection: &mut PgConnection,
) -> Result<Vec<SealedTotpRow>, sqlx::Error> {
    sqlx::query_as!(
        SealedTotpRow,
        "select staff_id, sealed_key, sealing_key_id from staff_totp"
    )
    .fetch_all(connection)
    .await
}

pub(super) async fn update_sealed_totp_key(
    connection: &mut PgConnection,
    staff_id: StaffId,
    sealed_key: &[u8],
    key: SealingKeyId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update staff_totp set sealed_key = $2, sealing_key_id = $3 where staff_id = $1",
        staff_id.0,
        sealed_key,
        key.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
