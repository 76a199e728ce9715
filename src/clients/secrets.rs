//! The secrets of a client: adding one beside the others, seeing which is in use, retiring.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;

use super::client::Grant;
use super::error::Error;
use super::registry::{ClientInfo, find_client, locked_client};
use super::store::{self, SecretRow};
use crate::audit::{self, Actor, Subject};
use crate::crypto::secret::{PresentedSecret, SecretHash};
use crate::db::Db;
use crate::error::Failure;
use crate::ids::{ClientId, SecretId};
use crate::keys::{KeyRing, Purpose, secret_context};

/// A secret to add.
pub struct NewSecret {
    /// The secret itself.
    pub secret: PresentedSecret,
    /// Whether fewer than 32 bytes are accepted.
    pub strength: Strength,
    /// After how long it retires by itself.
    pub expires_in: Option<TimeDelta>,
}

/// Which secrets are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// At least 32 bytes (RFC 7518 s3.2).
    Strong,
    /// Any.
    Any,
}

/// What may be shown of a secret.
#[derive(Clone, Debug, Serialize)]
pub struct SecretInfo {
    /// Its identifier.
    pub secret_id: SecretId,
    /// `live`, `expired` or `retired`.
    pub state: &'static str,
    /// Whether it can check an assertion: it was added while the client had the grant.
    pub checks_assertions: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it retires by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was retired.
    pub retired_at: Option<DateTime<Utc>>,
    /// When it was last accepted, within some seconds.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl SecretRow {
    pub(super) fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.retired_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    pub(super) fn info(&self) -> SecretInfo {
        self.info_at(self.created_at)
    }

    fn info_at(&self, now: DateTime<Utc>) -> SecretInfo {
        let state = match self.retired_at {
            Some(_) => "retired",
            None if self.is_live(now) => "live",
            None => "expired",
        };
        SecretInfo {
            secret_id: self.secret_id,
            state,
            checks_assertions: self.sealed_secret.is_some(),
            created_at: self.created_at,
            expires_at: self.expires_at,
            retired_at: self.retired_at,
            last_used_at: self.last_used_at,
        }
    }
}

/// Hashes the secret and, where the client may use the assertion grant, seals it.
pub(super) fn prepare(
    ring: &KeyRing,
    client: &ClientInfo,
    new: &NewSecret,
    now: DateTime<Utc>,
) -> Result<SecretRow, Error> {
    if new.secret.is_weak() && new.strength == Strength::Strong {
        return Err(Error::WeakSecret);
    }
    let secret_id = SecretId::generate(now);
    let hash = SecretHash::compute(&new.secret, client.secret_salt)
        .map_err(|error| Failure::internal(error.to_string()))?
        .to_phc()
        .map_err(Failure::internal)?;
    let (sealed_secret, sealing_key_id) = if client.settings.grants.contains(Grant::JwtBearer) {
        let key = ring
            .sealing(Purpose::Secret, now)
            .ok_or_else(|| Failure::internal("there is no secret key"))?;
        let context = secret_context(client.client_id.as_str(), secret_id.0);
        let sealed = key
            .key
            .seal(&context, new.secret.expose().as_bytes())
            .map_err(Failure::internal)?;
        (Some(sealed), Some(key.id.0))
    } else {
        (None, None)
    };
    Ok(SecretRow {
        secret_id,
        secret_hash: hash,
        sealed_secret,
        sealing_key_id,
        created_at: now,
        expires_at: new.expires_in.map(|ttl| now + ttl),
        retired_at: None,
        last_used_at: None,
    })
}

/// Adds a secret beside the ones that the client has.
pub async fn add_secret(
    db: &Db,
    ring: &KeyRing,
    client_id: &ClientId,
    new: &NewSecret,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<SecretInfo, Error> {
    let client = find_client(db, client_id).await?;
    let prepared = prepare(ring, &client, new, now)?;
    db.transaction(async |transaction| {
        locked_client(transaction, client_id).await?;
        for existing in store::list_secrets(transaction, client_id.as_str()).await? {
            if existing.is_live(now) && is_same_secret(&existing, &prepared)? {
                return Err(Error::SecretExists(client_id.clone()));
            }
        }
        store::insert_secret(transaction, client_id, &prepared).await?;
        let subject = Subject {
            kind: "client_secret",
            id: &prepared.secret_id,
        };
        let detail = json!({ "client_id": client_id, "expires_at": prepared.expires_at });
        Ok(audit::record(transaction, now, actor, "added", subject, detail).await?)
    })
    .await?;
    Ok(prepared.info())
}

/// The secrets of one client share a salt, so equal secrets have equal hashes.
fn is_same_secret(one: &SecretRow, other: &SecretRow) -> Result<bool, Error> {
    let hash = |row: &SecretRow| SecretHash::from_phc(&row.secret_hash).map_err(Failure::internal);
    Ok(hash(one)?.matches(&hash(other)?))
}

/// All secrets of a client, in the order they were added.
pub async fn list_secrets(
    db: &Db,
    client_id: &ClientId,
    now: DateTime<Utc>,
) -> Result<Vec<SecretInfo>, Error> {
    find_client(db, client_id).await?;
    let rows = db
        .run(async |connection| Ok::<_, Error>(store::list_secrets(connection, client_id.as_str()).await?))
        .await?;
    Ok(rows.iter().map(|row| row.info_at(now)).collect())
}

/// Retires a secret: it is refused from now on.
pub async fn retire_secret(
    db: &Db,
    client_id: &ClientId,
    secret_id: SecretId,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<(), Error> {
    db.transaction(async |transaction| {
        locked_client(transaction, client_id).await?;
        if !store::update_retired(transaction, client_id, secret_id, now).await? {
            return Err(Error::UnknownSecret(client_id.clone(), secret_id));
        }
        let subject = Subject {
            kind: "client_secret",
            id: &secret_id,
        };
        let detail = json!({ "client_id": client_id });
        Ok(audit::record(transaction, now, actor, "retired", subject, detail).await?)
    })
    .await
}

/// Writes down when secrets were last used.
pub async fn flush_usage(db: &Db, usage: &[(SecretId, DateTime<Utc>)]) -> Result<(), Error> {
    if usage.is_empty() {
        return Ok(());
    }
    let (ids, instants): (Vec<_>, Vec<_>) = usage.iter().map(|(id, at)| (id.0, *at)).unzip();
    db.run(async |connection| Ok(store::update_last_used(connection, &ids, &instants).await?))
        .await
}
