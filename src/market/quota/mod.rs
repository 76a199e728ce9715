//! What is left of a client's quota of normalizations. All replicas count in one row of the database.

mod store;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sqlx::PgConnection;

use super::error::Error;
use crate::clients::Quota;
use crate::error::Failure;
use crate::ids::ClientId;

/// What is left of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaState {
    /// Normalizations that are left in the period.
    pub remaining: u64,
    /// Whole seconds until the next period begins; at least 1.
    pub reset: u64,
}

/// Takes `count` normalizations off the quota, or none of them where fewer are left.
pub async fn use_quota(
    db: &mut PgConnection,
    client_id: &ClientId,
    quota: Quota,
    count: u32,
    now: DateTime<Utc>,
) -> Result<QuotaState, Error> {
    let period_start = quota.period_start(now);
    let limit = i64::from(quota.count.get());
    let used = store::add_use(db, client_id, period_start, i64::from(count), limit).await?;
    let left = |used: i64| u64::try_from(limit - used).unwrap_or_default();
    match used {
        Some(used) => Ok(QuotaState {
            remaining: left(used),
            reset: quota.seconds_left(now),
        }),
        None => Err(Error::QuotaExceeded {
            quota,
            left: left(store::find_use(db, client_id, period_start).await?),
            seconds: quota.seconds_left(now),
        }),
    }
}

/// What is left of the quota.
pub async fn find_state(
    db: &mut PgConnection,
    client_id: &ClientId,
    quota: Quota,
    now: DateTime<Utc>,
) -> Result<QuotaState, Failure> {
    let used = store::find_use(db, client_id, quota.period_start(now)).await?;
    let limit = i64::from(quota.count.get());
    Ok(QuotaState {
        remaining: u64::try_from(limit - used).unwrap_or_default(),
        reset: quota.seconds_left(now),
    })
}

/// Deletes at most `limit` counts of years that were over at `over_at`, but none that another transaction deletes; returns how
/// many. Those of the present year stay, months that are over included: the count of January may be that of the year.
pub async fn prune(db: &mut PgConnection, over_at: DateTime<Utc>, limit: i64) -> Result<u64, Failure> {
    let year_start = NaiveDate::from_yo_opt(over_at.year(), 1).unwrap_or_default();
    Ok(store::delete_before(db, year_start, limit).await?)
}
