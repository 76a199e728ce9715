//! Small regular chores: writing down when secrets were used, forgetting what has expired, letting invitations expire.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::clients;
use crate::error::{self, Fault};
use crate::keys;
use crate::oauth;
use crate::platform;
use crate::recruiting::{self, people, progress, reports};
use crate::state::App;
use crate::webhooks;

/// How often use is written down.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);
/// How often what has expired is forgotten.
const PRUNE_INTERVAL: Duration = Duration::from_mins(1);

/// How long what has expired by this clock is kept for replicas whose clocks are behind: a revoked token or a used
/// assertion that is good there must not be forgotten here.
const KEEP_EXPIRED: TimeDelta = TimeDelta::minutes(5);

/// Does the chores until `stop`, and writes use down a last time.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    let mut flush = interval(FLUSH_INTERVAL);
    let mut prune_tick = interval(PRUNE_INTERVAL);
    flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
    prune_tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = flush.tick() => flush_usage(&app).await,
            _ = prune_tick.tick() => {
                prune(&app).await;
                tend_invitations(&app).await;
            }
        }
    }
    flush_usage(&app).await;
}

/// Writes down when secrets were last used; what cannot be written now is kept for the next time.
pub async fn flush_usage(app: &App) {
    let usage = app.clients.take_usage();
    if clients::flush_usage(&app.db, &usage).await.is_err() {
        app.clients.return_usage(usage);
    }
}

/// Forgets what has expired, in memory and in the database: one kind after the other, so that none that fails or takes long
/// keeps the others.
pub async fn prune(app: &App) {
    let now = app.clock.now();
    app.revocations.prune(now);
    app.limits.prune();
    let db = &app.db;
    forget(
        "keys",
        db.run(async |connection| Ok(keys::prune(connection, now).await?)),
    )
    .await;
    let tokens = db.run(async |connection| Ok(oauth::prune(connection, now - KEEP_EXPIRED).await?));
    forget("tokens and assertions", tokens).await;
    let answers = db.run(async |connection| Ok(platform::prune(connection, now).await?));
    forget("idempotency keys", answers).await;
    let events = db.run(async |connection| Ok(webhooks::prune(connection, now).await?));
    forget("events", events).await;
    forget("uploads", reports::prune_unfinished(db, now)).await;
}

async fn forget(what: &'static str, pruning: impl Future<Output = Result<u64, Fault>>) {
    match pruning.await {
        // An outage is told by the change feed, once.
        Ok(0) | Err(Fault::Unavailable(_)) => {}
        Ok(rows) => tracing::debug!(what, rows, "forgot what has expired"),
        Err(fault) => tracing::error!(what, cause = error::chain(&fault), "housekeeping failed"),
    }
}

/// Lets invitations expire whose time is over, and erases those that are too old to be kept.
pub async fn tend_invitations(app: &App) {
    let now = app.clock.now();
    let tended = async {
        let expired = progress::expire_overdue(&app.db, now).await?;
        let erased = match app.service.retention_days {
            Some(days) => people::erase_old(&app.db, days, now).await?,
            None => 0,
        };
        Ok((expired, erased))
    };
    match tended.await {
        // An outage is told by the change feed, once.
        Ok((0, 0)) | Err(recruiting::Error::Fault(Fault::Unavailable(_))) => {}
        Ok((expired, erased)) => tracing::info!(expired, erased, "tended invitations"),
        Err(error) => tracing::error!(cause = error::chain(&error), "housekeeping of invitations failed"),
    }
}
