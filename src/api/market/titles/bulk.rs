//! Many normalizations at once, off the threads that answer requests; a request that is given up takes its work with it.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::error::Failure;

/// Bulk requests that are worked on at a time: as many as there are processors. The others wait.
static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(2, NonZero::get)));

/// Tells the work of a request that nobody waits for it any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What `work` makes of each of the items, in their order.
pub(super) async fn map_all<I, O>(
    items: Vec<I>,
    work: impl Fn(I) -> O + Send + 'static,
) -> Result<Vec<O>, Failure>
where
    I: Send + 'static,
    O: Send + 'static,
{
    let turn = TURNS.acquire().await.map_err(Failure::internal)?;
    let cancel = CancelOnDrop(Arc::default());
    let is_given_up = Arc::clone(&cancel.0);
    let working = spawn_blocking(move || {
        items
            .into_iter()
            .take_while(|_| !is_given_up.load(Ordering::Relaxed))
            .map(work)
            .collect()
    });
    let done = working.await.map_err(Failure::internal);
    drop((turn, cancel));
    done
}
