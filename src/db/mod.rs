//! The database: connections by thread, bounded waits, and a memory of outages.
//!
//! A pool that pings before each use doubles the cost of every read, and one that does not hands out dead connections
//! after an outage. So connections are not pinged, but those opened before the last observed outage are discarded; and
//! while the database is known to be away, callers are told at once instead of after a timeout.
//!
//! A statement that is given up here must not go on there: the server ends it by itself (`statement_timeout`), so that
//! what waits for a lock does not pile up behind it. Nor is any statement compiled there (`jit`): ours are short, and take less
//! time than that would.

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
/// Longest time that one piece of work with the database may take, waiting for a connection included.
const WORK_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest time that the server works on one statement for us, locks included: less than we wait for it.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(4);
/// Longest wait for a word from a connection on which something failed.
const EXAMINATION_TIMEOUT: Duration = Duration::from_secs(1);

/// A transaction on our database.
pub type PgTransaction<'connection> = Transaction<'connection, Postgres>;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The way to the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Arc<Pools>,
    health: Arc<Health>,
    /// Without the limits of everyday work: for migrations.
    unlimited: PgConnectOptions,
}

struct Health {
    is_up: AtomicBool,
    began: Instant,
    /// Milliseconds since `began` of the last observed outage; 0: none yet.
    outage_at_ms: AtomicU64,
}

impl Health {
    fn now_ms(&self) -> u64 {
        millis(self.began.elapsed())
    }

    fn distrust(&self) {
        self.outage_at_ms.store(self.now_ms().max(1), Ordering::Relaxed);
    }

    /// Whether a connection of this age was opened after the last observed outage.
    fn trusts(&self, age: Duration) -> bool {
        let outage_at_ms = self.outage_at_ms.load(Ordering::Relaxed);
        outage_at_ms == 0 || self.now_ms().saturating_sub(millis(age)) > outage_at_ms
    }
}

/// The database is known to be away.
#[derive(Debug, thiserror::Error)]
#[error("the database is away")]
pub struct Away;

/// The database did not answer in time.
#[derive(Debug, thiserror::Error)]
#[error("the database did not answer within {} s", WORK_TIMEOUT.as_secs())]
pub struct TooSlow;

impl Db {
    /// A way to `url` by at most `max_connections`, which `threads` share, one for each at least; connects on first use.
    pub fn new(url: &str, max_connections: u32, threads: usize) -> Result<Self, sqlx::Error> {
        let health = Arc::new(Health {
            is_up: AtomicBool::new(true),
            began: Instant::now(),
            outage_at_ms: AtomicU64::new(0),
        });
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
        let options = unlimited
            .clone()
            .options([("statement_timeout", statement_timeout.as_str()), ("jit", "off")]);
        let pools = Arc::new(Pools::new(options, Arc::clone(&health), max_connections, threads));
        Ok(Self {
            pools,
            health,
            unlimited,
        })
    }

    /// Runs `work` on one connection, within a bounded time.
    pub async fn run<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.bounded(async {
            let mut lease = self.pools.lease().await?;
            let result = work(lease.connection()?).await;
            if result.is_ok() || self.still_works(lease.connection()?).await {
                lease.give_back();
            }
            result
        })
        .await
    }

    /// Runs `work` in a transaction that commits when it succeeds and rolls back when it does not.
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
                lease.give_back();
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
            return Err(Failure::unavailable(Away).into());
        }
        match tokio::time::timeout(WORK_TIMEOUT, work).await {
            Ok(result) => result,
            Err(_elapsed) => {
                self.discard_connections();
                Err(Failure::unavailable(TooSlow).into())
            }
        }
    }

    /// After a failure: when the connection is broken, the others probably are too, and no request need find out.
    async fn still_works(&self, connection: &mut PgConnection) -> bool {
        let answered = tokio::time::timeout(EXAMINATION_TIMEOUT, connection.ping()).await;
        let works = matches!(answered, Ok(Ok(())));
        if !works {
            self.discard_connections();
        }
        works
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

    /// Whether the database answered when it was last asked.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.health.is_up.load(Ordering::Relaxed)
    }

    /// The change feed says whether it could reach the database.
    pub fn set_up(&self, is_up: bool) {
        if !is_up {
            self.discard_connections();
        }
        self.health.is_up.store(is_up, Ordering::Relaxed);
    }

    /// Connections open by now are not used again: the server is gone, or the thread that serves them is.
    pub fn discard_connections(&self) {
        self.health.distrust();
    }

    /// Connects once, to say in the words of the system or of the server why it cannot be reached: the pool only says that
    /// it took too long.
    pub async fn probe(&self) -> Result<(), Failure> {
        let connecting = async { self.options().connect().await?.close().await };
        match tokio::time::timeout(WORK_TIMEOUT, connecting).await {
            Ok(result) => result.map_err(Failure::from),
            Err(_elapsed) => Err(Failure::unavailable(TooSlow)),
        }
    }

    /// Brings the schema up to date; replicas that start together take turns.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(self.unlimited.clone());
        let migrated = MIGRATOR.run(&pool).await;
        pool.close().await;
        migrated
    }

    /// How to connect: for connections that are not of the pools.
    #[must_use]
    pub fn options(&self) -> &PgConnectOptions {
        self.pools.options()
    }

    /// Open connections, and those of them that wait for work.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        self.pools.count()
    }

    /// Closes all connections.
    pub fn close(&self) {
        self.pools.close();
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
