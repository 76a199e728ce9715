//! A batch loader: reads that wait for a connection at the same time are one statement.
//!
//! For a small read, the round trip to the database costs more than the rows. So requests for reads of one kind wait in a
//! queue, and when a connection is free, all that wait are read by one statement: the more load, the less each read costs.
//! Requests with the same key share a place in the queue. A request that comes after a statement was sent waits for the next
//! statement, so a value is never older than the request for it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::pin::pin;
use std::sync::Arc;
use std::thread::{self, ThreadId};

use parking_lot::Mutex;
use sqlx::PgConnection;
use tokio::sync::oneshot;

use super::{Db, within_work_timeout};
use crate::error::Failure;
use crate::telemetry::trace::{self, InSpan, Span};

/// A kind of read of which one statement can do several.
pub trait BatchQuery: 'static {
    /// What to read.
    type Key: Clone + Eq + Hash;
    /// What was read for a key. All requests with the same key get a clone.
    type Value: Clone;

    /// Most keys in one statement.
    const MAX_BATCH: usize;
    /// Most statements of one thread at a time. The thread's number of connections is a limit too.
    const MAX_CONCURRENT: usize;
    /// Whether it may be read from a standby that has kept up.
    const FROM_STANDBY: bool;

    /// Reads the values of all `keys`, in their order, by one statement. If it fails, it fails for all of them.
    fn load(
        &self,
        connection: &mut PgConnection,
        keys: &[Self::Key],
    ) -> impl Future<Output = Result<Vec<Self::Value>, Failure>>;
}

/// The loader of one kind of read; cheap to clone.
pub struct BatchLoader<Q: BatchQuery>(Arc<Inner<Q>>);

struct Inner<Q: BatchQuery> {
    query: Q,
    /// Each thread has its own queue, as it has its own connections.
    queues: Mutex<HashMap<ThreadId, Queue<Q>>>,
}

impl<Q: BatchQuery> Clone for BatchLoader<Q> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q: BatchQuery> BatchLoader<Q> {
    /// A loader that runs this query.
    pub fn new(query: Q) -> Self {
        Self(Arc::new(Inner {
            query,
            queues: Mutex::default(),
        }))
    }

    /// The value of `key` as it is now, within the time limit of [`Db::read`]. All requests of a statement share its failure.
    ///
    /// # Panics
    /// Outside of a `LocalSet`, which each thread of the server has: the statement is run by a task on the same thread.
    pub async fn load(&self, db: &Db, key: Q::Key) -> Result<Q::Value, Failure> {
        let loading = async {
            let (sender, response) = oneshot::channel();
            let request = LoadRequest {
                response: sender,
                span: trace::current(),
            };
            if self.with_queue(|queue| queue.push(key, request)) {
                // A task of its own runs the statement, so that a caller that is dropped does not abort it for the others.
                tokio::task::spawn_local(self.clone().drain_queue(db.clone()));
            }
            response.await.map_err(Failure::internal)?
        };
        if Q::FROM_STANDBY && db.has_standby() {
            return within_work_timeout(loading).await;
        }
        db.bounded(loading).await
    }

    /// Runs one statement after another until the queue is empty.
    async fn drain_queue(self, db: Db) {
        let worker = QueueWorker(self);
        while worker.has_work() {
            // Gives the requests that have arrived by now the chance to be in the batch.
            tokio::task::yield_now().await;
            let mut batch = PendingBatch::default();
            let statement = async |connection: &mut PgConnection| {
                // A second attempt, on another server, is about the same keys.
                if batch.keys.is_empty() {
                    batch = worker.0.with_queue(Queue::take_batch);
                }
                match batch.keys.as_slice() {
                    [] => Ok(Vec::new()),
                    keys => {
                        let loading = pin!(worker.0.0.query.load(connection, keys));
                        InSpan::new(batch.span(), loading).await
                    }
                }
            };
            let read = if Q::FROM_STANDBY {
                db.read_from_standby(statement).await
            } else {
                db.read(statement).await
            };
            match read {
                Ok(values) => batch.respond(values.into_iter().map(Ok)),
                Err(failure) => {
                    if batch.keys.is_empty() {
                        // There was no connection, so no batch was taken: the failure is that of the next batch.
                        batch = worker.0.with_queue(Queue::take_batch);
                    }
                    batch.respond(std::iter::repeat_with(|| Err(failure.clone())));
                }
            }
        }
    }

    fn with_queue<T>(&self, act: impl FnOnce(&mut Queue<Q>) -> T) -> T {
        let mut queues = self.0.queues.lock();
        act(queues.entry(thread::current().id()).or_default())
    }
}

/// A task that drains a queue. The queue counts it until it ends, also when a statement panics.
struct QueueWorker<Q: BatchQuery>(BatchLoader<Q>);

impl<Q: BatchQuery> QueueWorker<Q> {
    fn has_work(&self) -> bool {
        self.0.with_queue(|queue| !queue.order.is_empty())
    }
}

impl<Q: BatchQuery> Drop for QueueWorker<Q> {
    fn drop(&mut self) {
        self.0.with_queue(|queue| queue.workers -= 1);
    }
}

/// The way back to who requested a value.
struct LoadRequest<Q: BatchQuery> {
    response: oneshot::Sender<Result<Q::Value, Failure>>,
    /// The span that the request belongs to.
    span: Option<Span>,
}

/// The requests that wait in one thread.
struct Queue<Q: BatchQuery> {
    /// The requested keys, each once, the oldest first.
    order: VecDeque<Q::Key>,
    requests: HashMap<Q::Key, Vec<LoadRequest<Q>>>,
    workers: usize,
}

impl<Q: BatchQuery> Default for Queue<Q> {
    fn default() -> Self {
        Self {
            order: VecDeque::new(),
            requests: HashMap::new(),
            workers: 0,
        }
    }
}

impl<Q: BatchQuery> Queue<Q> {
    /// Adds a request. Returns whether the caller has to start a worker, which is counted already.
    fn push(&mut self, key: Q::Key, request: LoadRequest<Q>) -> bool {
        match self.requests.entry(key) {
            Entry::Occupied(entry) => {
                entry.into_mut().push(request);
                false
            }
            Entry::Vacant(entry) => {
                self.order.push_back(entry.key().clone());
                entry.insert(vec![request]);
                let needs_worker = self.workers < Q::MAX_CONCURRENT;
                self.workers += usize::from(needs_worker);
                needs_worker
            }
        }
    }

    /// Removes the oldest keys, for the next statement. Keys whose callers have all been dropped are left out.
    fn take_batch(&mut self) -> PendingBatch<Q> {
        let mut batch = PendingBatch::default();
        while batch.keys.len() < Q::MAX_BATCH
            && let Some(key) = self.order.pop_front()
        {
            let requests = self.requests.remove(&key).unwrap_or_default();
            if requests.iter().any(|request| !request.response.is_closed()) {
                batch.keys.push(key);
                batch.requests.push(requests);
            }
        }
        batch
    }
}

/// The keys of one statement, and the requests for each of them.
struct PendingBatch<Q: BatchQuery> {
    keys: Vec<Q::Key>,
    requests: Vec<Vec<LoadRequest<Q>>>,
}

impl<Q: BatchQuery> Default for PendingBatch<Q> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            requests: Vec::new(),
        }
    }
}

impl<Q: BatchQuery> PendingBatch<Q> {
    /// The span that the statement belongs to: that of the first request that has one.
    fn span(&self) -> Option<Span> {
        let mut spans = self
            .requests
            .iter()
            .flatten()
            .filter_map(|request| request.span.clone());
        spans.next()
    }

    fn respond(self, results: impl Iterator<Item = Result<Q::Value, Failure>>) {
        for (requests, result) in self.requests.into_iter().zip(results) {
            for request in requests {
                // Sending fails where the caller was dropped meanwhile.
                let _ = request.response.send(result.clone());
            }
        }
    }
}
