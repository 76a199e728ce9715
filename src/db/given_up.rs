//! Connections that were given up in the middle of something, until their server has ended it.
//!
//! Who closes a connection does not end what the server does for it: a commit that waits for a synchronous standby waits on,
//! in a process of the server. So a connection that was given up keeps its place in the pool until the server has answered,
//! or says that its process is gone; otherwise each retry would leave another process behind, until nobody can log in.
//!
//! A commit that hangs opens a circuit breaker: changes are refused at once, instead of taking more places, until the server
//! has ended it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::store;

/// The connections that were given up.
#[derive(Default)]
pub(super) struct GivenUp {
    /// By the server's process, with what ends the wait for it.
    waiting: Mutex<HashMap<i32, CancellationToken>>,
    /// Those whose commit takes longer than any should.
    hanging: AtomicUsize,
}

/// Counts one hanging commit while it lives.
pub(super) struct Hanging(Arc<GivenUp>);

impl Hanging {
    fn count(given_up: &Arc<GivenUp>) -> Self {
        given_up.hanging.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(given_up))
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.hanging.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A commit that was given up.
pub(super) enum Commit {
    /// It hangs.
    Hanging(Hanging),
    /// It hangs if it has not ended by then.
    HangsFrom(Instant),
}

/// Takes an entry away when the wait ends, also when its task is dropped.
struct Entry<'a> {
    given_up: &'a GivenUp,
    process_id: i32,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.given_up.waiting.lock().remove(&self.process_id);
    }
}

impl GivenUp {
    /// How many commits hang.
    pub(super) fn hanging(&self) -> usize {
        self.hanging.load(Ordering::Relaxed)
    }

    /// A commit that is given up now and counts as one that hangs from this instant on.
    pub(super) fn count_from(self: &Arc<Self>, hangs_from: Instant) -> Commit {
        if Instant::now() < hangs_from {
            Commit::HangsFrom(hangs_from)
        } else {
            Commit::Hanging(Hanging::count(self))
        }
    }

    /// Waits until the server has ended what it does on `connection`. Where that is a commit, it counts while it hangs.
    pub(super) async fn wait_for_end(
        self: &Arc<Self>,
        connection: &mut PgConnection,
        process_id: i32,
        commit: Option<Commit>,
    ) {
        let released = CancellationToken::new();
        self.waiting.lock().insert(process_id, released.clone());
        let _entry = Entry {
            given_up: self,
            process_id,
        };
        let waiting = async {
            // What is outstanding is answered before a ping is.
            let mut answered = std::pin::pin!(connection.ping());
            let _hanging = match commit {
                Some(Commit::HangsFrom(instant)) => {
                    if timeout_at(instant, &mut answered).await.is_ok() {
                        return;
                    }
                    Some(Hanging::count(self))
                }
                Some(Commit::Hanging(hanging)) => Some(hanging),
                None => None,
            };
            // An answer and a broken connection are the same here: the server is done with it.
            let _ = answered.await;
        };
        tokio::select! {
            () = waiting => {}
            () = released.cancelled() => {}
        }
    }

    /// Asks the server which of the processes still run, and ends the wait for the others: their connections may be broken
    /// without a word.
    pub(super) async fn release_ended(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let waited_for: Vec<i32> = self.waiting.lock().keys().copied().collect();
        if waited_for.is_empty() {
            return Ok(());
        }
        let running = store::list_running(connection, &waited_for).await?;
        let waiting = self.waiting.lock();
        for process_id in waited_for
            .iter()
            .filter(|process_id| !running.contains(process_id))
        {
            if let Some(released) = waiting.get(process_id) {
                released.cancel();
            }
        }
        Ok(())
    }

    /// Ends all waits: the processes are those of a server that is not the database any more.
    pub(super) fn release_all(&self) {
        for released in self.waiting.lock().values() {
            released.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_commit_that_hangs_when_it_is_given_up_is_counted_at_once() {
        let given_up = Arc::<GivenUp>::default();
        let now = Instant::now();
        let hanging = given_up.count_from(now);
        assert_eq!(given_up.hanging(), 1);
        let other = given_up.count_from(now + Duration::from_mins(1));
        assert_eq!(given_up.hanging(), 1, "this one may still end");
        drop((hanging, other));
        assert_eq!(given_up.hanging(), 0);
    }
}
