//! Connections, kept by the thread that opened them.
//!
//! A connection's socket belongs to the event loop of the thread that opened it. In a pool that all threads share, most
//! statements are sent by one thread and woken by another, and that pool asks a connection whether it works each time it
//! comes back: together at least as much again as a small read itself (`docs/PERFORMANCE.md`). Here each thread has a pool of its
//! own, and a connection is trusted until something fails.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult,
};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

use super::Health;
use crate::error::Failure;

/// Longest wait for a free connection, or for a new one.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// The pools of all threads.
pub(super) struct Pools {
    id: u64,
    manager: Opener,
    connections_per_thread: usize,
    all: Mutex<Vec<Pool<Opener>>>,
}

impl Pools {
    /// No connections yet. `threads` share `max_connections`; each has one at least.
    pub(super) fn new(
        options: PgConnectOptions,
        health: Arc<Health>,
        max_connections: u32,
        threads: usize,
    ) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let total = usize::try_from(max_connections).unwrap_or(usize::MAX);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            manager: Opener { options, health },
            connections_per_thread: (total / threads.max(1)).max(1),
            all: Mutex::default(),
        }
    }

    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.manager.options
    }

    /// A connection of this thread.
    pub(super) async fn lease(&self) -> Result<Lease, Failure> {
        match self.of_this_thread()?.get().await {
            Ok(connection) => Ok(Lease {
                connection: Some(connection),
                is_whole: false,
            }),
            Err(PoolError::Backend(error)) => {
                self.manager.health.distrust();
                Err(error.into())
            }
            Err(other) => Err(Failure::unavailable(other)),
        }
    }

    fn of_this_thread(&self) -> Result<Pool<Opener>, Failure> {
        thread_local! {
            static POOLS: RefCell<HashMap<u64, Pool<Opener>>> = RefCell::default();
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
            self.all
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(pool.clone());
            pools.insert(self.id, pool.clone());
            Ok(pool)
        })
    }

    /// Open connections, and those of them that wait for work.
    pub(super) fn count(&self) -> (usize, usize) {
        let pools = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let statuses = pools.iter().map(Pool::status);
        statuses.fold((0, 0), |(open, idle), status| {
            (open + status.size, idle + status.available)
        })
    }

    /// Closes all connections that wait for work, and those in use when they come back.
    pub(super) fn close(&self) {
        for pool in self.all.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            pool.close();
        }
    }
}

/// Opens connections, and says which may be used again.
#[derive(Clone)]
struct Opener {
    options: PgConnectOptions,
    health: Arc<Health>,
}

struct Opened {
    connection: PgConnection,
    at: Instant,
}

impl Manager for Opener {
    type Type = Opened;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Opened, sqlx::Error> {
        // Before it connects: an outage during the attempt discredits it.
        let at = Instant::now();
        Ok(Opened {
            // Boxed: connecting is rare, and its state is large.
            connection: Box::pin(self.options.connect()).await?,
            at,
        })
    }

    async fn recycle(&self, opened: &mut Opened, _: &Metrics) -> RecycleResult<sqlx::Error> {
        if self.health.trusts(opened.at.elapsed()) {
            Ok(())
        } else {
            Err(RecycleError::message("opened before the last outage"))
        }
    }
}

/// A connection on loan. It goes back to its pool only if it was said to be whole: one whose work was given up in the middle
/// may hold half an answer.
pub(super) struct Lease {
    connection: Option<Object<Opener>>,
    is_whole: bool,
}

impl Lease {
    pub(super) fn connection(&mut self) -> Result<&mut PgConnection, Failure> {
        let lost = || Failure::internal("a connection on loan is gone");
        self.connection
            .as_mut()
            .map(|opened| &mut opened.connection)
            .ok_or_else(lost)
    }

    /// Nothing is left undone on it.
    pub(super) fn give_back(mut self) {
        self.is_whole = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !self.is_whole
        {
            drop(Object::take(connection));
        }
    }
}
