//! SQL of the registry.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::customer::Customer;
use super::registry::{ClientInfo, ClientVersion};
use super::settings::ClientSettings;
use super::values::OrganisationalUnit;
use crate::crypto::secret::{HashCosts, SecretHashing};
use crate::ids::{ClientId, CustomerId, SecretId};
use crate::keys::SealingKeyId;
use crate::page::Page;

/// Adds the customer unless its name is taken.
pub(super) async fn insert_customer(
    connection: &mut PgConnection,
    customer: &Customer,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "insert into customer (customer_id, name, created_at) values ($1, $2, $3)
         on conflict on constraint customer_name_key do nothing",
        customer.customer_id.0,
        customer.name,
        customer.created_at,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(super) async fn list_customers(connection: &mut PgConnection) -> Result<Vec<Customer>, sqlx::Error> {
    sqlx::query_as!(
        Customer,
        "select customer_id, name, created_at from customer order by name"
    )
    .fetch_all(connection)
    .await
}

/// The customer with this name or identifier.
pub(super) async fn find_customer(
    connection: &mut PgConnection,
    name: Option<&str>,
    customer_id: Option<CustomerId>,
) -> Result<Option<Customer>, sqlx::Error> {
    sqlx::query_as!(
        Customer,
        "select customer_id, name, created_at from customer where name = $1 or customer_id = $2 order by name limit 1",
        name,
        customer_id.map(|id| id.0),
    )
    .fetch_optional(connection)
    .await
}

/// The same by its identifier, and locks its row until the transaction ends. Foreign keys that others look up do not wait.
pub(super) async fn lock_customer(
    connection: &mut PgConnection,
    customer_id: CustomerId,
) -> Result<Option<Customer>, sqlx::Error> {
    sqlx::query_as!(
        Customer,
        "select customer_id, name, created_at from customer where customer_id = $1 for no key update",
        customer_id.0,
    )
    .fetch_optional(connection)
    .await
}

/// One customer more than the page's limit, so that the caller sees whether there are more. `only` confines the page to one
/// customer, and `name` to the one of this name.
pub(super) async fn list_customer_page(
    connection: &mut PgConnection,
    only: Option<CustomerId>,
    name: Option<&str>,
    page: &Page<CustomerId>,
) -> Result<Vec<Customer>, sqlx::Error> {
    sqlx::query_as!(
        Customer,
        "select customer_id, name, created_at from customer
           where ($1::uuid is null or customer_id = $1) and ($2::uuid is null or customer_id > $2)
               and ($4::text is null or name = $4)
           order by customer_id limit $3",
        only.map(|id| id.0),
        page.after.map(|id| id.0),
        page.read_limit(),
        name,
    )
    .fetch_all(connection)
    .await
}

/// A query about clients: the only place that lists the columns of a client's settings.
macro_rules! client_query {
    // All of the clients that meet the condition.
    (select, $condition:literal $(, $argument:expr)*) => {
        client_query!(columns, "from client ", $condition $(, $argument)*).map(|row| client_query!(client, row))
    };
    // The clients of a list, with how they are used; `$from` gives `found.rank`, and the first argument is the hours of which
    // refused calls are counted.
    (list, $from:literal $(, $argument:expr)*) => {
        client_query!(
            columns,
            r#", found.rank as "rank!",
                (select name from customer where customer.customer_id = client.customer_id) as customer_name,
                (select max(created_at) from client_secret secret
                    where secret.client_id = client.client_id and retired_at is null) as newest_secret_at,
                (select max(last_used_at) from client_secret secret where secret.client_id = client.client_id) as last_used_at,
                (select coalesce(sum(refused), 0)::bigint from refusal_count counted
                    where counted.hour = any($1::timestamptz[]) and counted.client_id = client.client_id) as "refused!" "#,
            $from
            $(, $argument)*
        )
        .map(|row| ListedClient {
            activity: ClientActivity {
                customer_name: row.customer_name,
                newest_secret_at: row.newest_secret_at,
                last_used_at: row.last_used_at,
                refused: row.refused,
            },
            rank: row.rank,
            client: client_query!(client, row),
        })
    };
    (columns, $more:literal, $rest:literal $(, $argument:expr)*) => {
        sqlx::query!(
            r#"select organisational_unit, grants, scopes, audiences, token_ttl_seconds, max_assertion_ttl_seconds,
                   clock_skew_seconds, replay_policy, expires_in_format, requests_per_second, callback_hosts, entitlements, quota,
                   admin_networks, client_id, customer_id, secret_salt, hash_memory_kib, hash_passes, is_enabled,
                   token_generation, created_at, changed_in::text::bigint as "version!" "# + $more + $rest
            $(, $argument)*
        )
    };
    (client, $row:ident) => {
        ClientInfo {
            settings: ClientSettings {
                customer_id: $row.customer_id,
                organisational_unit: $row.organisational_unit,
                grants: $row.grants,
                scopes: $row.scopes,
                audiences: $row.audiences,
                token_ttl_seconds: $row.token_ttl_seconds,
                max_assertion_ttl_seconds: $row.max_assertion_ttl_seconds,
                clock_skew_seconds: $row.clock_skew_seconds,
                replay_policy: $row.replay_policy,
                expires_in_format: $row.expires_in_format,
                requests_per_second: $row.requests_per_second,
                callback_hosts: $row.callback_hosts,
                entitlements: $row.entitlements,
                quota: $row.quota,
                admin_networks: $row.admin_networks,
            },
            client_id: $row.client_id,
            is_enabled: $row.is_enabled,
            created_at: $row.created_at,
            token_generation: $row.token_generation,
            version: ClientVersion($row.version),
            secret_hashing: SecretHashing {
                salt: $row.secret_salt,
                costs: HashCosts {
                    memory_kib: $row.hash_memory_kib.unsigned_abs(),
                    passes: $row.hash_passes.unsigned_abs(),
                },
            },
        }
    };
    // A statement with the columns of the settings after `$before`, and their values after `$between`.
    (write, $before:literal, $between:literal, $after:literal, $client_id:expr, $settings:expr $(, $argument:expr)*) => {
        sqlx::query!(
            $before
                + "organisational_unit, grants, scopes, audiences, token_ttl_seconds, max_assertion_ttl_seconds,
                   clock_skew_seconds, replay_policy, expires_in_format, requests_per_second, callback_hosts, entitlements, quota,
                   admin_networks"
                + $between
                + "$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15"
                + $after,
            $client_id.as_str(),
            $settings.organisational_unit.as_ref().map(OrganisationalUnit::as_str),
            &$settings.grants.names(),
            &$settings.scopes.names(),
            $settings.audiences.as_slice(),
            $settings.token_ttl_seconds.map(i32::from),
            i32::from($settings.max_assertion_ttl_seconds),
            i32::from($settings.clock_skew_seconds),
            <&str>::from($settings.replay_policy),
            <&str>::from($settings.expires_in_format),
            $settings.requests_per_second.map(i32::from),
            $settings.callback_hosts.as_slice(),
            &$settings.entitlements.names(),
            $settings.quota.map(|quota| quota.to_string()),
            &$settings.admin_networks.names()
            $(, $argument)*
        )
    };
}

pub(super) use client_query;

pub(super) async fn find_client(
    connection: &mut PgConnection,
    client_id: &ClientId,
) -> Result<Option<ClientInfo>, sqlx::Error> {
    client_query!(select, "where client_id = $1", client_id.as_str())
        .fetch_optional(connection)
        .await
}

/// Those of these clients that there are.
pub(super) async fn find_clients(
    connection: &mut PgConnection,
    client_ids: &[ClientId],
) -> Result<Vec<ClientInfo>, sqlx::Error> {
    let client_ids: Vec<String> = client_ids.iter().map(ToString::to_string).collect();
    client_query!(select, "where client_id = any($1)", &client_ids)
        .fetch_all(connection)
        .await
}

/// All clients, by identifier.
pub(super) async fn list_clients(connection: &mut PgConnection) -> Result<Vec<ClientInfo>, sqlx::Error> {
    client_query!(select, "order by client_id")
        .fetch_all(connection)
        .await
}

/// Adds the client unless its id is taken.
pub(super) async fn insert_client(
    connection: &mut PgConnection,
    client: &ClientInfo,
) -> Result<bool, sqlx::Error> {
    let (settings, SecretHashing { salt, costs }) = (&client.settings, client.secret_hashing);
    let inserted = client_query!(
        write,
        "insert into client (client_id, customer_id, secret_salt, hash_memory_kib, hash_passes, is_enabled, token_generation,
             created_at, ",
        ") values ($1, $16, $17, $18, $19, $20, $21, $22, ",
        ") on conflict on constraint client_pkey do nothing",
        client.client_id,
        settings,
        settings.customer_id.map(|id| id.0),
        salt.as_bytes(),
        costs.memory_kib.cast_signed(),
        costs.passes.cast_signed(),
        client.is_enabled,
        client.token_generation,
        client.created_at
    );
    Ok(inserted.execute(connection).await?.rows_affected() == 1)
}

pub(super) async fn update_settings(
    connection: &mut PgConnection,
    client_id: &ClientId,
    settings: &ClientSettings,
) -> Result<(), sqlx::Error> {
    let updated = client_query!(
        write,
        "update client set (",
        ") = row(",
        ") where client_id = $1",
        client_id,
        settings
    );
    updated.execute(connection).await?;
    Ok(())
}

/// The present version of a client.
pub(super) async fn find_version(
    connection: &mut PgConnection,
    client_id: &ClientId,
) -> Result<Option<ClientVersion>, sqlx::Error> {
    let version = sqlx::query_scalar!(
        r#"select changed_in::text::bigint as "version!" from client where client_id = $1"#,
        client_id.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(version.map(ClientVersion))
}

/// Locks the row of the client until the end of the transaction, so that changes of one client take turns.
pub(super) async fn lock_client(
    connection: &mut PgConnection,
    client_id: &ClientId,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query!(
        "select client_id from client where client_id = $1 for update",
        client_id.as_str()
    );
    Ok(row.fetch_optional(connection).await?.is_some())
}

/// Enables or disables, and ends all tokens issued so far.
pub(super) async fn update_enabled(
    connection: &mut PgConnection,
    client_id: &ClientId,
    is_enabled: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update client set is_enabled = $2, token_generation = token_generation + 1 where client_id = $1",
        client_id.as_str(),
        is_enabled,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends all tokens issued so far.
pub(super) async fn update_generation(
    connection: &mut PgConnection,
    client_id: &ClientId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update client set token_generation = token_generation + 1 where client_id = $1",
        client_id.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) struct SecretRow {
    pub secret_id: SecretId,
    pub secret_hash: String,
    pub sealed_secret: Option<Vec<u8>>,
    pub sealing_key_id: Option<SealingKeyId>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub retired_at: Option<DateTime<Utc>>,
    pub restorable_until: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
}

pub(super) async fn list_secrets(
    connection: &mut PgConnection,
    client_id: &ClientId,
) -> Result<Vec<SecretRow>, sqlx::Error> {
    sqlx::query_as!(
        SecretRow,
        "select secret_id, secret_hash, sealed_secret, sealing_key_id, created_at,
               expires_at, retired_at, restorable_until, last_used_at
           from client_secret where client_id = $1 order by secret_id",
        client_id.as_str(),
    )
    .fetch_all(connection)
    .await
}

/// Adds secrets, each to its client.
pub(super) async fn insert_secrets(
    connection: &mut PgConnection,
    secrets: &[(&ClientId, &SecretRow)],
) -> Result<(), sqlx::Error> {
    let rows = || secrets.iter().map(|(_, secret)| *secret);
    let client_ids: Vec<&str> = secrets.iter().map(|(client_id, _)| client_id.as_str()).collect();
    let secret_ids: Vec<Uuid> = rows().map(|secret| secret.secret_id.0).collect();
    let hashes: Vec<&str> = rows().map(|secret| secret.secret_hash.as_str()).collect();
    let sealed: Vec<Option<&[u8]>> = rows().map(|secret| secret.sealed_secret.as_deref()).collect();
    let keys: Vec<Option<i32>> = rows().map(|secret| Some(secret.sealing_key_id?.0)).collect();
    let created: Vec<DateTime<Utc>> = rows().map(|secret| secret.created_at).collect();
    let expire: Vec<Option<DateTime<Utc>>> = rows().map(|secret| secret.expires_at).collect();
    sqlx::query!(
        "insert into client_secret (secret_id, client_id, secret_hash, sealed_secret, sealing_key_id, created_at,
             expires_at)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::integer[], $6::timestamptz[],
             $7::timestamptz[])",
        &secret_ids,
        &client_ids as &[&str],
        &hashes as &[&str],
        &sealed as &[Option<&[u8]>],
        &keys as &[Option<i32>],
        &created,
        &expire as &[Option<DateTime<Utc>>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets the sealed form of all secrets of a client that may not use the assertion grant any more.
pub(super) async fn update_unsealed(
    connection: &mut PgConnection,
    client_id: &ClientId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update client_secret set sealed_secret = null, sealing_key_id = null
         where client_id = $1 and sealed_secret is not null",
        client_id.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
