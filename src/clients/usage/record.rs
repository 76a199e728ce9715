//! Writing the uses of secrets down, and reading them for those who rotate one.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::memory::{UseKey, Uses};
use super::store;
use crate::audit::Act;
use crate::clients::error::Error;
use crate::clients::registry::find_client;
use crate::clients::store::{SecretRow, list_secrets};
use crate::error::Failure;
use crate::hours::{HourCount, complete, hour_of, last_hours};
use crate::ids::{ClientId, SecretId};

/// How long uses are kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(8);
/// Most addresses of one secret that are listed.
const MAX_ADDRESSES: i64 = 50;

/// The uses of one secret in the last hours.
#[derive(Clone, Debug, Serialize)]
pub struct SecretUses {
    /// The secret.
    pub secret_id: SecretId,
    /// How often it was accepted, by hour, the oldest first.
    pub hours: Vec<HourCount>,
    /// From where, the latest first, 50 at most.
    pub addresses: Vec<AddressUses>,
}

/// The uses of one secret from one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddressUses {
    /// The address; `None`: those that a proxy does not tell, and those of an hour that had too many.
    pub address: Option<String>,
    /// How often.
    pub count: i64,
    /// The first time in these hours.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub first_at: DateTime<Utc>,
    /// The last time.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub last_at: DateTime<Utc>,
}

/// Writes down which secrets were used. One statement, so that it is done or not.
pub async fn flush_usage(db: &mut PgConnection, usage: &[(UseKey, Uses)]) -> Result<(), Error> {
    if usage.is_empty() {
        return Ok(());
    }
    Ok(store::add_uses(db, usage).await?)
}

/// The uses of every secret of a client in the last `hours` hours, in the order in which the secrets were added.
pub async fn list_secret_uses(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
    hours: u16,
) -> Result<Vec<SecretUses>, Error> {
    find_client(db, client_id).await?;
    let hours = last_hours(act.now, hours);
    let since = hours.first().copied().unwrap_or(act.now);
    let by_hour = store::list_by_hour(db, client_id, since).await?;
    let by_address = store::list_by_address(db, client_id, since, MAX_ADDRESSES).await?;
    let mut found: Vec<SecretUses> = Vec::new();
    for secret_id in store::list_secret_ids(db, client_id).await? {
        let of_secret = by_hour.iter().filter(|row| row.secret_id == secret_id);
        let counts: Vec<HourCount> = of_secret
            .map(|row| HourCount {
                hour: row.hour,
                count: row.uses,
            })
            .collect();
        let of_secret = by_address.iter().filter(|row| row.secret_id == secret_id);
        found.push(SecretUses {
            secret_id,
            hours: complete(&hours, &counts),
            addresses: of_secret.map(AddressUses::from).collect(),
        });
    }
    Ok(found)
}

/// The first use of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstUse {
    /// The secret.
    pub secret_id: SecretId,
    /// When it was, or the earliest instant of a use that is known.
    pub at: DateTime<Utc>,
    /// Whether it was then: the secret is not older than what is kept. Otherwise it was then or earlier.
    pub is_exact: bool,
}

/// The first uses of a client's secrets, of those that were used.
pub async fn list_first_uses(
    db: &mut PgConnection,
    act: &Act,
    client_id: &ClientId,
) -> Result<Vec<FirstUse>, Error> {
    let kept = store::list_first(db, client_id).await?;
    let kept_since = hour_of(act.now - KEPT_FOR);
    let first_use = |secret: SecretRow| {
        let kept = kept.iter().find(|row| row.secret_id == secret.secret_id);
        Some(FirstUse {
            secret_id: secret.secret_id,
            at: kept.map(|row| row.first_at).or(secret.last_used_at)?,
            is_exact: kept.is_some() && secret.created_at >= kept_since,
        })
    };
    let secrets = list_secrets(db, client_id).await?;
    Ok(secrets.into_iter().filter_map(first_use).collect())
}

impl From<&store::AddressRow> for AddressUses {
    fn from(row: &store::AddressRow) -> Self {
        Self {
            address: Some(row.address.clone()).filter(|address| !address.is_empty()),
            count: row.uses,
            first_at: row.first_at,
            last_at: row.last_at,
        }
    }
}

/// Deletes uses that are older than a week and a day, at most `limit`; returns how many.
pub async fn prune_secret_uses(db: &mut PgConnection, act: &Act, limit: i64) -> Result<u64, Failure> {
    Ok(store::delete_uses(db, hour_of(act.now - KEPT_FOR), limit).await?)
}
