//! SQL of the registry.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::client::{ClientSettings, ExpiresInFormat, Grant, Grants, ReplayPolicy};
use super::customer::{Customer, CustomerPage};
use super::registry::{ClientInfo, ClientVersion};
use super::scope::{Scope, ScopeSet};
use crate::error::Failure;
use crate::ids::{ClientId, CustomerId, SecretId};

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
        r#"select customer_id as "customer_id: CustomerId", name, created_at from customer order by name"#
    )
    .fetch_all(connection)
    .await
}

/// One customer more than the page's limit, so that the caller sees whether there are more. `only` confines the page to one
/// customer.
pub(super) async fn list_customer_page(
    connection: &mut PgConnection,
    only: Option<CustomerId>,
    page: &CustomerPage,
) -> Result<Vec<Customer>, sqlx::Error> {
    sqlx::query_as!(
        Customer,
        r#"select customer_id as "customer_id: CustomerId", name, created_at from customer
           where ($1::uuid is null or customer_id = $1) and ($2::uuid is null or customer_id > $2)
           order by customer_id limit $3"#,
        only.map(|id| id.0),
        page.after.map(|id| id.0),
        page.limit + 1,
    )
    .fetch_all(connection)
    .await
}

pub(super) struct ClientRow {
    pub client_id: String,
    pub customer_id: Option<CustomerId>,
    pub organisational_unit: Option<String>,
    pub grants: Vec<String>,
    pub scopes: Vec<String>,
    pub audiences: Vec<String>,
    pub token_ttl_seconds: Option<i32>,
    pub max_assertion_ttl_seconds: i32,
    pub clock_skew_seconds: i32,
    pub replay_policy: String,
    pub expires_in_format: String,
    pub requests_per_second: Option<i32>,
    pub callback_hosts: Vec<String>,
    pub secret_salt: Vec<u8>,
    pub is_enabled: bool,
    pub token_generation: i64,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

impl TryFrom<ClientRow> for ClientInfo {
    type Error = Failure;

    fn try_from(row: ClientRow) -> Result<Self, Self::Error> {
        let grants: Vec<Grant> = row
            .grants
            .iter()
            .map(|grant| grant.parse())
            .collect::<Result<_, String>>()
            .map_err(Failure::internal)?;
        // A scope that a newer version wrote is left out: this version has no route for it.
        let scopes: ScopeSet = row
            .scopes
            .iter()
            .filter_map(|scope| scope.parse::<Scope>().ok())
            .collect();
        let settings = ClientSettings {
            customer_id: row.customer_id,
            organisational_unit: row.organisational_unit,
            grants: Grants::of(&grants),
            scopes,
            audiences: row.audiences,
            token_ttl_seconds: row.token_ttl_seconds,
            max_assertion_ttl_seconds: row.max_assertion_ttl_seconds,
            clock_skew_seconds: row.clock_skew_seconds,
            replay_policy: row
                .replay_policy
                .parse::<ReplayPolicy>()
                .map_err(Failure::internal)?,
            expires_in_format: row
                .expires_in_format
                .parse::<ExpiresInFormat>()
                .map_err(Failure::internal)?,
            requests_per_second: row.requests_per_second,
            callback_hosts: row.callback_hosts,
        };
        Ok(Self {
            client_id: ClientId::try_from(row.client_id).map_err(Failure::internal)?,
            settings,
            is_enabled: row.is_enabled,
            created_at: row.created_at,
            token_generation: row.token_generation,
            version: ClientVersion(row.version),
            secret_salt: row.secret_salt.try_into().map_err(Failure::internal)?,
        })
    }
}

pub(super) async fn find_client(
    connection: &mut PgConnection,
    client_id: &str,
) -> Result<Option<ClientRow>, sqlx::Error> {
    sqlx::query_as!(
        ClientRow,
        r#"select client_id, customer_id as "customer_id: CustomerId", organisational_unit, grants, scopes, audiences,
               token_ttl_seconds, max_assertion_ttl_seconds, clock_skew_seconds, replay_policy, expires_in_format,
               requests_per_second, callback_hosts, secret_salt, is_enabled, token_generation, created_at,
               changed_in::text::bigint as "version!"
           from client where client_id = $1"#,
        client_id,
    )
    .fetch_optional(connection)
    .await
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

pub(super) async fn list_clients(connection: &mut PgConnection) -> Result<Vec<ClientRow>, sqlx::Error> {
    sqlx::query_as!(
        ClientRow,
        r#"select client_id, customer_id as "customer_id: CustomerId", organisational_unit, grants, scopes, audiences,
               token_ttl_seconds, max_assertion_ttl_seconds, clock_skew_seconds, replay_policy, expires_in_format,
               requests_per_second, callback_hosts, secret_salt, is_enabled, token_generation, created_at,
               changed_in::text::bigint as "version!"
           from client order by client_id"#,
    )
    .fetch_all(connection)
    .await
}

/// Adds the client unless its id is taken.
pub(super) async fn insert_client(
    connection: &mut PgConnection,
    client: &ClientInfo,
) -> Result<bool, sqlx::Error> {
    let settings = &client.settings;
    let inserted = sqlx::query!(
        "insert into client (client_id, customer_id, organisational_unit, grants, scopes, audiences,
             token_ttl_seconds, max_assertion_ttl_seconds, clock_skew_seconds, replay_policy, expires_in_format,
             requests_per_second, secret_salt, is_enabled, token_generation, created_at, callback_hosts)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         on conflict on constraint client_pkey do nothing",
        client.client_id.as_str(),
        settings.customer_id.map(|id| id.0),
        settings.organisational_unit,
        &grant_names(settings.grants),
        &scope_names(settings.scopes),
        &settings.audiences,
        settings.token_ttl_seconds,
        settings.max_assertion_ttl_seconds,
        settings.clock_skew_seconds,
        settings.replay_policy.as_str(),
        settings.expires_in_format.as_str(),
        settings.requests_per_second,
        client.secret_salt.as_bytes(),
        client.is_enabled,
        client.token_generation,
        client.created_at,
        &settings.callback_hosts,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(super) async fn update_settings(
    connection: &mut PgConnection,
    client_id: &ClientId,
    settings: &ClientSettings,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update client set organisational_unit = $2, grants = $3, scopes = $4, audiences = $5,
             token_ttl_seconds = $6, max_assertion_ttl_seconds = $7, clock_skew_seconds = $8, replay_policy = $9,
             expires_in_format = $10, requests_per_second = $11, callback_hosts = $12
         where client_id = $1",
        client_id.as_str(),
        settings.organisational_unit,
        &grant_names(settings.grants),
        &scope_names(settings.scopes),
        &settings.audiences,
        settings.token_ttl_seconds,
        settings.max_assertion_ttl_seconds,
        settings.clock_skew_seconds,
        settings.replay_policy.as_str(),
        settings.expires_in_format.as_str(),
        settings.requests_per_second,
        &settings.callback_hosts,
    )
    .execute(connection)
    .await?;
    Ok(())
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
    pub sealing_key_id: Option<i32>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub retired_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
}

pub(super) async fn list_secrets(
    connection: &mut PgConnection,
    client_id: &str,
) -> Result<Vec<SecretRow>, sqlx::Error> {
    sqlx::query_as!(
        SecretRow,
        r#"select secret_id as "secret_id: SecretId", secret_hash, sealed_secret, sealing_key_id, created_at,
               expires_at, retired_at, last_used_at
           from client_secret where client_id = $1 order by secret_id"#,
        client_id,
    )
    .fetch_all(connection)
    .await
}

pub(super) async fn insert_secret(
    connection: &mut PgConnection,
    client_id: &ClientId,
    secret: &SecretRow,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into client_secret (secret_id, client_id, secret_hash, sealed_secret, sealing_key_id, created_at,
             expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        secret.secret_id.0,
        client_id.as_str(),
        secret.secret_hash,
        secret.sealed_secret,
        secret.sealing_key_id,
        secret.created_at,
        secret.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Retires a secret that is not retired; the sealed form goes at once, the hash stays for the record.
pub(super) async fn update_retired(
    connection: &mut PgConnection,
    client_id: &ClientId,
    secret_id: SecretId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update client_secret set retired_at = $3, sealed_secret = null, sealing_key_id = null
         where client_id = $1 and secret_id = $2 and retired_at is null",
        client_id.as_str(),
        secret_id.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
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

/// Notes when secrets were last used; an earlier instant than the one known changes nothing.
pub(super) async fn update_last_used(
    connection: &mut PgConnection,
    secret_ids: &[uuid::Uuid],
    instants: &[DateTime<Utc>],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update client_secret set last_used_at = used.at
         from unnest($1::uuid[], $2::timestamptz[]) as used (secret_id, at)
         where client_secret.secret_id = used.secret_id
             and (client_secret.last_used_at is null or client_secret.last_used_at < used.at)",
        secret_ids,
        instants,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn grant_names(grants: Grants) -> Vec<String> {
    grants.iter().map(|grant| grant.short_name().to_owned()).collect()
}

fn scope_names(scopes: ScopeSet) -> Vec<String> {
    scopes.iter().map(|scope| scope.as_str().to_owned()).collect()
}
