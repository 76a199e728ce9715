//! Registering and changing clients. Every change is one transaction with its audit event, and reaches running services
//! through the change feed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;

use super::client::{ClientSettings, Grant, SettingsChange};
use super::error::Error;
use super::secrets::{self, NewSecret, SecretInfo};
use super::store;
use crate::audit::{self, Actor, Subject};
use crate::crypto::random;
use crate::crypto::secret::SALT_BYTES;
use crate::db::{Db, PgTransaction};
use crate::ids::ClientId;
use crate::keys::KeyRing;

/// A registered client, its secrets apart.
#[derive(Clone, Debug, Serialize)]
pub struct ClientInfo {
    /// Its public identifier.
    pub client_id: ClientId,
    /// What is set for it.
    #[serde(flatten)]
    pub settings: ClientSettings,
    /// Whether it may get and use tokens.
    pub is_enabled: bool,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// Tokens of an earlier generation are over.
    pub token_generation: i64,
    /// Which state of the client and its secrets this is.
    #[serde(skip)]
    pub version: ClientVersion,
    /// Salt of all its secrets' hashes.
    #[serde(skip)]
    pub secret_salt: [u8; SALT_BYTES],
}

/// The transaction that last changed a client or one of its secrets. Equal versions are equal states; which of two is the
/// later cannot be told from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientVersion(pub i64);

/// A client to register.
pub struct NewClient {
    /// The identifier that Talentsoft gave, or a generated one.
    pub client_id: ClientId,
    /// What is set for it.
    pub settings: ClientSettings,
    /// Its first secret.
    pub secret: NewSecret,
}

/// Registers a client with its first secret.
pub async fn add_client(
    db: &Db,
    ring: &KeyRing,
    new: &NewClient,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<(ClientInfo, SecretInfo), Error> {
    new.settings.check()?;
    let client = ClientInfo {
        client_id: new.client_id.clone(),
        settings: new.settings.clone(),
        is_enabled: true,
        created_at: now,
        token_generation: 0,
        version: ClientVersion::default(),
        secret_salt: random::bytes(),
    };
    let prepared = secrets::prepare(ring, &client, &new.secret, now)?;
    let info = prepared.info();
    db.transaction(async |transaction| {
        if !store::insert_client(transaction, &client).await? {
            return Err(Error::ClientExists(client.client_id.clone()));
        }
        store::insert_secret(transaction, &client.client_id, &prepared).await?;
        let detail = json!({ "settings": client.settings, "secret_id": prepared.secret_id });
        record(transaction, now, actor, "added", &client.client_id, detail).await
    })
    .await?;
    Ok((client, info))
}

/// All clients, by identifier.
pub async fn list_clients(db: &Db) -> Result<Vec<ClientInfo>, Error> {
    let rows = db
        .run(async |connection| Ok::<_, Error>(store::list_clients(connection).await?))
        .await?;
    Ok(rows
        .into_iter()
        .map(ClientInfo::try_from)
        .collect::<Result<_, _>>()?)
}

/// One client.
pub async fn find_client(db: &Db, client_id: &ClientId) -> Result<ClientInfo, Error> {
    db.run(async |connection| {
        let row = store::find_client(connection, client_id.as_str()).await?;
        let row = row.ok_or_else(|| Error::UnknownClient(client_id.clone()))?;
        Ok(ClientInfo::try_from(row)?)
    })
    .await
}

/// Changes the settings of a client and returns it as it is then.
pub async fn update_client(
    db: &Db,
    client_id: &ClientId,
    change: SettingsChange,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<ClientInfo, Error> {
    db.transaction(async |transaction| {
        let before = locked_client(transaction, client_id).await?;
        let settings = change.apply(before.settings.clone());
        settings.check()?;
        store::update_settings(transaction, client_id, &settings).await?;
        if !settings.grants.contains(Grant::JwtBearer) {
            store::update_unsealed(transaction, client_id).await?;
        }
        let detail = json!({ "before": before.settings, "after": settings });
        record(transaction, now, actor, "updated", client_id, detail).await?;
        Ok(ClientInfo { settings, ..before })
    })
    .await
}

/// Enables or disables a client. Either way the tokens issued so far are over.
pub async fn set_client_enabled(
    db: &Db,
    client_id: &ClientId,
    enabled: Enabled,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<(), Error> {
    db.transaction(async |transaction| {
        locked_client(transaction, client_id).await?;
        store::update_enabled(transaction, client_id, enabled == Enabled::Yes).await?;
        let action = if enabled == Enabled::Yes {
            "enabled"
        } else {
            "disabled"
        };
        record(transaction, now, actor, action, client_id, json!({})).await
    })
    .await
}

/// Whether a client may get and use tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enabled {
    /// It may.
    Yes,
    /// It may not.
    No,
}

/// Ends all tokens that were issued to a client so far.
pub async fn revoke_client_tokens(
    db: &Db,
    client_id: &ClientId,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<(), Error> {
    db.transaction(async |transaction| {
        locked_client(transaction, client_id).await?;
        store::update_generation(transaction, client_id).await?;
        record(transaction, now, actor, "revoked_tokens", client_id, json!({})).await
    })
    .await
}

pub(super) async fn locked_client(
    transaction: &mut PgTransaction<'_>,
    client_id: &ClientId,
) -> Result<ClientInfo, Error> {
    let unknown = || Error::UnknownClient(client_id.clone());
    if !store::lock_client(transaction, client_id).await? {
        return Err(unknown());
    }
    let row = store::find_client(transaction, client_id.as_str())
        .await?
        .ok_or_else(unknown)?;
    Ok(ClientInfo::try_from(row)?)
}

async fn record(
    transaction: &mut PgTransaction<'_>,
    now: DateTime<Utc>,
    actor: &Actor,
    action: &str,
    client_id: &ClientId,
    detail: serde_json::Value,
) -> Result<(), Error> {
    let subject = Subject {
        kind: "client",
        id: client_id,
    };
    Ok(audit::record(transaction, now, actor, action, subject, detail).await?)
}
