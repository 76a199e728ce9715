//! The way to the database: which server it is, connections by thread, bounded waits, and what is known of outages.
//!
//! - `url.rs` says where the database may be, `session.rs` opens and examines a session, `primary.rs` knows which server is
//!   the database and in what state, `lookout.rs` looks for it.
//! - `snapshot.rs` tells what has ended between two looks.
//! - `readers.rs` has the standbys that may be read from.
//! - `own_session.rs` opens sessions that nobody else is lent, `migrate/` brings the schema up to date.
//! - `pool.rs` has the connections of each thread, `given_up.rs` those whose work was abandoned.
//! - `measured.rs` counts waits for them.
//! - `batch_loader.rs` and `batch_writer.rs` read and change at once what several requests wait for; `batches.rs` works on very
//!   many rows.
//!
//! A pool that pings before each use doubles the cost of every read, and one that does not hands out dead connections after
//! an outage. So connections are not pinged, but those opened before the last observed outage are discarded. And while the
//! database is known to be unavailable, callers fail at once instead of after a timeout.
//!
//! Time limits are set on the server too (`statement_timeout`): a statement that is given up here ends there, so that
//! statements which wait for a lock do not pile up behind it.

mod batch_loader;
mod batch_writer;
mod batches;
mod given_up;
mod lookout;
mod measured;
mod migrate;
mod own_session;
mod pool;
mod primary;
mod readers;
mod server;
mod session;
mod snapshot;
mod store;
mod url;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::{Connection, PgConnection, Postgres, Transaction};
use tokio::time::{Instant, timeout};

pub use self::batch_loader::{BatchLoader, BatchQuery};
pub use self::batch_writer::{BatchChange, BatchWriter, Extent};
use self::given_up::GivenUp;
pub use self::lookout::Look;
pub use self::migrate::{MIGRATIONS, SchemaError, applied_migrations, apply_migrations};
pub use self::own_session::{BEGIN_LONG, OwnSession};
use self::pool::{Pools, Source, Work};
pub use self::primary::DatabaseState;
use self::primary::Primary;
use self::readers::Readers;
pub use self::server::{History, Role, ServerFacts, WalPosition};
pub use self::session::ConnectError;
use self::session::{Server, servers_of};
pub use self::snapshot::{Snapshot, UnreadableSnapshot};
pub(crate) use self::store::delete_before;
pub use self::url::InvalidUrl;
use self::url::{DatabaseUrl, Purpose};
use crate::clock::Clock;
use crate::error::Failure;
use crate::telemetry::database_metrics::DatabaseMetrics;
use crate::telemetry::statements::Measured;

/// Longest time that [`Db::read`], [`Db::change`] or a transaction may take, waiting for a connection included.
const WORK_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest time that the server works on one statement, locks included. It is less than [`WORK_TIMEOUT`], so that the server
/// says which statement was too slow.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(4);
/// How often those who wait for an answer see to it that another server is not the primary meanwhile.
const MOVE_INTERVAL: Duration = Duration::from_millis(250);
/// Longest wait for the answer of a connection on which something failed.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// What is set in each session, but where the URL sets the same.
///
/// - Our statements are short: compiling one (`jit`) takes longer than it saves.
/// - A replica that is frozen within a transaction holds its locks for 5 s, and not until somebody ends it.
/// - The server notices after 25 s that a replica's machine is gone.
const SESSION_SETTINGS: &[(&str, &str)] = &[
    ("idle_in_transaction_session_timeout", "5s"),
    ("jit", "off"),
    ("tcp_keepalives_count", "3"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_user_timeout", "25s"),
];
/// How a transaction begins where sessions are lent: their settings are not ours.
const BEGIN_POOLED: &str =
    "begin; set local statement_timeout = '4s'; set local idle_in_transaction_session_timeout = '5s'";

/// A transaction that [`Db::transaction`] began.
pub type PgTransaction<'connection> = Transaction<'connection, Postgres>;

/// Where the database is. The URLs hold passwords, so there is no `Debug`.
#[derive(Clone, Default)]
pub struct DatabaseUrls {
    /// `DATABASE_URL`: the primary, directly, by a route or by a pooler.
    pub main: String,
    /// `DATABASE_DIRECT_URL`: the primary without a pooler, for LISTEN and migrations.
    pub direct: Option<String>,
    /// `DATABASE_READ_URL`: standbys to read from.
    pub read: Option<String>,
}

/// The database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Arc<Pools>,
    primary: Arc<Primary>,
    given_up: Arc<GivenUp>,
    /// Where sessions are our own, for LISTEN and migrations; empty where `DATABASE_URL` is to lead there.
    direct: Arc<[Server]>,
    /// Which of them is tried next.
    direct_turn: Arc<AtomicUsize>,
    readers: Option<Arc<Readers>>,
    metrics: Arc<OnceLock<Arc<DatabaseMetrics>>>,
}

/// A variable that says where the database is cannot be used. The message never quotes it, for it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("{variable} is invalid: {error}")]
pub struct InvalidDatabaseUrl {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong with it.
    pub error: InvalidUrl,
}

/// The change feed did not find the database when it last looked.
#[derive(Debug, thiserror::Error)]
#[error("the database is unavailable ({0})")]
pub struct DatabaseUnavailable(DatabaseState);

/// Commits hang, so nothing is changed until the database has ended them.
#[derive(Debug, thiserror::Error)]
#[error("commits hang at the database; does it wait for a synchronous standby?")]
pub struct CommitsHang;

/// Another server became the primary while this one was waited for.
#[derive(Debug, thiserror::Error)]
#[error("the server that was asked is not the primary any more")]
pub struct ServerLost;

/// The database did not respond within the time limit.
#[derive(Debug, thiserror::Error)]
#[error("the database did not respond within {} s", WORK_TIMEOUT.as_secs())]
pub struct TimedOut;

impl Db {
    /// The database at `url`, with at most `max_connections`, which `threads` share; each thread has at least two. It is
    /// connected to at first use.
    pub fn new(url: &str, max_connections: u32, threads: usize) -> Result<Self, InvalidDatabaseUrl> {
        let urls = DatabaseUrls {
            main: url.to_owned(),
            ..DatabaseUrls::default()
        };
        Self::at(&urls, &Clock::system(), max_connections, threads)
    }

    /// The same, with everything that can be said of where it is. `clock` is told the database's time.
    pub fn at(
        urls: &DatabaseUrls,
        clock: &Clock,
        max_connections: u32,
        threads: usize,
    ) -> Result<Self, InvalidDatabaseUrl> {
        let statement_timeout = (
            "statement_timeout",
            format!("{}ms", STATEMENT_TIMEOUT.as_millis()),
        );
        let settings = SESSION_SETTINGS
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let settings: Vec<_> = settings.chain([statement_timeout]).collect();
        let parse = |variable, url: &str, purpose| {
            let parsed = DatabaseUrl::parse(url, purpose, &settings);
            parsed.map_err(|error| InvalidDatabaseUrl { variable, error })
        };
        let main = parse("DATABASE_URL", &urls.main, Purpose::Everything)?;
        let direct = urls.direct.as_deref();
        let direct = direct.map(|url| parse("DATABASE_DIRECT_URL", url, Purpose::Everything));
        let read = urls.read.as_deref();
        let read = read.map(|url| parse("DATABASE_READ_URL", url, Purpose::Reading));
        let primary = Arc::new(Primary::new(main, clock.clone()));
        let given_up = Arc::<GivenUp>::default();
        let pools = Pools::new(
            Source::Primary(Arc::clone(&primary)),
            Arc::clone(&given_up),
            max_connections,
            threads,
        );
        let readers = |url| Readers::new(url, clock, max_connections, threads);
        let readers = read.transpose()?.map(readers);
        Ok(Self {
            pools: Arc::new(pools),
            primary,
            given_up,
            direct: direct.transpose()?.map_or_else(Vec::new, servers_of).into(),
            direct_turn: Arc::default(),
            readers: readers.map(Arc::new),
            metrics: Arc::default(),
        })
    }

    /// Reads on one connection. It fails with [`Failure::Unavailable`] if that takes more than 5 s.
    pub async fn read<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.bounded(async {
            let mut lease = self.lease(&self.pools, Work::Reading).await?;
            let (connection, _) = lease.parts()?;
            let result = work(connection).await;
            if result.is_ok() || self.is_still_good(connection).await {
                lease.keep();
            }
            result
        })
        .await
    }

    /// Changes something by one statement, which is a transaction of its own. The time limit of [`Db::read`] holds.
    pub async fn change<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.require_commits()?;
        self.bounded(async {
            let mut lease = self.lease(&self.pools, Work::Changing).await?;
            let (connection, mut deadline) = lease.parts()?;
            deadline.set_statement(STATEMENT_TIMEOUT);
            let result = work(connection).await;
            if result.is_ok() || self.is_still_good(connection).await {
                lease.keep();
            }
            result
        })
        .await
    }

    /// The clock that is compared with the database's.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.primary.clock()
    }

    /// Runs `work` in a transaction, which is committed if it succeeds and rolled back if it fails. The time limit of
    /// [`Db::read`] holds for all of it.
    pub async fn transaction<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgTransaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.require_commits()?;
        self.bounded(async {
            let mut lease = self.lease(&self.pools, Work::Changing).await?;
            let (connection, mut deadline) = lease.parts()?;
            deadline.set_statement(STATEMENT_TIMEOUT);
            let begun = if self.primary.is_pooled() {
                connection.begin_with(BEGIN_POOLED).await
            } else {
                connection.begin().await
            };
            let mut transaction = begun.map_err(|error| self.failure(error))?;
            let result = work(&mut transaction).await;
            deadline.set_commit();
            let ended = if result.is_ok() {
                transaction.commit().await
            } else {
                transaction.rollback().await
            };
            match (&result, &ended) {
                (Ok(_), Ok(())) => lease.keep(),
                (Err(_), Ok(())) => {
                    if self.is_still_good(lease.parts()?.0).await {
                        lease.keep();
                    }
                }
                (_, Err(_)) => self.discard_connections(),
            }
            let output = result?;
            ended.map_err(Failure::from)?;
            Ok(output)
        })
        .await
    }

    /// Fails at once while commits hang.
    fn require_commits(&self) -> Result<(), Failure> {
        if self.hanging_commits() > 0 {
            return Err(Failure::unavailable(CommitsHang));
        }
        Ok(())
    }

    async fn bounded<T, E: From<Failure>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        if !self.is_up() {
            return Err(Failure::unavailable(DatabaseUnavailable(self.state())).into());
        }
        let server = self.primary.current();
        let began_at = Instant::now();
        let work = std::pin::pin!(work);
        let mut work = Measured::new(work, self.metrics.get().cloned());
        loop {
            if let Ok(result) = timeout(MOVE_INTERVAL, &mut work).await {
                return result;
            }
            if self.primary.current() != server {
                return Err(Failure::unavailable(ServerLost).into());
            }
            if began_at.elapsed() >= WORK_TIMEOUT {
                self.discard_connections();
                return Err(Failure::unavailable(TimedOut).into());
            }
        }
    }

    /// Asks a connection after a failure whether its server still is the primary and takes changes. If it does not answer, or
    /// is not (SQLSTATE 25006, `read_only_sql_transaction`, says so too), the others probably are not either: they are
    /// discarded, so that no request has to find out, and the change feed looks at once.
    async fn is_still_good(&self, connection: &mut PgConnection) -> bool {
        let asked = timeout(PING_TIMEOUT, store::is_writable(connection)).await;
        let is_good = matches!(asked, Ok(Ok(true)));
        if !is_good && self.state() != DatabaseState::ReadOnly {
            self.discard_connections();
            self.primary.look_now.notify_one();
        }
        is_good
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

    /// In what state the database was when it was last looked at.
    #[must_use]
    pub fn state(&self) -> DatabaseState {
        self.primary.state()
    }

    /// Whether the database can be read.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.state().is_usable()
    }

    /// Whether the database takes changes.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        matches!(self.state(), DatabaseState::Up | DatabaseState::Unknown) && self.hanging_commits() == 0
    }

    /// How many commits were given up that the database has not ended.
    #[must_use]
    pub fn hanging_commits(&self) -> usize {
        self.given_up.hanging()
    }

    /// Makes sure that connections open by now are not used again: their server is gone, or the thread that polls them.
    pub fn discard_connections(&self) {
        self.primary.discard_connections();
        self.pools.close_discarded();
    }

    /// Looks for the primary among the servers of the URL. The error has the words of the system or of the server.
    pub async fn find_primary(&self) -> Result<(), ConnectError> {
        self.primary.find().await?.connection.close().await?;
        Ok(())
    }

    /// How many connections are open, and how many of those are idle.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        self.pools.count()
    }

    /// Closes idle connections now, and the others when they are no longer in use.
    pub fn close(&self) {
        self.pools.close();
        if let Some(readers) = &self.readers {
            readers.close();
        }
    }
}

/// The result of `work`, or a failure after [`WORK_TIMEOUT`].
async fn within_work_timeout<T, E: From<Failure>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    match timeout(WORK_TIMEOUT, work).await {
        Ok(result) => result,
        Err(_elapsed) => Err(Failure::unavailable(TimedOut).into()),
    }
}
