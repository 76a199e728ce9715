//! The bounded pool in which secrets are hashed.
//!
//! One argon2id costs ten milliseconds of a core and more, and 7 MiB, so both the number that run at once and the number that
//! wait are bounded, and so is how long one waits; past that the answer is "unavailable". They run on threads of their own,
//! which leave the cores to the others where those need them: so every core may hash, and nobody else is slower for it. A hash
//! that follows another is computed in its memory (`hash_memory`).
//!
//! The places are for secrets of registered clients. A secret that is presented for an identifier that nobody has gets none:
//! whoever makes identifiers up would take them all. It is hashed for nothing while few are ([`PasswordPool::run_decoy`]),
//! and otherwise only waits for as long as it would take, so that from outside both are the same.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::hash_memory::HashMemory;
use super::random;
use super::secret::HashCosts;
use super::threads::HashingThreads;

/// How long a hash waits at most before it begins.
pub const MAX_WAIT: Duration = Duration::from_secs(5);
/// How many hashes for each thread make the pool [busy](PasswordPool::is_busy).
const BUSY_PER_THREAD: usize = 16;
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
    workers: Arc<HashingThreads>,
    computed: Arc<AtomicU64>,
    /// What the last hash for a registered client cost.
    costs: Arc<Mutex<HashCosts>>,
}

/// Too many hashes wait already, or this one has waited for too long.
#[derive(Debug, thiserror::Error)]
#[error("too many password hashes wait")]
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
            workers: Arc::new(HashingThreads::new(threads)),
            computed: Arc::default(),
            costs: Arc::new(Mutex::new(HashCosts::PRESENT)),
        }
    }

    /// Runs `work` on a hashing thread once a place is free, within [`MAX_WAIT`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut HashMemory) -> T + Send + 'static,
    ) -> Result<T, QueueFull> {
        self.run_until(Instant::now() + MAX_WAIT, work).await
    }

    /// Runs `work` on a hashing thread, if a place is free before the deadline.
    pub async fn run_until<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&mut HashMemory) -> T + Send + 'static,
    ) -> Result<T, QueueFull> {
        let admission = HashAdmission::enter(&self.admitted, self.capacity).ok_or(QueueFull)?;
        self.run_holding(deadline, admission, work).await
    }

    /// Takes as long as `work` would in [`PasswordPool::run_until`] and is refused when that would be, but takes no place: runs
    /// `work`, which computes so many hashes, if no other such work runs and the last one is a while ago, and otherwise waits.
    pub async fn run_decoy<T: Send + 'static>(
        &self,
        deadline: Instant,
        hashes: u32,
        work: impl FnOnce(&mut HashMemory) -> T + Send + 'static,
    ) -> Result<(), QueueFull> {
        if self.depth() >= self.capacity {
            return Err(QueueFull);
        }
        if let Some(turn) = self.decoys.take_turn() {
            return self.run_holding(deadline, turn, work).await.map(|_| ());
        }
        let (wait, own) = self.expected(hashes);
        if Instant::now() + wait > deadline {
            sleep_until(deadline).await;
            return Err(QueueFull);
        }
        sleep(wait + own).await;
        Ok(())
    }

    async fn run_holding<T: Send + 'static>(
        &self,
        deadline: Instant,
        place: impl Send + 'static,
        work: impl FnOnce(&mut HashMemory) -> T + Send + 'static,
    ) -> Result<T, QueueFull> {
        let turn = Arc::clone(&self.running).acquire_owned();
        let permit = timeout_at(deadline, turn).await.map_err(|_elapsed| QueueFull)?;
        let permit = permit.map_err(|_| QueueFull)?;
        let (done, output) = oneshot::channel();
        let work = move |memory: &mut HashMemory| {
            // Held by the work itself: a caller that goes away does not free the place while its hash still runs.
            let places = (place, permit);
            let output = work(memory);
            drop(places);
            let _ = done.send(output);
        };
        self.workers.run(Box::new(work)).map_err(|_| QueueFull)?;
        output.await.map_err(|_| QueueFull)
    }

    /// Computes one hash, counts it, and remembers how long it took.
    pub fn timed<T>(&self, hash: impl FnOnce() -> T) -> T {
        self.computed.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        let output = hash();
        let mut durations = self.durations.lock();
        if durations.len() == KEPT_DURATIONS {
            durations.pop_front();
        }
        durations.push_back(began.elapsed());
        output
    }

    /// Remembers what a hash for a registered client cost.
    pub fn note_costs(&self, costs: HashCosts) {
        *self.costs.lock() = costs;
    }

    /// What a hash costs: the last one for a registered client, so that one for nothing is like one of those.
    #[must_use]
    pub fn usual_costs(&self) -> HashCosts {
        *self.costs.lock()
    }

    /// How long so many hashes would wait now, and how long they would take then, one after the other.
    fn expected(&self, hashes: u32) -> (Duration, Duration) {
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
        (wait, one.saturating_mul(hashes))
    }

    /// Whether so many wait that the others are for those who have not been tried too often.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let busy = (self.threads * BUSY_PER_THREAD).min(self.capacity.div_ceil(2));
        self.depth() >= busy
    }

    /// Hashes of secrets of registered clients that run or wait at the moment.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.admitted.load(Ordering::Relaxed)
    }

    /// Hashes that were computed, since the start.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
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
        let (began, has_begun) = oneshot::channel::<()>();
        let running = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(move |_| {
                    began.send(()).unwrap();
                    wait.recv().unwrap();
                })
                .await
            }
        });
        has_begun.await.unwrap();
        let mut waiting = std::pin::pin!(pool.run(|_| 2));
        assert!(futures_poll_once(waiting.as_mut()).await.is_none());
        assert!(pool.run(|_| 3).await.is_err());
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
        // One is computed in each period; the others only wait.
        let patience = || Instant::now() + MAX_WAIT;
        let began = Instant::now();
        let decoys = (0..50).map(|_| pool.run_decoy(patience(), 1, |_| ()));
        for done in futures_util::future::join_all(decoys).await {
            done.unwrap();
        }
        let periods = began.elapsed().div_duration_f64(DECOY_PERIOD).ceil();
        assert!((1.0..=periods).contains(&f64::from(u32::try_from(pool.decoys()).unwrap())));
        assert_eq!(pool.depth(), 0);
        let (release, wait) = mpsc::channel::<()>();
        let mut running = std::pin::pin!(pool.run(move |_| wait.recv().unwrap()));
        assert!(futures_poll_once(running.as_mut()).await.is_none());
        let mut waiting = std::pin::pin!(pool.run(|_| ()));
        assert!(futures_poll_once(waiting.as_mut()).await.is_none());
        assert!(
            pool.run_decoy(patience(), 1, |_| ()).await.is_err(),
            "as one with a place would be"
        );
        release.send(()).unwrap();
        running.await.unwrap();
        waiting.await.unwrap();
        pool.run_decoy(patience(), 1, |_| ()).await.unwrap();
    }

    #[tokio::test]
    async fn who_has_waited_until_the_deadline_is_refused_and_takes_no_place() {
        let pool = PasswordPool::new(1, 8);
        pool.timed(|| ());
        let (release, wait) = mpsc::channel::<()>();
        let mut running = std::pin::pin!(pool.run(move |_| wait.recv().unwrap()));
        assert!(futures_poll_once(running.as_mut()).await.is_none());
        let mut later = std::pin::pin!(pool.run(|_| ()));
        assert!(futures_poll_once(later.as_mut()).await.is_none());
        assert!(pool.run_until(Instant::now(), |_| ()).await.is_err());
        assert_eq!(pool.depth(), 2, "who waits on keeps its place");
        let decoy = pool.decoys.take_turn();
        assert!(decoy.is_some(), "the next one only waits");
        assert!(pool.run_decoy(Instant::now(), 1, |_| ()).await.is_err());
        release.send(()).unwrap();
        running.await.unwrap();
        later.await.unwrap();
        assert_eq!(pool.depth(), 0);
    }

    #[tokio::test]
    async fn work_that_panics_fails_alone() {
        let pool = PasswordPool::new(1, 1);
        assert!(pool.run(|_| panic!("a defect")).await.is_err());
        assert_eq!(pool.run(|_| 1).await.unwrap(), 1);
        assert_eq!(pool.depth(), 0);
    }

    #[test]
    fn the_expected_time_is_that_of_the_hash_and_of_those_ahead() {
        let pool = PasswordPool::new(2, 8);
        assert_eq!(pool.expected(1), (Duration::ZERO, ASSUMED_DURATION));
        assert_eq!(pool.expected(2), (Duration::ZERO, ASSUMED_DURATION * 2));
        let admit = || HashAdmission::enter(&pool.admitted, pool.capacity).unwrap();
        let _running = [admit(), admit()];
        let bounds = Duration::ZERO..=ASSUMED_DURATION;
        assert!(bounds.contains(&pool.expected(1).0), "after what is left of one");
        let _waiting = [admit(), admit()];
        let bounds = ASSUMED_DURATION..=ASSUMED_DURATION * 2;
        assert!(
            bounds.contains(&pool.expected(1).0),
            "and one more on each thread"
        );
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
