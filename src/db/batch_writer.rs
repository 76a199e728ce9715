//! A batch writer: changes that wait for a connection at the same time are one transaction.
//!
//! For a small change the commit costs more than the rows: the log is flushed for each, and one that notifies others has the
//! server to itself while it commits. So changes of one kind wait in a queue, and while one transaction runs the next one
//! gathers all that come. Each caller is told what became of its own change, once it is committed. A transaction that fails
//! has failed for all of its callers.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::Arc;
use std::thread::{self, ThreadId};

use parking_lot::Mutex;
use sqlx::PgConnection;
use tokio::sync::oneshot;

use super::Db;
use crate::error::Failure;

/// How a batch is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// It is one statement, which is a transaction of its own.
    Statement,
    /// It is several statements in a transaction.
    Transaction,
}

/// A kind of change of which one transaction can make several.
pub trait BatchChange: 'static {
    /// What to change.
    type Item;
    /// What became of it.
    type Outcome;

    /// Most changes in one transaction.
    const MAX_BATCH: usize;
    /// What [`BatchChange::apply`] does.
    const EXTENT: Extent;

    /// Makes all of these changes; the outcomes are in their order. If it fails, none is made.
    fn apply(
        &self,
        connection: &mut PgConnection,
        items: &[Self::Item],
    ) -> impl Future<Output = Result<Vec<Self::Outcome>, Failure>>;
}

/// The writer of one kind of change; cheap to clone.
pub struct BatchWriter<C: BatchChange>(Arc<Inner<C>>);

struct Inner<C: BatchChange> {
    change: C,
    /// Each thread has its own queue, as it has its own connections.
    queues: Mutex<HashMap<ThreadId, Queue<C>>>,
}

impl<C: BatchChange> Clone for BatchWriter<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: BatchChange> BatchWriter<C> {
    /// A writer of such changes.
    pub fn new(change: C) -> Self {
        Self(Arc::new(Inner {
            change,
            queues: Mutex::default(),
        }))
    }

    /// Makes a change, and tells what became of it when it is committed, within the time limit of [`Db::change`].
    ///
    /// A caller that is dropped while its change waits has not made it; later it may have been made.
    ///
    /// # Panics
    /// Outside of a `LocalSet`, which each thread of the server has: the transaction is run by a task on the same thread.
    pub async fn write(&self, db: &Db, item: C::Item) -> Result<C::Outcome, Failure> {
        db.bounded(async {
            let (caller, outcome) = oneshot::channel();
            if self.with_queue(|queue| queue.push(item, caller)) {
                // A task of its own, so that a caller that is dropped does not abort the changes of the others.
                tokio::task::spawn_local(self.clone().drain_queue(db.clone()));
            }
            outcome.await.map_err(Failure::internal)?
        })
        .await
    }

    /// Runs one transaction after another until the queue is empty.
    async fn drain_queue(self, db: Db) {
        let worker = QueueWorker(self);
        while worker.has_work() {
            // Gives the changes that have arrived by now the chance to be in the batch.
            tokio::task::yield_now().await;
            let mut batch = Batch::default();
            let written = worker.0.write_batch(&db, &mut batch).await;
            match written {
                Ok(outcomes) => batch.respond(outcomes.into_iter().map(Ok)),
                Err(failure) => {
                    if batch.items.is_empty() {
                        // There was no connection, so no batch was taken: the failure is that of the next batch.
                        batch = worker.0.with_queue(Queue::take_batch);
                    }
                    batch.respond(std::iter::repeat_with(|| Err(failure.clone())));
                }
            }
        }
    }

    /// Takes the next batch when there is a connection for it, and writes it.
    async fn write_batch(&self, db: &Db, batch: &mut Batch<C>) -> Result<Vec<C::Outcome>, Failure> {
        let mut apply = async |connection: &mut PgConnection| {
            *batch = self.with_queue(Queue::take_batch);
            match batch.items.as_slice() {
                [] => Ok(Vec::new()),
                items => self.0.change.apply(connection, items).await,
            }
        };
        match C::EXTENT {
            Extent::Statement => db.change(apply).await,
            Extent::Transaction => db.transaction(async |transaction| apply(transaction).await).await,
        }
    }

    fn with_queue<T>(&self, act: impl FnOnce(&mut Queue<C>) -> T) -> T {
        let mut queues = self.0.queues.lock();
        act(queues.entry(thread::current().id()).or_default())
    }
}

/// The task that drains a queue. The queue knows of it until it ends, also when a change panics.
struct QueueWorker<C: BatchChange>(BatchWriter<C>);

impl<C: BatchChange> QueueWorker<C> {
    /// Whether something waits; if nothing does, the next change needs another worker.
    fn has_work(&self) -> bool {
        self.0.with_queue(|queue| !queue.waiting.is_empty())
    }
}

impl<C: BatchChange> Drop for QueueWorker<C> {
    fn drop(&mut self) {
        self.0.with_queue(|queue| {
            queue.has_worker = false;
            if thread::panicking() {
                // Nobody would write these until another one comes: they fail.
                queue.waiting.clear();
            }
        });
    }
}

/// The way back to who asked for a change.
type Caller<C> = oneshot::Sender<Result<<C as BatchChange>::Outcome, Failure>>;

/// The changes that wait in one thread, the oldest first.
struct Queue<C: BatchChange> {
    waiting: VecDeque<(C::Item, Caller<C>)>,
    has_worker: bool,
}

impl<C: BatchChange> Default for Queue<C> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            has_worker: false,
        }
    }
}

impl<C: BatchChange> Queue<C> {
    /// Adds a change. Returns whether the caller has to start the worker.
    fn push(&mut self, item: C::Item, caller: Caller<C>) -> bool {
        self.waiting.push_back((item, caller));
        !mem::replace(&mut self.has_worker, true)
    }

    /// Removes the oldest changes, for the next transaction. Those whose callers were dropped are not made.
    fn take_batch(&mut self) -> Batch<C> {
        let mut batch = Batch::default();
        while batch.items.len() < C::MAX_BATCH
            && let Some((item, caller)) = self.waiting.pop_front()
        {
            if !caller.is_closed() {
                batch.items.push(item);
                batch.callers.push(caller);
            }
        }
        batch
    }
}

/// The changes of one transaction, and who asked for each.
struct Batch<C: BatchChange> {
    items: Vec<C::Item>,
    callers: Vec<Caller<C>>,
}

impl<C: BatchChange> Default for Batch<C> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            callers: Vec::new(),
        }
    }
}

impl<C: BatchChange> Batch<C> {
    fn respond(self, outcomes: impl Iterator<Item = Result<C::Outcome, Failure>>) {
        for (caller, outcome) in self.callers.into_iter().zip(outcomes) {
            // Sending fails where the caller was dropped meanwhile.
            let _ = caller.send(outcome);
        }
    }
}
