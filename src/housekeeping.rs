//! Regular chores: recording when secrets were used, deleting what has expired, expiring and erasing invitations.
//!
//! After a long stop there may be millions of expired rows, so they are deleted in batches, and the next run goes on where one
//! stopped. A chore that fails is logged and counted, and the others run nevertheless.
//!
//! What has expired is for the database's clock to say, so that a replica whose own clock is wrong deletes nothing that others
//! still need.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::api::idempotency;
use crate::app::App;
use crate::audit::{self, Act};
use crate::clients;
use crate::db::Db;
use crate::error::{self, Failure};
use crate::keys;
use crate::market::{imports, quota};
use crate::oauth;
use crate::profiles;
use crate::recruiting::{people, progress, reports};
use crate::refusals;
use crate::staff;
use crate::webhooks;

/// How often the use of secrets is recorded.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);
/// How often refused calls are written down.
const REFUSALS_INTERVAL: Duration = Duration::from_secs(1);
/// How often the other chores run.
const CHORE_INTERVAL: Duration = Duration::from_mins(1);

/// How long expired rows are kept for replicas whose clocks are behind the database's: a revoked token or a used assertion that
/// has not expired there must not be deleted here.
const KEEP_EXPIRED: TimeDelta = TimeDelta::minutes(5);

/// Most rows that one transaction deletes.
const BATCH_ROWS: u32 = 5_000;
/// Most invitations that one transaction expires, and most uploads that it abandons.
const INVITATION_BATCH: u32 = 500;
/// Most invitations that one transaction erases, with all that belongs to them.
const ERASURE_BATCH: u32 = 64;

/// Most profiles that one transaction erases.
const PROFILE_BATCH: u32 = 500;

/// Runs the chores until `stop`, and records the use of secrets a last time.
///
/// Deleting and expiring may take long. They run beside each other and beside the flushes, and are cancelled by `stop`: an
/// open transaction is rolled back, and committed ones stay.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    tokio::join!(
        flush_regularly(FLUSH_INTERVAL, &stop, async || flush_usage(&app).await),
        flush_regularly(REFUSALS_INTERVAL, &stop, async || write_refusals(&app).await),
        stop.run_until_cancelled(repeat(&app, async || prune(&app).await)),
        stop.run_until_cancelled(repeat(&app, async || expire_invitations(&app).await)),
    );
}

/// Flushes regularly until `stop`, and once more then.
async fn flush_regularly(period: Duration, stop: &CancellationToken, flush: impl AsyncFn()) {
    let mut ticks = ticks(period);
    // Only the wait is cancelled: a flush that was cancelled would lose what it had taken from memory.
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        flush().await;
    }
    flush().await;
}

/// Runs chores regularly. None is run while the clock of this machine and the database's differ: one of them is wrong, and
/// what was deleted too early does not come back.
async fn repeat(app: &App, mut chores: impl AsyncFnMut()) {
    let mut ticks = ticks(CHORE_INTERVAL);
    loop {
        ticks.tick().await;
        if app.clock.checked_now().is_ok() {
            chores().await;
        }
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Records which secrets were used and how many tokens were issued. If that fails, the next flush tries again.
pub async fn flush_usage(app: &App) {
    flush_secret_uses(app).await;
    let counts = app.oauth.issued.take();
    if counts.is_empty() {
        return;
    }
    let flushed = app
        .db
        .change(async |connection| oauth::flush_issued(connection, &counts).await);
    if flushed.await.is_err() {
        app.oauth.issued.give_back(counts);
    }
}

async fn flush_secret_uses(app: &App) {
    let usage = app.clients.usage().take();
    let flushed = app
        .db
        .change(async |connection| clients::flush_usage(connection, &usage).await);
    if flushed.await.is_err() {
        app.clients.usage().give_back(usage);
    }
}

/// Writes down what calls were refused for. While the database takes no changes it stays in memory, within bounds.
pub async fn write_refusals(app: &App) {
    let mut batch = app.refusals.take();
    // The assertions are not to stay in memory, whatever becomes of the rest.
    batch.explain(&app.oauth).await;
    if batch.is_empty() {
        return;
    }
    if !app.db.is_writable() {
        return app.refusals.give_back(batch);
    }
    let settings = app.refusals.settings;
    let written = app
        .db
        .transaction(async |db| refusals::write(db, settings, &batch).await);
    match written.await {
        Ok(written) => app.refusals.note_written(written),
        Err(Failure::Unavailable(_)) => app.refusals.give_back(batch),
        Err(failure) => {
            // It would fail again, with all that comes after it.
            app.refusals.note_lost(batch.refused());
            report(app, "refusals", &failure);
        }
    }
}

/// Deletes what has expired, in memory and in the database, one kind after the other.
pub async fn prune(app: &App) {
    let now = app.clock.database_now();
    app.oauth.revocations.prune(now);
    app.oauth.limits.prune();
    let (db, expired_at) = (&app.db, now - KEEP_EXPIRED);
    // No batches: there are no more expired keys than rotations since the last run.
    let act = Act::by_system(now);
    let keys = db.change(async |connection| Ok(keys::prune(connection, &act).await?));
    chore(app, "keys", keys).await;
    let tokens = db.in_batches(BATCH_ROWS, async |connection, limit| {
        Ok(oauth::prune_revoked(connection, expired_at, limit).await?)
    });
    chore(app, "tokens", tokens).await;
    let assertions = db.in_batches(BATCH_ROWS, async |connection, limit| {
        Ok(oauth::prune_used_assertions(connection, expired_at, limit).await?)
    });
    chore(app, "assertions", assertions).await;
    let answers = db.in_batches(BATCH_ROWS, async |connection, limit| {
        Ok(idempotency::prune(connection, now, limit).await?)
    });
    chore(app, "idempotency_keys", answers).await;
    let events = db.in_batches(BATCH_ROWS, async |connection, limit| {
        webhooks::prune(connection, &act, limit).await
    });
    chore(app, "events", events).await;
    let secrets = db.in_batches(BATCH_ROWS, async |connection, limit| {
        clients::prune_retired_secrets(connection, &act, limit).await
    });
    chore(app, "retired_secrets", secrets).await;
    prune_staff(app, expired_at).await;
    let quotas = db.in_batches(BATCH_ROWS, async |connection, limit| {
        quota::prune(connection, expired_at, limit).await
    });
    chore(app, "quotas", quotas).await;
    // No batches: there are no more of them than imports that were killed since the last run.
    let imports = db.change(async |connection| imports::prune(connection).await);
    chore(app, "market_imports", imports).await;
    if let Some(days) = app.settings.audit_days {
        let trail = db.in_batches(BATCH_ROWS, async |connection, limit| {
            audit::prune(connection, &act, days, limit).await
        });
        chore(app, "audit_trail", trail).await;
    }
    prune_refusals(app, &act).await;
    prune_usage(app, &act).await;
    note_secret_expiry(app, &act).await;
    let reports = async {
        db.in_batches(INVITATION_BATCH, async |db, limit| {
            reports::abandon_uploads(db, &act, limit).await
        })
        .await?;
        reports::delete_all_detached(db).await
    };
    chore(app, "reports", reports).await;
}

/// Deletes sessions of staff that have ended and what their forms came to, failed sign-ins that count no more, and what was begun
/// at the identity provider.
async fn prune_staff(app: &App, expired_at: DateTime<Utc>) {
    let sessions = app.db.in_batches(BATCH_ROWS, async |db, limit| {
        staff::sessions::prune(db, expired_at, limit).await
    });
    chore(app, "staff_sessions", sessions).await;
    let failures = app.db.in_batches(BATCH_ROWS, async |db, limit| {
        staff::failures::prune(db, expired_at, limit).await
    });
    chore(app, "staff_failures", failures).await;
    let visits = app.db.in_batches(BATCH_ROWS, async |db, limit| {
        staff::provider::prune(db, expired_at, limit).await
    });
    chore(app, "staff_provider_visits", visits).await;
    let forms = app.db.in_batches(BATCH_ROWS, async |db, limit| {
        staff::kept_forms::prune(db, expired_at, limit).await
    });
    chore(app, "staff_kept_forms", forms).await;
    let sent = app.db.in_batches(BATCH_ROWS, async |db, limit| {
        staff::sent_forms::prune(db, expired_at, limit).await
    });
    chore(app, "staff_sent_forms", sent).await;
}

/// Looks when the next secret expires that a client still uses, for the metrics.
async fn note_secret_expiry(app: &App, act: &Act) {
    let looking = async {
        let next = app.db.read(async |db| clients::find_next_expiry(db, act).await);
        app.metrics.set_secret_expiry(next.await?);
        Ok(0)
    };
    chore(app, "secret_expiry", looking).await;
}

/// Deletes refusals that were kept for long enough.
async fn prune_refusals(app: &App, act: &Act) {
    let (db, days) = (&app.db, app.refusals.settings.days);
    let calls = db.in_batches(BATCH_ROWS, async |db, limit| {
        refusals::prune_calls(db, act, days, limit).await
    });
    chore(app, "refusals", calls).await;
    let counts = db.in_batches(BATCH_ROWS, async |db, limit| {
        refusals::prune_counts(db, act, days, limit).await
    });
    chore(app, "refusals", counts).await;
}

/// Deletes counts of tokens and of the uses of secrets that were kept for long enough.
async fn prune_usage(app: &App, act: &Act) {
    let uses = app.db.in_batches(BATCH_ROWS, async |db, limit| {
        clients::prune_secret_uses(db, act, limit).await
    });
    chore(app, "usage", uses).await;
    let issued = app.db.in_batches(BATCH_ROWS, async |db, limit| {
        oauth::prune_issued(db, act, limit).await
    });
    chore(app, "usage", issued).await;
}

/// Expires invitations whose time is over, and erases those and the profiles whose retention period has ended.
pub async fn expire_invitations(app: &App) {
    let (db, act) = (&app.db, Act::by_system(app.clock.database_now()));
    let expiring = db.in_batches(INVITATION_BATCH, async |db, limit| {
        progress::expire_overdue(db, &act, limit).await
    });
    let expired = chore(app, "expiry", expiring).await;
    let erased = match app.settings.retention_days {
        Some(days) => chore(app, "retention", erase_quiet(db, &act, days)).await,
        None => 0,
    };
    if expired > 0 || erased > 0 {
        tracing::info!(expired, erased, "expired and erased invitations");
    }
    if let Some(days) = app.settings.profile_days {
        let erasing = db.in_batches(PROFILE_BATCH, async |db, limit| {
            profiles::erase_quiet(db, &act, days, limit).await
        });
        let erased = chore(app, "profiles", erasing).await;
        if erased > 0 {
            tracing::info!(erased, "erased profiles");
        }
    }
}

/// Erases the invitations in which nothing happened for so many days, and their uploads; answers how many invitations.
async fn erase_quiet(db: &Db, act: &Act, retention_days: u32) -> Result<u64, Failure> {
    let erased = db
        .in_batches(ERASURE_BATCH, async |db, limit| {
            people::erase_quiet(db, act, retention_days, limit).await
        })
        .await?;
    reports::delete_all_detached(db).await?;
    Ok(erased)
}

/// Waits for one chore, logs and counts it. Returns how many rows it changed; 0 if it failed, whatever it had committed
/// before.
async fn chore(app: &App, name: &'static str, work: impl Future<Output = Result<u64, Failure>>) -> u64 {
    match work.await {
        Ok(0) => 0,
        Ok(rows) => {
            tracing::debug!(chore = name, rows, "chore done");
            rows
        }
        // The change feed logs an outage, once; while the database takes no changes there is nothing that could be done.
        Err(Failure::Unavailable(_)) if !app.db.is_writable() => 0,
        Err(failure) => {
            report(app, name, &failure);
            0
        }
    }
}

/// Logs and counts a chore that failed.
fn report(app: &App, name: &'static str, failure: &Failure) {
    app.metrics.chore_failures.inc([name]);
    tracing::error!(
        chore = name,
        cause = error::chain(failure),
        "chore failed; it runs again within a minute"
    );
}
