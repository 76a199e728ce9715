//! Writing down what was noted, within what all replicas together may keep.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::RefusalSettings;
use super::batch::{Batch, Call, CountKey};
use super::budget::Budget;
use super::caller::Caller;
use super::store;
use crate::error::Failure;
use crate::hours::hour_of;

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Refusals that are kept with their call.
    pub kept: u64,
    /// Those that are only counted.
    pub counted: u64,
}

/// How many calls are kept of what is counted together.
#[derive(Clone, Copy, Default)]
pub(super) struct Kept {
    pub calls: u64,
    pub unproved: u64,
}

/// Writes a batch; `db` must be in a transaction. Replicas take turns, so that together they keep no more than one may.
///
/// # Errors
/// Only failures of the service; then nothing is written.
pub async fn write(
    db: &mut PgConnection,
    settings: RefusalSettings,
    batch: &Batch,
) -> Result<Written, Failure> {
    store::take_turn(db).await?;
    let mut budgets = read_budgets(db, settings, batch).await?;
    let mut kept: HashMap<CountKey, Kept> = HashMap::new();
    let mut calls: Vec<&Call> = Vec::new();
    for call in &batch.calls {
        let key = call.count_key();
        let budget = budgets
            .entry(key.hour)
            .or_insert_with(|| Budget::new(settings.per_hour));
        if budget.take(&call.caller, call.is_proved) {
            let kept = kept.entry(key).or_default();
            kept.calls += 1;
            kept.unproved += u64::from(!call.is_proved);
            calls.push(call);
        }
    }
    store::add_counts(db, &batch.counts, &kept).await?;
    store::insert_calls(db, &calls).await?;
    let kept: u64 = kept.values().map(|kept| kept.calls).sum();
    Ok(Written {
        kept,
        counted: batch.refused().saturating_sub(kept),
    })
}

/// What is left of the hours that the calls of a batch are in.
async fn read_budgets(
    db: &mut PgConnection,
    settings: RefusalSettings,
    batch: &Batch,
) -> Result<HashMap<DateTime<Utc>, Budget>, Failure> {
    let mut hours: Vec<DateTime<Utc>> = batch.calls.iter().map(|call| hour_of(call.at)).collect();
    hours.sort_unstable();
    hours.dedup();
    let mut budgets = HashMap::new();
    if hours.is_empty() {
        return Ok(budgets);
    }
    for row in store::list_kept(db, &hours).await? {
        let budget = budgets
            .entry(row.hour)
            .or_insert_with(|| Budget::new(settings.per_hour));
        let caller = Caller::of_columns(&row.client_id, &row.network);
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        budget.note_used(caller, count(row.kept), count(row.kept_unproved));
    }
    Ok(budgets)
}
