//! Forgetting refusals by age (`PARTNER_REFUSAL_DAYS`).

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::store;
use crate::audit::Act;
use crate::error::Failure;
use crate::hours::hour_of;
use crate::ids::RefusalId;

fn end_of_retention(act: &Act, days_kept: u32) -> DateTime<Utc> {
    act.now - TimeDelta::days(days_kept.into())
}

/// Deletes calls that were refused more than so many days ago, at most `limit`; returns how many.
pub async fn prune_calls(
    db: &mut PgConnection,
    act: &Act,
    days_kept: u32,
    limit: i64,
) -> Result<u64, Failure> {
    let before = RefusalId::earliest(end_of_retention(act, days_kept));
    Ok(store::delete_calls(db, before, limit).await?)
}

/// Deletes counts of hours that ended more than so many days ago, at most `limit`; returns how many.
pub async fn prune_counts(
    db: &mut PgConnection,
    act: &Act,
    days_kept: u32,
    limit: i64,
) -> Result<u64, Failure> {
    let before = hour_of(end_of_retention(act, days_kept));
    Ok(store::delete_counts(db, before, limit).await?)
}
