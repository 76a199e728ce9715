//! Small regular chores: writing down when secrets were used, forgetting what has expired, letting invitations expire.
//!
//! What may be very much, after a long stop for instance, goes in batches, and what one run leaves the next one takes up. A
//! chore that fails keeps no other from its turn; it is logged, and counted.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::api::idempotency;
use crate::app::App;
use crate::clients;
use crate::error::{self, Failure};
use crate::keys;
use crate::oauth;
use crate::recruiting::{people, progress, reports};
use crate::webhooks;

/// How often use is written down.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);
/// How often the other chores are done.
const CHORE_INTERVAL: Duration = Duration::from_mins(1);

/// How long what has expired by this clock is kept for replicas whose clocks are behind: a revoked token or a used
/// assertion that is good there must not be forgotten here.
const KEEP_EXPIRED: TimeDelta = TimeDelta::minutes(5);

/// Most rows that are forgotten in one transaction.
const BATCH: u32 = 5_000;

/// Does the chores until `stop`, and writes use down a last time. Forgetting and tending invitations may take long: they hold
/// up neither each other nor the flushes, and are broken off at the end, between or within transactions.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    tokio::join!(
        flush_regularly(&app, &stop),
        stop.run_until_cancelled(regularly(async || prune(&app).await)),
        stop.run_until_cancelled(regularly(async || tend_invitations(&app).await)),
    );
}

/// Not broken off: what is taken to be written would be lost.
async fn flush_regularly(app: &App, stop: &CancellationToken) {
    let mut tick = ticks(FLUSH_INTERVAL);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        flush_usage(app).await;
    }
    flush_usage(app).await;
}

async fn regularly(mut chores: impl AsyncFnMut()) {
    let mut tick = ticks(CHORE_INTERVAL);
    loop {
        tick.tick().await;
        chores().await;
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Writes down when secrets were last used; what cannot be written now is kept for the next time.
pub async fn flush_usage(app: &App) {
    let usage = app.clients.take_usage();
    if clients::flush_usage(&app.db, &usage).await.is_err() {
        app.clients.return_usage(usage);
    }
}

/// Forgets what has expired, in memory and in the database: one kind after the other.
pub async fn prune(app: &App) {
    let now = app.clock.now();
    app.oauth.revocations.prune(now);
    app.oauth.limits.prune();
    let (db, expired_at) = (&app.db, now - KEEP_EXPIRED);
    // As many as there were rotations, and small.
    let keys = db.run(async |connection| Ok(keys::prune(connection, now).await?));
    chore(app, "keys", keys).await;
    let tokens = db.in_batches(BATCH, async |connection, limit| {
        Ok(oauth::prune_revoked(connection, expired_at, limit).await?)
    });
    chore(app, "tokens", tokens).await;
    let assertions = db.in_batches(BATCH, async |connection, limit| {
        Ok(oauth::prune_used_assertions(connection, expired_at, limit).await?)
    });
    chore(app, "assertions", assertions).await;
    let answers = db.in_batches(BATCH, async |connection, limit| {
        Ok(idempotency::prune(connection, now, limit).await?)
    });
    chore(app, "idempotency_keys", answers).await;
    let events = db.in_batches(BATCH, async |connection, limit| {
        Ok(webhooks::prune(connection, now, limit).await?)
    });
    chore(app, "events", events).await;
    chore(app, "reports", reports::prune(db, now)).await;
}

/// Lets invitations expire whose time is over, and erases those that are too old to be kept.
pub async fn tend_invitations(app: &App) {
    let now = app.clock.now();
    let expired = chore(app, "expiry", progress::expire_overdue(&app.db, now)).await;
    let erased = match app.settings.retention_days {
        Some(days) => chore(app, "retention", people::erase_old(&app.db, days, now)).await,
        None => 0,
    };
    if expired > 0 || erased > 0 {
        tracing::info!(expired, erased, "tended invitations");
    }
}

/// Does one chore; answers how many rows it did, none when it failed. What a chore that failed did before stays done.
async fn chore(app: &App, name: &'static str, work: impl Future<Output = Result<u64, Failure>>) -> u64 {
    match work.await {
        Ok(0) => 0,
        Ok(rows) => {
            tracing::debug!(chore = name, rows, "did a chore");
            rows
        }
        // An outage is told by the change feed, once.
        Err(Failure::Unavailable(_)) if !app.db.is_up() => 0,
        Err(failure) => {
            app.metrics.count_chore_failure(name);
            tracing::error!(
                chore = name,
                cause = error::chain(&failure),
                "a chore failed; it is tried again within a minute"
            );
            0
        }
    }
}
