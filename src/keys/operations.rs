//! Operations on keys: making, loading, listing, rotating, retiring, re-wrapping and deleting them.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use strum::{Display, VariantArray};

use super::error::Error;
use super::ring::{KeyRing, Purpose, RingKey, SealingKeyId};
use super::store::{self, InsertedKey, KeyRow};
use crate::audit::Act;
use crate::clock;
use crate::crypto::seal::{KEY_BYTES, KeyBytes, MasterKey, SealKey, generate_key};
use crate::ids::{ClientId, SecretId, StaffId};

/// How long a new token key waits before it seals: longer than any replica takes to read it, skewed clocks included.
const ACTIVATION_DELAY: TimeDelta = TimeDelta::seconds(90);
/// How long after its replacement a token key or a link key is kept: longer than any token lives, and than any replica
/// takes to read the new one.
const KEEP_REPLACED: TimeDelta = TimeDelta::hours(24);

/// The description of a key, without its bytes.
#[derive(Debug, Serialize)]
pub struct KeyInfo {
    /// The number of the key.
    pub id: SealingKeyId,
    /// What it seals.
    pub purpose: Purpose,
    /// Whether it seals at present.
    pub state: KeyState,
    /// Fingerprint of the master key that seals it.
    pub master_key_id: String,
    /// When it was made.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub created_at: DateTime<Utc>,
    /// When it begins to seal.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub active_at: DateTime<Utc>,
}

/// Whether a key seals. Every key opens what it sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum KeyState {
    /// It begins to seal at its `active_at`.
    Pending,
    /// It seals.
    Active,
    /// A newer key seals, and this one only opens.
    OpensOnly,
}

/// Makes the first key of each purpose where there is none. Writes nothing where there are all.
pub async fn ensure_keys(db: &mut PgConnection, act: &Act, master_key: &MasterKey) -> Result<(), Error> {
    if purposes_without_key(db).await?.is_empty() {
        return Ok(());
    }
    store::lock_keys(db).await?;
    // Another replica may have made them meanwhile.
    for purpose in purposes_without_key(db).await? {
        make_key(db, act, master_key, purpose, act.now).await?;
    }
    Ok(())
}

async fn purposes_without_key(db: &mut PgConnection) -> Result<Vec<Purpose>, Error> {
    let existing = store::list_keys(db).await?;
    let has_key = |purpose: &Purpose| existing.iter().any(|row| row.purpose == *purpose);
    Ok(Purpose::VARIANTS
        .iter()
        .copied()
        .filter(|purpose| !has_key(purpose))
        .collect())
}

/// Brings `ring` up to date with the database. Keys that are in the ring already are not unsealed again, so that a
/// replica started with the former master key goes on after a re-wrap.
pub async fn load(db: &mut PgConnection, ring: &KeyRing) -> Result<(), Error> {
    let known = ring.snapshot();
    let mut keys = Vec::new();
    for row in store::list_keys(db).await? {
        match known
            .iter()
            .find(|key| key.id == row.sealing_key_id && key.created_at == row.created_at)
        {
            Some(key) => keys.push(Arc::clone(key)),
            None => keys.push(Arc::new(unseal(&row, ring.master_key())?)),
        }
    }
    ring.replace(keys);
    Ok(())
}

/// All keys, without their bytes, in the state that they have at `act.now`.
pub async fn list(db: &mut PgConnection, act: &Act) -> Result<Vec<KeyInfo>, Error> {
    let now = act.now;
    let rows = store::list_keys(db).await?;
    let info = |row: &KeyRow| KeyInfo {
        id: row.sealing_key_id,
        purpose: row.purpose,
        state: if row.active_at > now {
            KeyState::Pending
        } else if sealing_id(&rows, row.purpose, now) == Some(row.sealing_key_id) {
            KeyState::Active
        } else {
            KeyState::OpensOnly
        },
        master_key_id: row.master_key_id.clone(),
        created_at: row.created_at,
        active_at: row.active_at,
    };
    Ok(rows.iter().map(info).collect())
}

/// The most that is counted of what needs a key.
pub const MOST_COUNTED: i64 = 10_000;

/// How many secrets, authenticator apps or links each key has sealed, one more than [`MOST_COUNTED`] links at most; token keys
/// are left out, because tokens are not stored.
pub async fn count_dependents(db: &mut PgConnection) -> Result<Vec<(SealingKeyId, i64)>, Error> {
    let rows = store::count_dependents(db, MOST_COUNTED).await?;
    let counted = rows
        .into_iter()
        .filter_map(|row| Some((row.sealing_key_id, row.dependents?)));
    Ok(counted.collect())
}

/// The number of the key that seals for this purpose at `now`.
fn sealing_id(rows: &[KeyRow], purpose: Purpose, now: DateTime<Utc>) -> Option<SealingKeyId> {
    rows.iter()
        .filter(|row| row.purpose == purpose && row.active_at <= now)
        .max_by_key(|row| (row.active_at, row.sealing_key_id))
        .map(|row| row.sealing_key_id)
}

/// Makes a new key. A token key seals after a delay, and tokens under older keys stay valid. A secret key seals all secrets
/// anew at once. A link key seals new links, and older links stay under their keys.
pub async fn rotate(
    db: &mut PgConnection,
    act: &Act,
    master_key: &MasterKey,
    purpose: Purpose,
) -> Result<SealingKeyId, Error> {
    store::lock_keys(db).await?;
    match purpose {
        Purpose::Token => make_key(db, act, master_key, purpose, act.now + ACTIVATION_DELAY).await,
        Purpose::Secret => {
            let id = make_key(db, act, master_key, purpose, act.now).await?;
            reseal_secrets(db, master_key, id).await?;
            store::delete_unused_secret_keys(db).await?;
            Ok(id)
        }
        Purpose::Link => make_key(db, act, master_key, purpose, act.now).await,
    }
}

/// Deletes a token key that has leaked. Within a second, no replica accepts the tokens that it sealed. The key that seals
/// cannot be deleted ([`Error::KeySeals`]): its successor must have reached every replica first.
pub async fn retire(db: &mut PgConnection, act: &Act, id: SealingKeyId) -> Result<(), Error> {
    store::lock_keys(db).await?;
    let rows = store::list_keys(db).await?;
    if sealing_id(&rows, Purpose::Token, act.now) == Some(id) {
        return Err(Error::KeySeals(id));
    }
    if !store::delete_token_key(db, id).await? {
        return Err(Error::UnknownTokenKey(id));
    }
    let detail = json!({ "purpose": Purpose::Token });
    Ok(act.record(db, "retired", ("sealing_key", &id), detail).await?)
}

/// Seals all keys under `new_master_key`; returns how many. Running replicas keep the keys that they have unsealed, and need
/// the new master key when they start again.
pub async fn rewrap(
    db: &mut PgConnection,
    act: &Act,
    old_master_key: &MasterKey,
    new_master_key: &MasterKey,
) -> Result<usize, Error> {
    store::lock_keys(db).await?;
    let rows = store::list_keys(db).await?;
    for row in &rows {
        let bytes = unseal_bytes(row, old_master_key)?;
        let sealed = new_master_key.key().seal(&context(row.purpose), bytes.as_ref())?;
        store::update_sealed_key(db, row.sealing_key_id, &sealed, new_master_key.id()).await?;
    }
    let detail = json!({ "from": old_master_key.id(), "to": new_master_key.id() });
    act.record(db, "rewrapped", ("sealing_key", &"all"), detail)
        .await?;
    Ok(rows.len())
}

/// Deletes keys that were replaced long ago and that no valid token and no invitation needs; returns how many.
pub async fn prune(db: &mut PgConnection, act: &Act) -> Result<u64, Error> {
    let replaced_before = act.now - KEEP_REPLACED;
    let token_keys = store::delete_replaced_token_keys(db, replaced_before).await?;
    Ok(token_keys + store::delete_unused_link_keys(db, replaced_before).await?)
}

async fn make_key(
    db: &mut PgConnection,
    act: &Act,
    master_key: &MasterKey,
    purpose: Purpose,
    active_at: DateTime<Utc>,
) -> Result<SealingKeyId, Error> {
    let existing = store::list_keys(db).await?;
    if let Some(other) = existing.iter().find(|row| row.master_key_id != master_key.id()) {
        return Err(other_master_key(other, master_key));
    }
    let sealed_key = master_key
        .key()
        .seal(&context(purpose), generate_key().as_ref())?;
    let key = InsertedKey {
        purpose,
        sealed_key: &sealed_key,
        master_key_id: master_key.id(),
        created_at: act.now,
        active_at,
    };
    let id = store::insert_key(db, &key).await?;
    let detail = json!({ "purpose": purpose, "active_at": clock::rfc3339(active_at) });
    act.record(db, "added", ("sealing_key", &id), detail).await?;
    Ok(id)
}

async fn reseal_secrets(
    db: &mut PgConnection,
    master_key: &MasterKey,
    new_id: SealingKeyId,
) -> Result<(), Error> {
    let keys: Vec<RingKey> = store::list_keys(db)
        .await?
        .iter()
        .map(|row| unseal(row, master_key))
        .collect::<Result<_, _>>()?;
    let key_of = |id: SealingKeyId| {
        keys.iter()
            .find(|key| key.id == id)
            .ok_or(crate::crypto::seal::DoesNotOpen)
    };
    let new_key = key_of(new_id)?;
    for row in store::lock_sealed_secrets(db).await? {
        let context = secret_context(&row.client_id, row.secret_id);
        let secret = key_of(row.sealing_key_id)?
            .key
            .open(&context, &row.sealed_secret)?;
        let sealed = new_key.key.seal(&context, &secret)?;
        store::update_sealed_secret(db, row.secret_id, &sealed, new_id).await?;
    }
    for row in store::lock_sealed_totp_keys(db).await? {
        let context = totp_context(row.staff_id);
        let key = key_of(row.sealing_key_id)?.key.open(&context, &row.sealed_key)?;
        let sealed = new_key.key.seal(&context, &key)?;
        store::update_sealed_totp_key(db, row.staff_id, &sealed, new_id).await?;
    }
    Ok(())
}

pub(super) fn unseal(row: &KeyRow, master_key: &MasterKey) -> Result<RingKey, Error> {
    Ok(RingKey {
        id: row.sealing_key_id,
        purpose: row.purpose,
        created_at: row.created_at,
        active_at: row.active_at,
        key: SealKey::new(&unseal_bytes(row, master_key)?)?,
    })
}

fn unseal_bytes(row: &KeyRow, master_key: &MasterKey) -> Result<KeyBytes, Error> {
    if row.master_key_id != master_key.id() {
        return Err(other_master_key(row, master_key));
    }
    open_key(master_key, row.purpose, &row.sealed_key)
}

pub(super) fn open_key(
    master_key: &MasterKey,
    purpose: Purpose,
    sealed_key: &[u8],
) -> Result<KeyBytes, Error> {
    let bytes = master_key.key().open(&context(purpose), sealed_key)?;
    let bytes: [u8; KEY_BYTES] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| crate::crypto::seal::DoesNotOpen)?;
    Ok(KeyBytes::from(bytes))
}

fn other_master_key(row: &KeyRow, given: &MasterKey) -> Error {
    Error::OtherMasterKey {
        given: given.id().to_owned(),
        needed: row.master_key_id.clone(),
    }
}

/// The associated data of a sealed client secret: the purpose and the identifiers of client and secret. A secret that is
/// moved to another row does not open.
#[must_use]
pub fn secret_context(client_id: &ClientId, secret_id: SecretId) -> Vec<u8> {
    format!("talentsoft-partner client_secret {secret_id} {client_id}").into_bytes()
}

/// The associated data of the sealed key of somebody's authenticator app.
#[must_use]
pub fn totp_context(staff_id: StaffId) -> Vec<u8> {
    format!("talentsoft-partner staff_totp {staff_id}").into_bytes()
}

fn context(purpose: Purpose) -> Vec<u8> {
    format!("talentsoft-partner sealing_key {purpose}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i32, purpose: Purpose, active_at: i64) -> KeyRow {
        KeyRow {
            sealing_key_id: SealingKeyId(id),
            purpose,
            sealed_key: Vec::new(),
            master_key_id: String::new(),
            created_at: DateTime::UNIX_EPOCH,
            active_at: DateTime::UNIX_EPOCH + TimeDelta::seconds(active_at),
        }
    }

    #[test]
    fn the_newest_active_key_of_a_purpose_seals() {
        let rows = [
            row(1, Purpose::Token, 0),
            row(3, Purpose::Token, 60),
            row(4, Purpose::Token, 60),
            row(2, Purpose::Token, 61),
            row(5, Purpose::Secret, 59),
        ];
        let sealing = |purpose, seconds| {
            let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
            sealing_id(&rows, purpose, now).map(|id| id.0)
        };
        assert_eq!(sealing(Purpose::Token, 59), Some(1));
        assert_eq!(sealing(Purpose::Token, 60), Some(4));
        assert_eq!(sealing(Purpose::Token, 61), Some(2));
        assert_eq!(sealing(Purpose::Secret, 58), None);
        assert_eq!(sealing(Purpose::Secret, 59), Some(5));
        assert_eq!(sealing(Purpose::Link, 61), None);
    }

    #[test]
    fn what_is_sealed_is_bound_to_its_place() {
        let secret_id = SecretId::generate(DateTime::UNIX_EPOCH);
        let bound = secret_context(&"client".parse().unwrap(), secret_id);
        let expected = format!("talentsoft-partner client_secret {secret_id} client");
        assert_eq!(String::from_utf8(bound).unwrap(), expected);
        assert_eq!(context(Purpose::Link), b"talentsoft-partner sealing_key link");
    }
}
