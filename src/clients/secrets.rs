//! The secrets of a client: adding one beside the others, seeing which is in use.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use strum::Display;

use super::error::Error;
use super::grant::Grant;
use super::registry::{ClientInfo, find_client, lock_client};
use super::store::{self, SecretRow};
use crate::audit::Act;
use crate::clock;
use crate::crypto::password::PasswordPool;
use crate::crypto::secret::{PresentedSecret, SecretHash, SecretHashing};
use crate::error::Failure;
use crate::ids::{ClientId, SecretId};
use crate::keys::{KeyRing, Purpose, secret_context};

/// A secret to add.
#[derive(Clone)]
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
    /// Whether it is accepted.
    pub state: SecretState,
    /// Whether it can check an assertion: it was added while the client had the grant.
    pub checks_assertions: bool,
    /// When it was added.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub created_at: DateTime<Utc>,
    /// When it retires by itself.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was retired.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub retired_at: Option<DateTime<Utc>>,
    /// Until when its retirement can be taken back; `None` where it cannot.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub restorable_until: Option<DateTime<Utc>>,
    /// When it was last accepted, within some seconds.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Whether a secret is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SecretState {
    /// It is.
    Live,
    /// Its time is over.
    Expired,
    /// Somebody retired it.
    Retired,
}

impl SecretRow {
    pub(super) fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.retired_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    pub(super) fn restorable_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.restorable_until
            .filter(|until| self.retired_at.is_some() && now < *until)
    }

    pub(super) fn info(&self) -> SecretInfo {
        self.info_at(self.created_at)
    }

    pub(super) fn info_at(&self, now: DateTime<Utc>) -> SecretInfo {
        let state = match self.retired_at {
            Some(_) => SecretState::Retired,
            None if self.is_live(now) => SecretState::Live,
            None => SecretState::Expired,
        };
        SecretInfo {
            secret_id: self.secret_id,
            state,
            checks_assertions: self.sealed_secret.is_some(),
            created_at: self.created_at,
            expires_at: self.expires_at,
            retired_at: self.retired_at,
            restorable_until: self.restorable_until(now),
            last_used_at: self.last_used_at,
        }
    }
}

/// A secret that was hashed, to be stored by [`add_client`](super::add_client) or [`add_secret`].
///
/// Hashing takes ten milliseconds and more, so it comes before the transaction and on a thread that may block: there is no other
/// way to make one than [`hash_secret`].
pub struct HashedSecret {
    secret: PresentedSecret,
    hash: SecretHash,
    expires_in: Option<TimeDelta>,
    secret_id: Option<SecretId>,
}

impl HashedSecret {
    /// The same with an identifier instead of a generated one: whoever adds it twice adds it once.
    #[must_use]
    pub fn with_id(self, secret_id: SecretId) -> Self {
        Self {
            secret_id: Some(secret_id),
            ..self
        }
    }

    pub(super) fn hashing(&self) -> SecretHashing {
        self.hash.hashing()
    }
}

/// Hashes a secret on a thread of `passwords`, as all of its client: [`SecretHashing::fresh`] for a new client, for the others
/// [`ClientInfo::secret_hashing`].
pub async fn hash_secret(
    passwords: &PasswordPool,
    new: NewSecret,
    hashing: SecretHashing,
) -> Result<HashedSecret, Error> {
    if new.secret.is_weak() && new.strength == Strength::Strong {
        return Err(Error::WeakSecret);
    }
    let (secret, pool) = (new.secret.clone(), passwords.clone());
    let hash = passwords
        .run(move |memory| pool.timed(|| SecretHash::compute(&secret, hashing, memory)))
        .await?
        .map_err(|error| Failure::internal(error.to_string()))?;
    Ok(HashedSecret {
        secret: new.secret,
        hash,
        expires_in: new.expires_in,
        secret_id: None,
    })
}

/// What is stored of a new secret: its hash, and where the client may use the assertion grant, the secret itself, sealed.
pub(super) fn seal(
    ring: &KeyRing,
    client: &ClientInfo,
    new: &HashedSecret,
    now: DateTime<Utc>,
) -> Result<SecretRow, Error> {
    let secret_id = new.secret_id.unwrap_or_else(|| SecretId::generate(now));
    let (sealed_secret, sealing_key_id) = if client.settings.grants.contains(Grant::JwtBearer) {
        let key = ring
            .sealing(Purpose::Secret, now)
            .ok_or_else(|| Failure::internal("there is no secret key"))?;
        let context = secret_context(&client.client_id, secret_id);
        let sealed = key
            .key
            .seal(&context, new.secret.expose().as_bytes())
            .map_err(Failure::internal)?;
        (Some(sealed), Some(key.id))
    } else {
        (None, None)
    };
    Ok(SecretRow {
        secret_id,
        secret_hash: new.hash.to_phc().map_err(Failure::internal)?,
        sealed_secret,
        sealing_key_id,
        created_at: now,
        expires_at: new.expires_in.map(|ttl| now + ttl),
        retired_at: None,
        restorable_until: None,
        last_used_at: None,
    })
}

/// Adds a secret beside the ones that the client has.
pub async fn add_secret(
    db: &mut PgConnection,
    act: &Act,
    ring: &KeyRing,
    client_id: &ClientId,
    new: &HashedSecret,
) -> Result<SecretInfo, Error> {
    let client = lock_client(db, client_id).await?;
    if new.hashing() != client.secret_hashing {
        return Err(Failure::internal("the secret was not hashed as those of its client").into());
    }
    refuse_same_secret(db, act, client_id, &new.hash).await?;
    let added = seal(ring, &client, new, act.now)?;
    store::insert_secrets(db, &[(client_id, &added)]).await?;
    let detail = json!({ "client_id": client_id, "expires_at": added.expires_at.map(clock::rfc3339) });
    act.record(db, "added", ("client_secret", &added.secret_id), detail)
        .await?;
    Ok(added.info())
}

/// A client has no secret twice.
pub(super) async fn refuse_same_secret(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
    hash: &SecretHash,
) -> Result<(), Error> {
    for existing in store::list_secrets(db, client_id).await? {
        if existing.is_live(act.now) && is_same_secret(&existing, hash)? {
            return Err(Error::SecretExists(client_id.clone()));
        }
    }
    Ok(())
}

/// The secrets of one client are hashed alike, so equal secrets have equal hashes.
fn is_same_secret(existing: &SecretRow, hash: &SecretHash) -> Result<bool, Error> {
    let existing = SecretHash::from_phc(&existing.secret_hash).map_err(Failure::internal)?;
    Ok(existing.matches(hash))
}

/// Which live secret of a client this is, if it is one of them.
pub async fn find_secret(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
    presented: &HashedSecret,
) -> Result<Option<SecretId>, Error> {
    for secret in store::list_secrets(db, client_id).await? {
        if secret.is_live(act.now) && is_same_secret(&secret, &presented.hash)? {
            return Ok(Some(secret.secret_id));
        }
    }
    Ok(None)
}

/// All secrets of a client in the order they were added, in the state that they have at `act.now`.
pub async fn list_secrets(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
) -> Result<Vec<SecretInfo>, Error> {
    find_client(db, client_id).await?;
    let rows = store::list_secrets(db, client_id).await?;
    Ok(rows.iter().map(|row| row.info_at(act.now)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(expires_at: Option<i64>, retired_at: Option<i64>) -> SecretRow {
        let at = |seconds: i64| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        SecretRow {
            secret_id: SecretId::generate(DateTime::UNIX_EPOCH),
            secret_hash: String::new(),
            sealed_secret: None,
            sealing_key_id: None,
            created_at: DateTime::UNIX_EPOCH,
            expires_at: expires_at.map(at),
            retired_at: retired_at.map(at),
            restorable_until: None,
            last_used_at: None,
        }
    }

    #[test]
    fn a_secret_is_live_until_it_expires_or_is_retired() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(60);
        for (expires_at, retired_at, expected) in [
            (None, None, SecretState::Live),
            (Some(61), None, SecretState::Live),
            (Some(60), None, SecretState::Expired),
            (Some(59), None, SecretState::Expired),
            (None, Some(30), SecretState::Retired),
            (Some(61), Some(30), SecretState::Retired),
            (Some(59), Some(30), SecretState::Retired),
        ] {
            let row = row(expires_at, retired_at);
            let what = format!("{expires_at:?} {retired_at:?}");
            assert_eq!(row.is_live(now), expected == SecretState::Live, "{what}");
            assert_eq!(row.info_at(now).state, expected, "{what}");
        }
    }

    #[test]
    fn only_a_sealed_secret_checks_assertions() {
        assert!(!row(None, None).info().checks_assertions);
        let sealed = SecretRow {
            sealed_secret: Some(vec![0]),
            ..row(None, None)
        };
        assert!(sealed.info().checks_assertions);
    }

    #[test]
    fn a_retirement_can_be_taken_back_until_an_instant() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(60);
        for (retired_at, until, expected) in [
            (Some(30), Some(61), true),
            (Some(30), Some(60), false),
            (Some(30), None, false),
            (None, Some(61), false),
        ] {
            let row = SecretRow {
                restorable_until: until.map(|seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)),
                ..row(None, retired_at)
            };
            assert_eq!(
                row.info_at(now).restorable_until.is_some(),
                expected,
                "{retired_at:?} {until:?}"
            );
        }
    }
}
