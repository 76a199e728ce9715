//! Pools of connections, one for each thread.
//!
//! The socket of a connection belongs to the event loop of the thread that opened it. In a pool that all threads share, most
//! statements are sent by one thread and completed by another, and `sqlx`'s pool pings a connection each time it comes back:
//! together, that costs at least as much again as a small read (`docs/PERFORMANCE.md`). So each thread has a pool of its own,
//! and a connection is used without a ping until something fails.
//!
//! Changes may take all places of a thread but one: when commits hang, there is still a place to read on.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics as PoolMetrics, Object, Pool, PoolConfig, PoolError, QueueMode, RecycleError,
    RecycleResult,
};
use parking_lot::Mutex;
use sqlx::PgConnection;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::given_up::GivenUp;
use super::primary::Primary;
use super::readers::Standby;
use super::session::{ConnectError, Session};
use super::{STATEMENT_TIMEOUT, WORK_TIMEOUT};
use crate::error::Failure;

/// Longest wait for a free connection, or for a new one.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a commit may take before it counts as one that hangs.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(2);
/// The same for the commit of a single statement, which begins when the statement has ended: together with the statement's
/// time limit less than its caller waits, so that the first one that hangs is known when it is given up.
const STATEMENT_COMMIT_TIMEOUT: Duration = Duration::from_millis(500);
const _: () = assert!(
    STATEMENT_TIMEOUT.as_millis() + STATEMENT_COMMIT_TIMEOUT.as_millis() < WORK_TIMEOUT.as_millis(),
    "a commit that hangs is known as one when its caller gives it up"
);
/// The fewest places of one thread: one to change on, and one to read on.
const MIN_PLACES: usize = 2;

/// Whether the work on a connection may change something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Reading,
    Changing,
}

/// The pools of all threads.
pub(super) struct Pools {
    id: u64,
    manager: ConnectionManager,
    given_up: Arc<GivenUp>,
    places_per_thread: usize,
    all: Mutex<Vec<Pool<ConnectionManager>>>,
}

/// What one thread has.
#[derive(Clone)]
struct ThreadPool {
    pool: Pool<ConnectionManager>,
    changes: Arc<Semaphore>,
}

impl Pools {
    /// Pools that are filled at use. `threads` share `max_connections`; each thread has at least two.
    pub(super) fn new(source: Source, given_up: Arc<GivenUp>, max_connections: u32, threads: usize) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let total = usize::try_from(max_connections).unwrap_or(usize::MAX);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            manager: ConnectionManager { source },
            given_up,
            places_per_thread: (total / threads.max(1)).max(MIN_PLACES),
            all: Mutex::default(),
        }
    }

    /// A connection of this thread's pool; waits at most 2 s for one.
    pub(super) async fn lease(&self, work: Work) -> Result<Lease, Failure> {
        let ThreadPool { pool, changes } = self.thread_pool()?;
        let permit = match work {
            Work::Reading => None,
            Work::Changing => {
                let acquired = timeout(ACQUIRE_TIMEOUT, changes.acquire_owned()).await;
                let acquired = acquired.map_err(Failure::unavailable)?;
                Some(acquired.map_err(Failure::unavailable)?)
            }
        };
        match pool.get().await {
            Ok(connection) => Ok(Lease {
                connection: Some(connection),
                permit,
                given_up: Arc::clone(&self.given_up),
                hangs_from: None,
                is_reusable: false,
            }),
            Err(PoolError::Backend(error)) => {
                self.manager.source.discard_connections();
                Err(error.into())
            }
            Err(other) => Err(Failure::unavailable(other)),
        }
    }

    fn thread_pool(&self) -> Result<ThreadPool, Failure> {
        thread_local! {
            static POOLS: RefCell<HashMap<u64, ThreadPool>> = RefCell::default();
        }
        POOLS.with_borrow_mut(|pools| {
            if let Some(pool) = pools.get(&self.id) {
                return Ok(pool.clone());
            }
            let config = PoolConfig {
                queue_mode: QueueMode::Lifo,
                timeouts: deadpool::managed::Timeouts {
                    wait: Some(ACQUIRE_TIMEOUT),
                    create: Some(ACQUIRE_TIMEOUT),
                    recycle: None,
                },
                ..PoolConfig::new(self.places_per_thread)
            };
            let pool = Pool::builder(self.manager.clone())
                .config(config)
                .runtime(Runtime::Tokio1)
                .build()
                .map_err(Failure::internal)?;
            self.all.lock().push(pool.clone());
            let pool = ThreadPool {
                pool,
                changes: Arc::new(Semaphore::new(self.places_per_thread - 1)),
            };
            pools.insert(self.id, pool.clone());
            Ok(pool)
        })
    }

    /// How many connections are open, and how many of those are idle.
    pub(super) fn count(&self) -> (usize, usize) {
        let pools = self.all.lock();
        let statuses = pools.iter().map(Pool::status);
        statuses.fold((0, 0), |(open, idle), status| {
            (open + status.size, idle + status.available)
        })
    }

    /// Closes the idle connections that are not to be used again; the others are closed when they come back.
    pub(super) fn close_discarded(&self) {
        let discarded = self.manager.source.discarded();
        for pool in self.all.lock().iter() {
            pool.retain(|pooled, _| discarded.allows(pooled.opened_at.elapsed()));
        }
    }

    /// Closes idle connections now, and the others when they come back.
    pub(super) fn close(&self) {
        for pool in self.all.lock().iter() {
            pool.close();
        }
    }
}

/// The server that the connections of a pool lead to.
#[derive(Clone)]
pub(super) enum Source {
    Primary(Arc<Primary>),
    Standby(Arc<Standby>),
}

impl Source {
    async fn connect(&self) -> Result<Session, ConnectError> {
        match self {
            Self::Primary(primary) => primary.connect().await,
            Self::Standby(standby) => standby.connect().await,
        }
    }

    fn discarded(&self) -> &Discarded {
        match self {
            Self::Primary(primary) => primary.discarded(),
            Self::Standby(standby) => standby.discarded(),
        }
    }

    fn discard_connections(&self) {
        self.discarded().discard();
    }
}

/// Which connections are not to be used again: those opened before an instant, in milliseconds since `began`.
pub(super) struct Discarded {
    began: Instant,
    /// 0: all may be used.
    before_ms: AtomicU64,
}

impl Discarded {
    pub(super) fn none() -> Self {
        Self {
            began: Instant::now(),
            before_ms: AtomicU64::new(0),
        }
    }

    /// Makes sure that connections open by now are not used again: their server is gone, or not the one any more.
    pub(super) fn discard(&self) {
        self.before_ms.store(self.now_ms().max(1), Ordering::Relaxed);
    }

    /// Whether a connection of this age may still be used.
    fn allows(&self, age: Duration) -> bool {
        let before_ms = self.before_ms.load(Ordering::Relaxed);
        before_ms == 0 || self.now_ms().saturating_sub(millis(age)) > before_ms
    }

    fn now_ms(&self) -> u64 {
        millis(self.began.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Opens connections, and decides which may be used again.
#[derive(Clone)]
struct ConnectionManager {
    source: Source,
}

struct PooledConnection {
    connection: PgConnection,
    process_id: i32,
    opened_at: Instant,
}

impl Manager for ConnectionManager {
    type Type = PooledConnection;
    type Error = ConnectError;

    async fn create(&self) -> Result<PooledConnection, ConnectError> {
        // The time before connecting counts, so that an outage during the attempt discards the connection.
        let opened_at = Instant::now();
        // Boxed, because connecting is rare and its future is large.
        let session = Box::pin(self.source.connect()).await?;
        Ok(PooledConnection {
            connection: session.connection,
            process_id: session.facts.process_id,
            opened_at,
        })
    }

    async fn recycle(&self, pooled: &mut PooledConnection, _: &PoolMetrics) -> RecycleResult<ConnectError> {
        if self.source.discarded().allows(pooled.opened_at.elapsed()) {
            Ok(())
        } else {
            Err(RecycleError::message("opened before the last outage"))
        }
    }
}

/// A connection in use.
///
/// When it is dropped without [`Lease::keep`], its work was abandoned in the middle. Then it is closed, but not before its
/// server has ended what it does: until then it keeps its place.
pub(super) struct Lease {
    connection: Option<Object<ConnectionManager>>,
    permit: Option<OwnedSemaphorePermit>,
    given_up: Arc<GivenUp>,
    hangs_from: Option<Instant>,
    is_reusable: bool,
}

/// Says when the work of a lease should have ended.
pub(super) struct Deadline<'a>(&'a mut Option<Instant>);

impl Deadline<'_> {
    /// A statement that may take so long begins, and its commit with it.
    pub(super) fn set_statement(&mut self, statement_timeout: Duration) {
        *self.0 = Some(Instant::now() + statement_timeout + STATEMENT_COMMIT_TIMEOUT);
    }

    /// A commit begins.
    pub(super) fn set_commit(&mut self) {
        *self.0 = Some(Instant::now() + COMMIT_TIMEOUT);
    }
}

impl Lease {
    /// The connection, and the deadline of what is done on it.
    pub(super) fn parts(&mut self) -> Result<(&mut PgConnection, Deadline<'_>), Failure> {
        let pooled = self.connection.as_mut();
        let pooled = pooled.ok_or_else(|| Failure::internal("a lease has lost its connection"))?;
        Ok((&mut pooled.connection, Deadline(&mut self.hangs_from)))
    }

    /// Returns the connection to its pool.
    pub(super) fn keep(mut self) {
        self.is_reusable = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if self.is_reusable {
            return;
        }
        let (given_up, permit) = (Arc::clone(&self.given_up), self.permit.take());
        // At once where it hangs already, so that whoever comes next is refused instead of waiting as long.
        let commit = self.hangs_from.map(|from| given_up.count_from(from));
        let ending = async move {
            let pooled = &mut *connection;
            given_up
                .wait_for_end(&mut pooled.connection, pooled.process_id, commit)
                .await;
            drop(Object::take(connection));
            drop(permit);
        };
        // Without a runtime nobody can wait, and the connection is closed.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(ending);
        }
    }
}
