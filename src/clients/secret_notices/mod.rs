//! Secrets that somebody should look at: they expire soon, or were never used.

mod store;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::audit::Act;
use crate::error::Failure;
use crate::ids::{ClientId, SecretId};

/// How long before it expires a secret is noticed.
const EXPIRES_WITHIN: TimeDelta = TimeDelta::days(14);
/// How long after it was added a secret that nobody has used is noticed, and how long it goes on being noticed.
const UNUSED_AFTER: TimeDelta = TimeDelta::days(7);
const UNUSED_UNTIL: TimeDelta = TimeDelta::days(90);

/// A live secret of an enabled client that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretNotice {
    /// Whose it is.
    pub client_id: ClientId,
    /// The secret.
    pub secret_id: SecretId,
    /// When it was added.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub created_at: DateTime<Utc>,
    /// When it expires; `None`: it never does, and was never used.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last accepted.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// How recently a secret was used that its client still relies on.
const USED_WITHIN: TimeDelta = TimeDelta::days(2);
/// How many expiring secrets are looked through for one that is relied on.
const MOST_LOOKED_AT: i64 = 10_000;

/// When the first secret expires that its client still uses, of those that expire in the next 14 days.
pub async fn find_next_expiry(db: &mut PgConnection, act: &Act) -> Result<Option<DateTime<Utc>>, Failure> {
    let expiring = store::list_expiring(db, act.now, act.now + EXPIRES_WITHIN, MOST_LOOKED_AT).await?;
    let is_used = |secret: &&SecretNotice| {
        let used_at = secret.last_used_at;
        used_at.is_some_and(|used_at| act.now - used_at <= USED_WITHIN)
    };
    Ok(expiring.iter().find(is_used).and_then(|secret| secret.expires_at))
}

/// Secrets that expire in the next 14 days, those that do so first, and then those that were added 7 to 90 days ago and never
/// used, the newest first; at most `limit` of each.
pub async fn list_secret_notices(
    db: &mut PgConnection,
    act: &Act,
    limit: i64,
) -> Result<Vec<SecretNotice>, Failure> {
    let mut notices = store::list_expiring(db, act.now, act.now + EXPIRES_WITHIN, limit).await?;
    // Identifiers are in the order of time, so their index finds the secrets of a time.
    let added = (
        SecretId::earliest(act.now - UNUSED_UNTIL),
        SecretId::earliest(act.now - UNUSED_AFTER),
    );
    let unused = store::list_unused(db, act.now, added, limit).await?;
    let is_new = |unused: &SecretNotice| !notices.iter().any(|known| known.secret_id == unused.secret_id);
    let unused: Vec<SecretNotice> = unused.into_iter().filter(is_new).collect();
    notices.extend(unused);
    Ok(notices)
}
