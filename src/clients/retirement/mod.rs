//! Retiring the secrets of a client, and taking that back.
//!
//! A retired secret is refused at once. What it would be checked by stays for a day, so that whoever retired the wrong one, or
//! too early, need not ask Talentsoft for another.

mod store;

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::registry::lock_client;
use super::secrets::{SecretInfo, refuse_same_secret};
use super::store::{SecretRow, list_secrets};
use crate::audit::Act;
use crate::clock;
use crate::crypto::secret::SecretHash;
use crate::error::Failure;
use crate::ids::{ClientId, SecretId};

/// For how long the retirement of a secret can be taken back.
pub const RESTORABLE_FOR: TimeDelta = TimeDelta::hours(24);

/// Whether a retirement can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// For [`RESTORABLE_FOR`], unless the secret would expire before. As long is its sealed form kept.
    Restorable,
    /// Never: the sealed form is deleted at once.
    Final,
}

/// Retires a secret: it is refused from now on. One that is retired and can be restored, may still be retired for good.
pub async fn retire_secret(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
    secret_id: SecretId,
    retirement: Retirement,
) -> Result<(), Error> {
    lock_client(db, client_id).await?;
    let row = find_row(db, client_id, secret_id).await?;
    let is_final = retirement == Retirement::Final;
    let retired_at = match row.retired_at {
        None => act.now,
        Some(at) if is_final && row.restorable_until(act.now).is_some() => at,
        Some(_) => return Err(Error::UnknownSecret(client_id.clone(), secret_id)),
    };
    let until = act.now + RESTORABLE_FOR;
    let until = row.expires_at.map_or(until, |expires_at| until.min(expires_at));
    let restorable_until = Some(until).filter(|until| !is_final && act.now < *until);
    store::update_retired(db, secret_id, retired_at, restorable_until).await?;
    let detail = json!({ "client_id": client_id, "restorable_until": restorable_until.map(clock::rfc3339) });
    Ok(act
        .record(db, "retired", ("client_secret", &secret_id), detail)
        .await?)
}

/// Takes the retirement of a secret back: it is accepted again from now on. One that is live stays so.
pub async fn restore_secret(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
    secret_id: SecretId,
) -> Result<SecretInfo, Error> {
    lock_client(db, client_id).await?;
    let row = find_row(db, client_id, secret_id).await?;
    if row.is_live(act.now) {
        return Ok(row.info_at(act.now));
    }
    if row.restorable_until(act.now).is_none() {
        return Err(Error::SecretNotRestorable(client_id.clone(), secret_id));
    }
    let hash = SecretHash::from_phc(&row.secret_hash).map_err(Failure::internal)?;
    refuse_same_secret(db, act, client_id, &hash).await?;
    store::update_restored(db, secret_id).await?;
    let detail = json!({ "client_id": client_id, "retired_at": row.retired_at.map(clock::rfc3339) });
    act.record(db, "restored", ("client_secret", &secret_id), detail)
        .await?;
    let restored = SecretRow {
        retired_at: None,
        restorable_until: None,
        ..row
    };
    Ok(restored.info_at(act.now))
}

async fn find_row(
    db: &mut PgConnection,
    client_id: &ClientId,
    secret_id: SecretId,
) -> Result<SecretRow, Error> {
    let mut rows = list_secrets(db, client_id).await?.into_iter();
    rows.find(|row| row.secret_id == secret_id)
        .ok_or_else(|| Error::UnknownSecret(client_id.clone(), secret_id))
}

/// Deletes the sealed form of retired secrets that cannot be restored any more, of so many at most; returns of how many.
pub async fn prune_retired_secrets(db: &mut PgConnection, act: &Act, limit: i64) -> Result<u64, Failure> {
    Ok(store::delete_sealed_of_retired(db, act.now, limit).await?)
}
