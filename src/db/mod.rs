//! The database: connections by thread, bounded waits, and what is known of outages.
//!
//! A pool that pings before each use doubles the cost of every read, and one that does not hands out dead connections after
//! an outage. So connections are not pinged, but those opened before the last observed outage are discarded. And while the
//! database is known to be unavailable, callers fail at once instead of after a timeout.
//!
//! Time limits are set on the server too (`statement_timeout`): a statement that is given up here ends there, so that
//! statements which wait for a lock do not pile up behind it.

mod batch_loader;
mod batches;
mod pool;

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, Postgres, Transaction};

pub use self::batch_loader::{BatchLoader, BatchQuery};
use self::pool::Pools;
use crate::error::Failure;

/// Longest wait for a connection to migrate on.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest time that [`Db::run`] or a transaction may take, waiting for a connection included.
const WORK_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest time that the server works on one statement, locks included. It is less than [`WORK_TIMEOUT`], so that the server
/// says which statement was too slow.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(4);
/// Longest wait for the ping of a connection on which something failed.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// A transaction that [`Db::transaction`] began.
pub type PgTransaction<'connection> = Transaction<'connection, Postgres>;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Arc<Pools>,
    outages: Arc<OutageTracker>,
    /// Connects without a statement timeout, for migrations.
    unlimited: PgConnectOptions,
}

/// What is known of outages. Instants are in milliseconds since `started_at`.
struct OutageTracker {
    is_up: AtomicBool,
    started_at: Instant,
    /// The last observed outage; 0 if there was none.
    last_outage_ms: AtomicU64,
}

impl OutageTracker {
    fn new() -> Self {
        Self {
            is_up: AtomicBool::new(true),
            started_at: Instant::now(),
            last_outage_ms: AtomicU64::new(0),
        }
    }

    fn now_ms(&self) -> u64 {
        millis(self.started_at.elapsed())
    }

    /// Connections that are open by now are not to be used again.
    fn record_outage(&self) {
        self.last_outage_ms.store(self.now_ms().max(1), Ordering::Relaxed);
    }

    /// Whether a connection of this age was opened after the last observed outage.
    fn is_newer_than_outage(&self, age: Duration) -> bool {
        let last_outage_ms = self.last_outage_ms.load(Ordering::Relaxed);
        last_outage_ms == 0 || self.now_ms().saturating_sub(millis(age)) > last_outage_ms
    }
}

/// The change feed could not reach the database when it last tried.
#[derive(Debug, thiserror::Error)]
#[error("the database is unavailable")]
pub struct DatabaseUnavailable;

/// The database did not respond within the time limit.
#[derive(Debug, thiserror::Error)]
#[error("the database did not respond within {} s", WORK_TIMEOUT.as_secs())]
pub struct TimedOut;

impl Db {
    /// The database at `url`, with at most `max_connections`, which `threads` share; each thread has at least one. It is
    /// connected to at first use.
    pub fn new(url: &str, max_connections: u32, threads: usize) -> Result<Self, sqlx::Error> {
        if !["postgres:", "postgresql:"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            return Err(sqlx::Error::Configuration(
                "the URL is not one of PostgreSQL".into(),
            ));
        }
        let unlimited = PgConnectOptions::from_str(url)?
            .application_name("talentsoft-partner")
            .log_statements(tracing::log::LevelFilter::Off);
        let statement_timeout = millis(STATEMENT_TIMEOUT).to_string();
        // Our statements are short: compiling one (`jit`) takes longer than it saves.
        let options = unlimited
            .clone()
            .options([("statement_timeout", statement_timeout.as_str()), ("jit", "off")]);
        let outages = Arc::new(OutageTracker::new());
        let pools = Arc::new(Pools::new(
            options,
            Arc::clone(&outages),
            max_connections,
            threads,
        ));
        Ok(Self {
            pools,
            outages,
            unlimited,
        })
    }

    /// Runs `work` on one connection. It fails with [`Failure::Unavailable`] if that takes more than 5 s.
    pub async fn run<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.bounded(async {
            let mut lease = self.pools.lease().await?;
            let result = work(lease.connection()?).await;
            if result.is_ok() || self.is_alive(lease.connection()?).await {
                lease.keep();
            }
            result
        })
        .await
    }

    /// Runs `work` in a transaction, which is committed if it succeeds and rolled back if it fails. The time limit of
    /// [`Db::run`] holds for all of it.
    pub async fn transaction<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgTransaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.bounded(async {
            let mut lease = self.pools.lease().await?;
            let mut transaction = lease
                .connection()?
                .begin()
                .await
                .map_err(|error| self.failure(error))?;
            let result = work(&mut transaction).await;
            let ended = if result.is_ok() {
                transaction.commit().await
            } else {
                transaction.rollback().await
            };
            if ended.is_ok() {
                lease.keep();
            } else {
                self.discard_connections();
            }
            let output = result?;
            ended.map_err(Failure::from)?;
            Ok(output)
        })
        .await
    }

    async fn bounded<T, E: From<Failure>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        if !self.is_up() {
            return Err(Failure::unavailable(DatabaseUnavailable).into());
        }
        match tokio::time::timeout(WORK_TIMEOUT, work).await {
            Ok(result) => result,
            Err(_elapsed) => {
                self.discard_connections();
                Err(Failure::unavailable(TimedOut).into())
            }
        }
    }

    /// Pings a connection after a failure. If it is broken, the others probably are too: they are discarded, so that no
    /// request has to find out.
    async fn is_alive(&self, connection: &mut PgConnection) -> bool {
        let pinged = tokio::time::timeout(PING_TIMEOUT, connection.ping()).await;
        let is_alive = matches!(pinged, Ok(Ok(())));
        if !is_alive {
            self.discard_connections();
        }
        is_alive
    }

    fn failure(&self, error: sqlx::Error) -> Failure {
        if matches!(
            error,
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed
        ) {
            self.discard_connections();
        }
        error.into()
    }

    /// Whether the change feed reached the database when it last tried.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.outages.is_up.load(Ordering::Relaxed)
    }

    /// Records whether the change feed could reach the database. If not, open connections are discarded.
    pub fn set_up(&self, is_up: bool) {
        if !is_up {
            self.discard_connections();
        }
        self.outages.is_up.store(is_up, Ordering::Relaxed);
    }

    /// Makes sure that connections open by now are not used again: their server is gone, or the thread that polls them.
    pub fn discard_connections(&self) {
        self.outages.record_outage();
    }

    /// Connects once without the pool, so that an error has the words of the system or of the server; the pool would only say
    /// that it timed out.
    pub async fn probe(&self) -> Result<(), Failure> {
        let connecting = async { self.options().connect().await?.close().await };
        match tokio::time::timeout(WORK_TIMEOUT, connecting).await {
            Ok(result) => result.map_err(Failure::from),
            Err(_elapsed) => Err(Failure::unavailable(TimedOut)),
        }
    }

    /// Applies the migrations that are missing. Replicas that start together wait for each other, by an advisory lock.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(self.unlimited.clone());
        let migrated = MIGRATOR.run(&pool).await;
        pool.close().await;
        migrated
    }

    /// The options for connections outside of the pools.
    #[must_use]
    pub fn options(&self) -> &PgConnectOptions {
        self.pools.options()
    }

    /// How many connections are open, and how many of those are idle.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        self.pools.count()
    }

    /// Closes idle connections now, and the others when they are no longer in use.
    pub fn close(&self) {
        self.pools.close();
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
