//! The bounded pool in which secrets are hashed.
//!
//! One argon2id costs tens of milliseconds of a core and 19 MiB, so both the number that run at once and the number that
//! wait are bounded; past that the answer is "unavailable", at once.
//!
//! The places are for secrets of registered clients. A secret that is presented for an identifier that nobody has gets none:
//! whoever makes identifiers up would take them all. It is hashed for nothing while few are ([`PasswordPool::run_decoy`]),
//! and otherwise only waits for as long as it would take, so that from outside both are the same.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

use super::random;

/// The least time between two hashes for nothing.
const DECOY_PERIOD: Duration = Duration::from_millis(100);
/// How long a hash is taken to last until one was measured.
const ASSUMED_DURATION: Duration = Duration::from_millis(30);
/// How many measured durations are kept, of which an expected one is chosen at random.
const KEPT_DURATIONS: usize = 32;

/// Runs argon2id off the async threads, a bounded number at a time.
#[derive(Clone)]
pub struct PasswordPool {
    running: Arc<Semaphore>,
    admitted: Arc<AtomicUsize>,
    threads: usize,
    capacity: usize,
    decoys: Arc<Decoys>,
    /// How long the last hashes took, without waiting.
    durations: Arc<Mutex<VecDeque<Duration>>>,
}

/// Too many hashes wait already.
#[derive(Debug, thiserror::Error)]
#[error("the queue of password hashes is full")]
pub struct QueueFull;

impl PasswordPool {
    /// A pool that runs `threads` hashes at once and lets `queue` more wait.
    #[must_use]
    pub fn new(threads: usize, queue: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(threads)),
            admitted: Arc::new(AtomicUsize::new(0)),
            threads,
            capacity: threads + queue,
            decoys: Arc::default(),
            durations: Arc::default(),
        }
    }

    /// Runs `work` on a blocking thread once a place is free.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, QueueFull> {
        let admission = HashAdmission::enter(&self.admitted, self.capacity).ok_or(QueueFull)?;
        self.run_holding(admission, work).await
    }

    /// Takes as long as `work` would in [`PasswordPool::run`] and is refused when that would be, but takes no place: runs
    /// `work`, which computes so many hashes, if no other such work runs and the last one is a while ago, and otherwise waits.
    pub async fn run_decoy<T: Send + 'static>(
        &self,
        hashes: u32,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(), QueueFull> {
        if self.depth() >= self.capacity {
            return Err(QueueFull);
        }
        match self.decoys.take_turn() {
            Some(turn) => self.run_holding(turn, work).await.map(|_| ()),
            None => {
                sleep(self.expected(hashes)).await;
                Ok(())
            }
        }
    }

    async fn run_holding<T: Send + 'static>(
        &self,
        place: impl Send + 'static,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, QueueFull> {
        let permit = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| QueueFull)?;
        let work = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller that goes away does not free the place while its hash still runs.
            let _places = (place, permit);
            work()
        });
        work.await.map_err(|_| QueueFull)
    }

    /// Computes one hash, and remembers how long it took.
    pub fn timed<T>(&self, hash: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let output = hash();
        let mut durations = self.durations.lock();
        if durations.len() == KEPT_DURATIONS {
            durations.pop_front();
        }
        durations.push_back(began.elapsed());
        output
    }

    /// How long so many hashes would take now, one after the other, with the wait before them.
    fn expected(&self, hashes: u32) -> Duration {
        let [chosen, elapsed] = random::bytes::<2>();
        let durations = self.durations.lock();
        let at = usize::from(chosen) % durations.len().max(1);
        let one = durations.get(at).copied().unwrap_or(ASSUMED_DURATION);
        drop(durations);
        let busy = self.depth() + self.decoys.number();
        let mut wait = Duration::ZERO;
        if let Some(ahead) = busy.checked_sub(self.threads) {
            // Of the hash that ends next some part is over; all that wait come after it.
            let rest = one.mul_f64(f64::from(elapsed) / f64::from(u8::MAX));
            let ahead = u32::try_from(ahead / self.threads.max(1)).unwrap_or(u32::MAX);
            wait = rest + one.saturating_mul(ahead);
        }
        wait + one.saturating_mul(hashes)
    }

    /// Whether half of the places are taken: the rest is for those who have not been tried too often.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.depth() * 2 >= self.capacity
    }

    /// Hashes of secrets of registered clients that run or wait at the moment.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.admitted.load(Ordering::Relaxed)
    }

    /// Hashes that were computed for nothing, since the start.
    #[must_use]
    pub fn decoys(&self) -> u64 {
        self.decoys.begun.load(Ordering::Relaxed)
    }
}

/// The hashes that are computed for nothing: one at a time, and a few a second.
struct Decoys {
    turn: Arc<Semaphore>,
    began_at: Mutex<Option<Instant>>,
    begun: AtomicU64,
}

impl Default for Decoys {
    fn default() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            began_at: Mutex::default(),
            begun: AtomicU64::new(0),
        }
    }
}

impl Decoys {
    /// The turn to compute one, if there is one now.
    fn take_turn(&self) -> Option<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.turn).try_acquire_owned().ok()?;
        let mut began_at = self.began_at.lock();
        if began_at.is_some_and(|began_at| began_at.elapsed() < DECOY_PERIOD) {
            return None;
        }
        *began_at = Some(Instant::now());
        self.begun.fetch_add(1, Ordering::Relaxed);
        Some(turn)
    }

    /// How many run or wait for a thread: one or none.
    fn number(&self) -> usize {
        1 - self.turn.available_permits().min(1)
    }
}

struct HashAdmission(Arc<AtomicUsize>);

impl HashAdmission {
    fn enter(admitted: &Arc<AtomicUsize>, capacity: usize) -> Option<Self> {
        admitted
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count < capacity).then_some(count + 1)
            })
            .ok()?;
        Some(Self(Arc::clone(admitted)))
    }
}

impl Drop for HashAdmission {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn past_the_queue_the_refusal_is_immediate_and_the_rest_still_runs() {
        let pool = PasswordPool::new(1, 1);
        let (release, wait) = mpsc::channel::<()>();
        let (began, has_begun) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(move || {
                    began.send(()).unwrap();
                    wait.recv().unwrap();
                })
                .await
            }
        });
        has_begun.await.unwrap();
        let mut waiting = std::pin::pin!(pool.run(|| 2));
        assert!(futures_poll_once(waiting.as_mut()).await.is_none());
        assert!(pool.run(|| 3).await.is_err());
        assert!(pool.is_busy());
        assert_eq!(pool.depth(), 2);
        release.send(()).unwrap();
        running.await.unwrap().unwrap();
        assert_eq!(waiting.await.unwrap(), 2);
        assert_eq!(pool.depth(), 0);
        assert!(!pool.is_busy());
    }

    #[tokio::test]
    async fn what_is_hashed_for_nothing_takes_no_place_and_is_refused_where_there_is_none() {
        let pool = PasswordPool::new(1, 1);
        pool.timed(|| ());
        // One is computed; the others only wait.
        let decoys = (0..50).map(|_| pool.run_decoy(1, || ()));
        for done in futures_util::future::join_all(decoys).await {
            done.unwrap();
        }
        assert_eq!((pool.decoys(), pool.depth()), (1, 0));
        let (release, wait) = mpsc::channel::<()>();
        let mut running = std::pin::pin!(pool.run(move || wait.recv().unwrap()));
        assert!(futures_poll_once(running.as_mut()).await.is_none());
        let mut waiting = std::pin::pin!(pool.run(|| ()));
        assert!(futures_poll_once(waiting.as_mut()).await.is_none());
        assert!(
            pool.run_decoy(1, || ()).await.is_err(),
            "as one with a place would be"
        );
        release.send(()).unwrap();
        running.await.unwrap();
        waiting.await.unwrap();
        pool.run_decoy(1, || ()).await.unwrap();
    }

    #[test]
    fn the_expected_time_is_that_of_the_hash_and_of_those_ahead() {
        let pool = PasswordPool::new(2, 8);
        assert_eq!(pool.expected(1), ASSUMED_DURATION);
        assert_eq!(pool.expected(2), ASSUMED_DURATION * 2);
        let admit = || HashAdmission::enter(&pool.admitted, pool.capacity).unwrap();
        let _running = [admit(), admit()];
        let bounds = ASSUMED_DURATION..=ASSUMED_DURATION * 2;
        assert!(bounds.contains(&pool.expected(1)), "after what is left of one");
        let _waiting = [admit(), admit()];
        let bounds = ASSUMED_DURATION * 2..=ASSUMED_DURATION * 3;
        assert!(bounds.contains(&pool.expected(1)), "and one more on each thread");
    }

    async fn futures_poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match future.as_mut().poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
