//! Pools of connections, one for each thread.
//!
//! The socket of a connection belongs to the event loop of the thread that opened it. In a pool that all threads share, most
//! statements are sent by one thread and completed by another, and `sqlx`'s pool pings a connection each time it comes back:
//! together, that costs at least as much again as a small read (`docs/PERFORMANCE.md`). So each thread has a pool of its own,
//! and a connection is used without a ping until something fails.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics as PoolMetrics, Object, Pool, PoolConfig, PoolError, QueueMode, RecycleError,
    RecycleResult,
};
use parking_lot::Mutex;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

use super::OutageTracker;
use crate::error::Failure;

/// Longest wait for a free connection, or for a new one.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// The pools of all threads.
pub(super) struct Pools {
    id: u64,
    manager: ConnectionManager,
    connections_per_thread: usize,
    all: Mutex<Vec<Pool<ConnectionManager>>>,
}

impl Pools {
    /// Pools that are filled at use. `threads` share `max_connections`; each thread has at least one.
    pub(super) fn new(
        options: PgConnectOptions,
        outages: Arc<OutageTracker>,
        max_connections: u32,
        threads: usize,
    ) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let total = usize::try_from(max_connections).unwrap_or(usize::MAX);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            manager: ConnectionManager { options, outages },
            connections_per_thread: (total / threads.max(1)).max(1),
            all: Mutex::default(),
        }
    }

    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.manager.options
    }

    /// A connection of this thread's pool; waits at most 2 s for one.
    pub(super) async fn lease(&self) -> Result<Lease, Failure> {
        match self.thread_pool()?.get().await {
            Ok(connection) => Ok(Lease {
                connection: Some(connection),
                is_reusable: false,
            }),
            Err(PoolError::Backend(error)) => {
                self.manager.outages.record_outage();
                Err(error.into())
            }
            Err(other) => Err(Failure::unavailable(other)),
        }
    }

    fn thread_pool(&self) -> Result<Pool<ConnectionManager>, Failure> {
        thread_local! {
            static POOLS: RefCell<HashMap<u64, Pool<ConnectionManager>>> = RefCell::default();
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
                ..PoolConfig::new(self.connections_per_thread)
            };
            let pool = Pool::builder(self.manager.clone())
                .config(config)
                .runtime(Runtime::Tokio1)
                .build()
                .map_err(Failure::internal)?;
            self.all.lock().push(pool.clone());
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

    /// Closes idle connections now, and the others when they come back.
    pub(super) fn close(&self) {
        for pool in self.all.lock().iter() {
            pool.close();
        }
    }
}

/// Opens connections, and decides which may be used again.
#[derive(Clone)]
struct ConnectionManager {
    options: PgConnectOptions,
    outages: Arc<OutageTracker>,
}

struct PooledConnection {
    connection: PgConnection,
    opened_at: Instant,
}

impl Manager for ConnectionManager {
    type Type = PooledConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PooledConnection, sqlx::Error> {
        // The time before connecting counts, so that an outage during the attempt discards the connection.
        let opened_at = Instant::now();
        Ok(PooledConnection {
            // Boxed, because connecting is rare and its future is large.
            connection: Box::pin(self.options.connect()).await?,
            opened_at,
        })
    }

    async fn recycle(&self, pooled: &mut PooledConnection, _: &PoolMetrics) -> RecycleResult<sqlx::Error> {
        if self.outages.is_newer_than_outage(pooled.opened_at.elapsed()) {
            Ok(())
        } else {
            Err(RecycleError::message("opened before the last outage"))
        }
    }
}

/// A connection in use. When dropped it is closed, unless [`Lease::keep`] was called: if its work was abandoned in the middle,
/// the rest of a response may still be in its buffers.
pub(super) struct Lease {
    connection: Option<Object<ConnectionManager>>,
    is_reusable: bool,
}

impl Lease {
    pub(super) fn connection(&mut self) -> Result<&mut PgConnection, Failure> {
        self.connection
            .as_mut()
            .map(|pooled| &mut pooled.connection)
            .ok_or_else(|| Failure::internal("a lease has lost its connection"))
    }

    /// Returns the connection to its pool.
    pub(super) fn keep(mut self) {
        self.is_reusable = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !self.is_reusable
        {
            drop(Object::take(connection));
        }
    }
}
