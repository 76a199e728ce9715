//! Reads of the same thing that wait for a connection together are one read.
//!
//! While connections are free, each read takes one of its own. When all are busy, those that want the same would wait for
//! one after the other only to be told the same; here one of them asks for all that wait with it. Whoever comes after it
//! has its connection waits for the next: an answer is never older than any of the questions that it answers.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use sqlx::PgConnection;
use tokio::sync::OnceCell;

use super::Db;
use crate::error::Fault;

/// The reads that wait for a connection, by what they want. Each thread for itself, as connections are.
pub struct JointReads<K, T, E>(Mutex<HashMap<(ThreadId, K), Waiting<T, E>>>);

type Waiting<T, E> = Arc<OnceCell<Result<T, E>>>;

impl<K, T, E> Default for JointReads<K, T, E> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, T: Clone, E: Clone + From<Fault>> JointReads<K, T, E> {
    /// What `work` reads, on one connection and within a bounded time, or what another caller with the same `wanted` read
    /// that waited with this one; a failure is shared too.
    pub async fn read(
        &self,
        db: &Db,
        wanted: K,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let key = (thread::current().id(), wanted);
        let cell = Arc::clone(self.lock().entry(key.clone()).or_default());
        let ask = async || {
            let place = Place {
                reads: self,
                key,
                cell: &cell,
            };
            let begin = async move |connection: &mut PgConnection| {
                drop(place);
                work(connection).await
            };
            db.run(begin).await
        };
        cell.get_or_init(ask).await.clone()
    }
}

impl<K, T, E> JointReads<K, T, E> {
    fn lock(&self) -> MutexGuard<'_, HashMap<(ThreadId, K), Waiting<T, E>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where others join in, until this is dropped: when the read begins, fails before that, or is given up.
struct Place<'a, K: Eq + Hash, T, E> {
    reads: &'a JointReads<K, T, E>,
    key: (ThreadId, K),
    cell: &'a Waiting<T, E>,
}

impl<K: Eq + Hash, T, E> Drop for Place<'_, K, T, E> {
    fn drop(&mut self) {
        let mut waiting = self.reads.lock();
        // Where the first of those who waited gave up, the place is gone, and may be another's by now.
        if waiting
            .get(&self.key)
            .is_some_and(|cell| Arc::ptr_eq(cell, self.cell))
        {
            waiting.remove(&self.key);
        }
    }
}
