//! Reads that wait for a connection together are one statement.
//!
//! Of a small read, the round trip to the database costs more than the rows. So reads of one kind wait in a line, and as
//! soon as there is a connection, all that wait are read at once: the more there is to do, the less each costs. Those that
//! want the same share a place in the line. Whoever comes after the others were sent waits for the next statement: an
//! answer is never older than any of the questions that it answers.
//!
//! A task of its own reads, so that who gives up takes nobody's answer along.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use sqlx::PgConnection;
use tokio::sync::oneshot;

use super::Db;
use crate::error::Failure;

/// A kind of read of which several can be one statement.
pub trait BatchQuery: 'static {
    /// What a caller wants.
    type Wanted: Clone + Eq + Hash;
    /// What it is told; cheap to clone, for all who want the same.
    type Found: Clone;

    /// Most that one statement reads.
    const MAX_BATCH: usize;
    /// Most statements of one thread at a time; it has no more of them than connections, whatever stands here.
    const MAX_CONCURRENT: usize;

    /// Reads all that is wanted, in one statement; what is found is in the same order. A failure is that of all.
    fn read(
        &self,
        connection: &mut PgConnection,
        wanted: &[Self::Wanted],
    ) -> impl Future<Output = Result<Vec<Self::Found>, Failure>>;
}

/// The reads of one kind that wait for a connection; cheap to clone.
pub struct BatchLoader<J: BatchQuery>(Arc<Shared<J>>);

struct Shared<J: BatchQuery> {
    joint: J,
    /// Each thread has its own, as it has its own connections.
    lines: Mutex<HashMap<ThreadId, Line<J>>>,
}

impl<J: BatchQuery> Clone for BatchLoader<J> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<J: BatchQuery> BatchLoader<J> {
    /// Nobody waits yet.
    pub fn new(joint: J) -> Self {
        Self(Arc::new(Shared {
            joint,
            lines: Mutex::default(),
        }))
    }

    /// What is wanted as it is now, within a bounded time. A failure is shared by those who were read for together.
    ///
    /// # Panics
    /// Where tasks cannot be spawned on the same thread: outside of a `LocalSet`, which each thread of the server has.
    pub async fn read(&self, db: &Db, wanted: J::Wanted) -> Result<J::Found, Failure> {
        let joining = async {
            let (caller, answer) = oneshot::channel();
            if self.with_line(|line| line.join(wanted, caller)) {
                tokio::task::spawn_local(self.clone().serve(db.clone()));
            }
            answer.await.map_err(Failure::internal)?
        };
        db.bounded(joining).await
    }

    /// Reads until nobody waits.
    async fn serve(self, db: Db) {
        let reader = Reader(self);
        while reader.is_needed() {
            // Those whose requests have come by now join in before the others are read.
            tokio::task::yield_now().await;
            let mut batch = Batch::empty();
            let reading = async |connection: &mut PgConnection| {
                batch = reader.0.with_line(Line::take);
                match batch.wanted.as_slice() {
                    [] => Ok(Vec::new()),
                    wanted => reader.0.0.joint.read(connection, wanted).await,
                }
            };
            match db.run(reading).await {
                Ok(found) => batch.tell(found.into_iter().map(Ok)),
                Err(failure) => {
                    if batch.wanted.is_empty() {
                        // There was no connection for those who are next.
                        batch = reader.0.with_line(Line::take);
                    }
                    batch.tell(std::iter::repeat_with(|| Err(failure.clone())));
                }
            }
        }
    }

    fn with_line<T>(&self, act: impl FnOnce(&mut Line<J>) -> T) -> T {
        let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        act(lines.entry(thread::current().id()).or_insert_with(Line::empty))
    }
}

/// A task that reads for a line, and is counted there until it ends.
struct Reader<J: BatchQuery>(BatchLoader<J>);

impl<J: BatchQuery> Reader<J> {
    fn is_needed(&self) -> bool {
        self.0.with_line(|line| !line.order.is_empty())
    }
}

impl<J: BatchQuery> Drop for Reader<J> {
    fn drop(&mut self) {
        self.0.with_line(|line| line.readers -= 1);
    }
}

type Caller<J> = oneshot::Sender<Result<<J as BatchQuery>::Found, Failure>>;

/// Who waits in one thread.
struct Line<J: BatchQuery> {
    /// What is wanted, each once, the oldest first.
    order: VecDeque<J::Wanted>,
    callers: HashMap<J::Wanted, Vec<Caller<J>>>,
    readers: usize,
}

impl<J: BatchQuery> Line<J> {
    fn empty() -> Self {
        Self {
            order: VecDeque::new(),
            callers: HashMap::new(),
            readers: 0,
        }
    }

    /// Says whether one more reader is needed; it is counted already.
    fn join(&mut self, wanted: J::Wanted, caller: Caller<J>) -> bool {
        match self.callers.entry(wanted) {
            Entry::Occupied(place) => {
                place.into_mut().push(caller);
                false
            }
            Entry::Vacant(place) => {
                self.order.push_back(place.key().clone());
                place.insert(vec![caller]);
                let is_reader_needed = self.readers < J::MAX_CONCURRENT;
                self.readers += usize::from(is_reader_needed);
                is_reader_needed
            }
        }
    }

    /// Takes out those for whom the next statement is; for who has given up there is none.
    fn take(&mut self) -> Batch<J> {
        let mut batch = Batch::empty();
        while batch.wanted.len() < J::MAX_BATCH
            && let Some(wanted) = self.order.pop_front()
        {
            let callers = self.callers.remove(&wanted).unwrap_or_default();
            if callers.iter().any(|caller| !caller.is_closed()) {
                batch.wanted.push(wanted);
                batch.callers.push(callers);
            }
        }
        batch
    }
}

/// What one statement reads, and for whom.
struct Batch<J: BatchQuery> {
    wanted: Vec<J::Wanted>,
    callers: Vec<Vec<Caller<J>>>,
}

impl<J: BatchQuery> Batch<J> {
    fn empty() -> Self {
        Self {
            wanted: Vec::new(),
            callers: Vec::new(),
        }
    }

    fn tell(self, answers: impl Iterator<Item = Result<J::Found, Failure>>) {
        for (callers, answer) in self.callers.into_iter().zip(answers) {
            for caller in callers {
                // Who has given up does not want it any more.
                let _ = caller.send(answer.clone());
            }
        }
    }
}
