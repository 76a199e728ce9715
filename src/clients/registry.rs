//! Registering and changing clients. Every change is one transaction with its audit event, and reaches running services
//! through the change feed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::error::{Error, InvalidSetting};
use super::grant::Grant;
use super::scope::Scope;
use super::secrets::{self, HashedSecret, SecretInfo};
use super::settings::ClientSettings;
use super::store::{self, SecretRow};
use crate::audit::{self, Act, Change};
use crate::crypto::secret::SecretHashing;
use crate::error::Failure;
use crate::ids::{ClientId, CustomerId};
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
    #[serde(serialize_with = "crate::clock::serialize")]
    pub created_at: DateTime<Utc>,
    /// Tokens of an earlier generation are over.
    pub token_generation: i64,
    /// Which state of the client and its secrets this is.
    #[serde(skip)]
    pub version: ClientVersion,
    /// Salt of all its secrets' hashes.
    #[serde(skip)]
    pub secret_hashing: SecretHashing,
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
    /// Its first secret; all later ones are hashed alike.
    pub secret: HashedSecret,
}

/// Registers a client with its first secret.
pub async fn add_client(
    db: &mut PgConnection,
    act: &Act,
    ring: &KeyRing,
    new: NewClient,
) -> Result<(ClientInfo, SecretInfo), Error> {
    let added = add_clients(db, act, ring, vec![new]).await?.pop();
    added.ok_or_else(|| Failure::internal("the client was not added").into())
}

/// What a path of the console cannot have in the place of a client: another page, or what addresses drop.
const UNREACHABLE: [&str; 3] = ["new", ".", ".."];

/// Whether a client may be registered by this identifier. One that was registered before the rule keeps it.
pub fn check_new_client_id(client_id: &ClientId) -> Result<(), InvalidSetting> {
    let text = client_id.as_str();
    if text.trim() == text && !UNREACHABLE.contains(&text) {
        Ok(())
    } else {
        Err(InvalidSetting::ClientId)
    }
}

/// Registers clients, each with its first secret, in their order.
pub async fn add_clients(
    db: &mut PgConnection,
    act: &Act,
    ring: &KeyRing,
    new: Vec<NewClient>,
) -> Result<Vec<(ClientInfo, SecretInfo)>, Error> {
    let mut added = Vec::with_capacity(new.len());
    for new in new {
        check_new_client_id(&new.client_id)?;
        new.settings.check()?;
        let client = ClientInfo {
            client_id: new.client_id,
            settings: new.settings,
            is_enabled: true,
            created_at: act.now,
            token_generation: 0,
            version: ClientVersion::default(),
            secret_hashing: new.secret.hashing(),
        };
        if !store::insert_client(db, &client).await? {
            return Err(Error::ClientExists(client.client_id));
        }
        let secret = secrets::seal(ring, &client, &new.secret, act.now)?;
        added.push((client, secret));
    }
    let rows: Vec<_> = added
        .iter()
        .map(|(client, secret)| (&client.client_id, secret))
        .collect();
    store::insert_secrets(db, &rows).await?;
    let change = |(client, secret): &(ClientInfo, SecretRow)| Change {
        act,
        action: "added",
        kind: "client",
        id: client.client_id.to_string(),
        detail: json!({ "settings": client.settings, "secret_id": secret.secret_id }),
    };
    let changes: Vec<_> = added.iter().map(change).collect();
    audit::record_all(db, &changes).await?;
    let added = added.into_iter();
    Ok(added.map(|(client, secret)| (client, secret.info())).collect())
}

/// All clients, by identifier.
pub async fn list_clients(db: &mut PgConnection) -> Result<Vec<ClientInfo>, Error> {
    Ok(store::list_clients(db).await?)
}

/// Which clients a list has: those that meet all that is given.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// Of this customer.
    pub customer_id: Option<CustomerId>,
    /// Enabled, or disabled.
    pub is_enabled: Option<bool>,
    /// With this scope.
    pub scope: Option<Scope>,
    /// With this text, which is not empty, in their identifier, their unit or the name of their customer.
    pub text: Option<String>,
}

/// One client.
pub async fn find_client(db: &mut PgConnection, client_id: &ClientId) -> Result<ClientInfo, Error> {
    store::find_client(db, client_id)
        .await?
        .ok_or_else(|| Error::UnknownClient(client_id.clone()))
}

/// Those of these clients that are registered.
pub async fn find_clients(db: &mut PgConnection, client_ids: &[ClientId]) -> Result<Vec<ClientInfo>, Error> {
    Ok(store::find_clients(db, client_ids).await?)
}

/// Changes the settings of a client and returns the client as it is then. Settings that stay as they are, are no change. `change` is told the settings of this instant, and
/// changes them.
pub async fn update_client<E: From<Error>>(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
    change: impl FnOnce(&mut ClientSettings) -> Result<(), E>,
) -> Result<ClientInfo, E> {
    let before = lock_client(db, client_id).await?;
    let mut settings = before.settings.clone();
    change(&mut settings)?;
    Ok(store_settings(db, act, before, settings).await?)
}

async fn store_settings(
    db: &mut PgConnection,
    act: &Act,
    before: ClientInfo,
    settings: ClientSettings,
) -> Result<ClientInfo, Error> {
    settings.check()?;
    if settings == before.settings {
        return Ok(before);
    }
    let client_id = &before.client_id;
    store::update_settings(db, client_id, &settings).await?;
    if !settings.grants.contains(Grant::JwtBearer) {
        store::update_unsealed(db, client_id).await?;
    }
    let detail = json!({ "before": before.settings, "after": settings });
    record(db, act, "updated", client_id, detail).await?;
    Ok(ClientInfo { settings, ..before })
}

/// Whether a client may get and use tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enabled {
    /// The client may.
    Yes,
    /// The client may not.
    No,
}

/// Enables or disables a client. Either way the tokens issued so far are over. One that is so already is not changed.
pub async fn set_client_enabled(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
    enabled: Enabled,
) -> Result<(), Error> {
    let is_enabled = enabled == Enabled::Yes;
    let client = lock_client(db, client_id).await?;
    if client.is_enabled == is_enabled {
        return Ok(());
    }
    store::update_enabled(db, client_id, is_enabled).await?;
    let action = match enabled {
        Enabled::Yes => "enabled",
        Enabled::No => "disabled",
    };
    let detail = json!({
        "customer_id": client.settings.customer_id,
        "before": { "is_enabled": !is_enabled },
        "after": { "is_enabled": is_enabled },
    });
    record(db, act, action, client_id, detail).await
}

/// Ends all tokens that were issued to a client so far.
pub async fn revoke_client_tokens(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
) -> Result<(), Error> {
    let client = lock_client(db, client_id).await?;
    store::update_generation(db, client_id).await?;
    let detail = json!({ "customer_id": client.settings.customer_id });
    record(db, act, "revoked_tokens", client_id, detail).await
}

/// The client, locked until the end of the transaction, so that changes of one client take turns.
pub async fn lock_client(db: &mut PgConnection, client_id: &ClientId) -> Result<ClientInfo, Error> {
    if !store::lock_client(db, client_id).await? {
        return Err(Error::UnknownClient(client_id.clone()));
    }
    find_client(db, client_id).await
}

async fn record(
    db: &mut PgConnection,
    act: &Act,
    action: &str,
    client_id: &ClientId,
    detail: serde_json::Value,
) -> Result<(), Error> {
    Ok(act.record(db, action, ("client", client_id), detail).await?)
}
