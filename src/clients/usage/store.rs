//! SQL of the uses of secrets.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::memory::{UseKey, Uses};
use crate::db::delete_before;
use crate::ids::{ClientId, SecretId};

/// Adds uses, and notes when the secrets were last used; an earlier instant than the one known changes nothing there.
pub(super) async fn add_uses(db: &mut PgConnection, uses: &[(UseKey, Uses)]) -> Result<(), sqlx::Error> {
    let secret_ids: Vec<Uuid> = uses.iter().map(|(key, _)| key.secret_id.0).collect();
    let hours: Vec<DateTime<Utc>> = uses.iter().map(|(key, _)| key.hour).collect();
    let address = |key: &UseKey| key.address.map(|address| address.to_string());
    let addresses: Vec<String> = uses
        .iter()
        .map(|(key, _)| address(key).unwrap_or_default())
        .collect();
    let count = |uses: &Uses| i64::try_from(uses.count).unwrap_or(i64::MAX);
    let counts: Vec<i64> = uses.iter().map(|(_, uses)| count(uses)).collect();
    let first: Vec<DateTime<Utc>> = uses.iter().map(|(_, uses)| uses.first_at).collect();
    let last: Vec<DateTime<Utc>> = uses.iter().map(|(_, uses)| uses.last_at).collect();
    sqlx::query!(
        "with used as (
             select secret_id, hour, address, uses, first_at, last_at
             from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
                 as used (secret_id, hour, address, uses, first_at, last_at)
         ), counted as (
             insert into secret_use as own (secret_id, hour, address, uses, first_at, last_at)
             select secret_id, hour, address, uses, first_at, last_at from used order by secret_id, hour, address
             on conflict on constraint secret_use_pkey do update set
                 uses = own.uses + excluded.uses,
                 first_at = least(own.first_at, excluded.first_at),
                 last_at = greatest(own.last_at, excluded.last_at)
         )
         update client_secret set last_used_at = latest.at
         from (select secret_id, max(last_at) as at from used group by secret_id) as latest
         where client_secret.secret_id = latest.secret_id
             and (client_secret.last_used_at is null or client_secret.last_used_at < latest.at)",
        &secret_ids,
        &hours,
        &addresses,
        &counts,
        &first,
        &last,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The secrets of a client in the order in which they were added.
pub(super) async fn list_secret_ids(
    db: &mut PgConnection,
    client_id: &ClientId,
) -> Result<Vec<SecretId>, sqlx::Error> {
    sqlx::query_scalar!(
        "select secret_id from client_secret where client_id = $1 order by secret_id",
        client_id.as_str(),
    )
    .fetch_all(db)
    .await
}

/// Uses of one secret in one hour.
pub(super) struct HourRow {
    pub secret_id: SecretId,
    pub hour: DateTime<Utc>,
    pub uses: i64,
}

/// Uses of a client's secrets by hour.
pub(super) async fn list_by_hour(
    db: &mut PgConnection,
    client_id: &ClientId,
    since: DateTime<Utc>,
) -> Result<Vec<HourRow>, sqlx::Error> {
    sqlx::query_as!(
        HourRow,
        r#"select used.secret_id, used.hour, sum(used.uses)::bigint as "uses!"
           from secret_use used join client_secret secret on secret.secret_id = used.secret_id
           where secret.client_id = $1 and used.hour >= $2
           group by used.secret_id, used.hour"#,
        client_id.as_str(),
        since,
    )
    .fetch_all(db)
    .await
}

/// Uses of one secret from one address.
pub(super) struct AddressRow {
    pub secret_id: SecretId,
    pub address: String,
    pub uses: i64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

/// Uses of a client's secrets by address, the latest first, at most `limit` of each secret.
pub(super) async fn list_by_address(
    db: &mut PgConnection,
    client_id: &ClientId,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<AddressRow>, sqlx::Error> {
    sqlx::query_as!(
        AddressRow,
        r#"select secret.secret_id, used.address as "address!", used.uses as "uses!", used.first_at as "first_at!",
               used.last_at as "last_at!"
           from client_secret secret cross join lateral (
               select address, sum(uses)::bigint as uses, min(first_at) as first_at, max(last_at) as last_at
               from secret_use where secret_use.secret_id = secret.secret_id and hour >= $2
               group by address order by max(last_at) desc, address limit $3) used
           where secret.client_id = $1
           order by secret.secret_id, used.last_at desc, used.address"#,
        client_id.as_str(),
        since,
        limit,
    )
    .fetch_all(db)
    .await
}

/// The first use of a secret that is kept.
pub(super) struct FirstRow {
    pub secret_id: SecretId,
    pub first_at: DateTime<Utc>,
}

/// The first uses that are kept of a client's secrets; none of those of which no use is kept.
pub(super) async fn list_first(
    db: &mut PgConnection,
    client_id: &ClientId,
) -> Result<Vec<FirstRow>, sqlx::Error> {
    sqlx::query_as!(
        FirstRow,
        r#"select secret.secret_id, used.first_at as "first_at!"
           from client_secret secret cross join lateral (
               select min(first_at) as first_at from secret_use
               where secret_use.secret_id = secret.secret_id and hour = (
                   select min(hour) from secret_use oldest where oldest.secret_id = secret.secret_id)) used
           where secret.client_id = $1 and used.first_at is not null"#,
        client_id.as_str(),
    )
    .fetch_all(db)
    .await
}

/// Deletes at most `limit` uses of hours that began before `before`; returns how many.
pub(super) async fn delete_uses(
    db: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    delete_before!(db, "secret_use", "ctid", "hour", before, limit)
}
