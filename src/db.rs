//! The database: one pool, bounded waits, and a memory of outages.
//!
//! A pool that pings before each use doubles the cost of every read, and one that does not hands out dead connections
//! after an outage. So connections are not pinged, but those opened before the last observed outage are discarded; and
//! while the database is known to be away, callers are told at once instead of after a timeout.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, Postgres, Transaction};

use crate::error::Fault;

/// Longest wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest time that one piece of work with the database may take, waiting for a connection included.
const WORK_TIMEOUT: Duration = Duration::from_secs(5);

/// A transaction on our database.
pub type PgTransaction = Transaction<'static, Postgres>;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The way to the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: PgPool,
    health: Arc<Health>,
}

struct Health {
    is_up: AtomicBool,
    began: Instant,
    /// Milliseconds since `began` of the last observed outage; 0: none yet.
    outage_at_ms: AtomicU64,
}

impl Health {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
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
    /// A pool of at most `max_connections` on `url`; connects on first use.
    pub fn new(url: &str, max_connections: u32) -> Result<Self, sqlx::Error> {
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
        let options = PgConnectOptions::from_str(url)?
            .application_name("talentsoft-partner")
            .log_statements(tracing::log::LevelFilter::Off);
        let seen_by_pool = Arc::clone(&health);
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(move |_connection, meta| {
                let opened_at_ms = seen_by_pool
                    .now_ms()
                    .saturating_sub(u64::try_from(meta.age.as_millis()).unwrap_or(u64::MAX));
                let outage_at_ms = seen_by_pool.outage_at_ms.load(Ordering::Relaxed);
                Box::pin(async move { Ok(outage_at_ms == 0 || opened_at_ms > outage_at_ms) })
            })
            .connect_lazy_with(options);
        Ok(Self { pool, health })
    }

    /// Runs `work` on one connection, within a bounded time.
    pub async fn run<T, E: From<Fault>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.bounded(async {
            let mut connection = self.pool.acquire().await.map_err(|error| self.fault(error))?;
            work(&mut connection).await
        })
        .await
    }

    /// Runs `work` in a transaction that commits when it succeeds and rolls back when it does not.
    pub async fn transaction<T, E: From<Fault>>(
        &self,
        work: impl AsyncFnOnce(&mut PgTransaction) -> Result<T, E>,
    ) -> Result<T, E> {
        self.bounded(async {
            let mut transaction = self.pool.begin().await.map_err(|error| self.fault(error))?;
            let output = work(&mut transaction).await?;
            transaction.commit().await.map_err(|error| self.fault(error))?;
            Ok(output)
        })
        .await
    }

    async fn bounded<T, E: From<Fault>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        if !self.is_up() {
            return Err(Fault::unavailable(Away).into());
        }
        match tokio::time::timeout(WORK_TIMEOUT, work).await {
            Ok(result) => result,
            Err(_elapsed) => {
                self.note_outage();
                Err(Fault::unavailable(TooSlow).into())
            }
        }
    }

    fn fault(&self, error: sqlx::Error) -> Fault {
        if matches!(
            error,
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed
        ) {
            self.note_outage();
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
            self.note_outage();
        }
        self.health.is_up.store(is_up, Ordering::Relaxed);
    }

    /// Connections open by now are not used again.
    fn note_outage(&self) {
        self.health
            .outage_at_ms
            .store(self.health.now_ms().max(1), Ordering::Relaxed);
    }

    /// Connects once, to say in the words of the system or of the server why it cannot be reached: the pool only says that
    /// it took too long.
    pub async fn probe(&self) -> Result<(), Fault> {
        let connecting = async { self.pool.connect_options().connect().await?.close().await };
        match tokio::time::timeout(WORK_TIMEOUT, connecting).await {
            Ok(result) => result.map_err(Fault::from),
            Err(_elapsed) => Err(Fault::unavailable(TooSlow)),
        }
    }

    /// Brings the schema up to date; replicas that start together take turns.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        MIGRATOR.run(&self.pool).await
    }

    /// The pool itself: for the change feed's own connection, and for its figures.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
