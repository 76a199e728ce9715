//! The bounded pool in which secrets are hashed.
//!
//! One argon2id costs tens of milliseconds of a core and 19 MiB, so both the number that run at once and the number that
//! wait are bounded; past that the answer is "unavailable", at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

/// Runs argon2id off the async threads, a bounded number at a time.
#[derive(Clone)]
pub struct PasswordPool {
    running: Arc<Semaphore>,
    admitted: Arc<AtomicUsize>,
    capacity: usize,
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
            capacity: threads + queue,
        }
    }

    /// Runs `work` on a blocking thread once a place is free.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, QueueFull> {
        let admission = HashAdmission::enter(&self.admitted, self.capacity).ok_or(QueueFull)?;
        let permit = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| QueueFull)?;
        let work = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller that goes away does not free the place while its hash still runs.
            let _places = (admission, permit);
            work()
        });
        work.await.map_err(|_| QueueFull)
    }

    /// Whether half of the places are taken: the rest is for those who have not been tried too often.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.depth() * 2 >= self.capacity
    }

    /// Hashes that run or wait at the moment.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.admitted.load(Ordering::Relaxed)
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
