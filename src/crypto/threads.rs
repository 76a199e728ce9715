//! The threads on which passwords are hashed: as many as hashes run at once, of lower priority than all others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::hash_memory::{HashMemories, HashMemory};

/// How far behind the other threads of the machine these stand: where those want all cores, a thread of this niceness gets a
/// third of what one of them does.
const NICENESS: i32 = 5;

/// How long the memory of hashes is kept where none follows.
const KEPT_FOR: Duration = Duration::from_millis(100);

/// What a thread does.
type Work = Box<dyn FnOnce(&mut HashMemory) + Send>;

/// The threads begin with the first work, and end with this.
pub(super) struct HashingThreads {
    number: usize,
    queue: OnceLock<Sender<Work>>,
    memories: Arc<HashMemories>,
}

/// There is no thread that could do it.
#[derive(Debug, thiserror::Error)]
#[error("no thread for password hashes could be started")]
pub(super) struct NoThread;

impl HashingThreads {
    pub(super) fn new(number: usize) -> Self {
        Self {
            number,
            queue: OnceLock::new(),
            memories: Arc::default(),
        }
    }

    /// Has the next free thread do this.
    pub(super) fn run(&self, work: Work) -> Result<(), NoThread> {
        let queue = self.queue.get_or_init(|| start(self.number, &self.memories));
        queue.send(work).map_err(|_| NoThread)
    }
}

/// Starts the threads. Where none can be, the queue has no other end.
fn start(number: usize, memories: &Arc<HashMemories>) -> Sender<Work> {
    let (sender, receiver) = channel();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..number {
        let (receiver, memories) = (Arc::clone(&receiver), Arc::clone(memories));
        let started = thread::Builder::new()
            .name("hashing".to_owned())
            .spawn(move || serve(&receiver, &memories));
        if let Err(error) = started {
            tracing::error!(%error, "a thread for password hashes could not be started");
        }
    }
    sender
}

fn serve(queue: &Mutex<Receiver<Work>>, memories: &HashMemories) {
    // Where the system does not allow it, the thread is like the others.
    let _ = rustix::process::nice(NICENESS);
    while let Some((work, mut memory)) = next(queue, memories) {
        // Whoever waits for it is told by the loss of its channel.
        let _ = catch_unwind(AssertUnwindSafe(|| work(&mut memory)));
        memories.take_back(memory);
    }
}

/// The next work, and the memory for it. One of the threads waits for work, the others for this one.
fn next(queue: &Mutex<Receiver<Work>>, memories: &HashMemories) -> Option<(Work, HashMemory)> {
    let queue = queue.lock();
    loop {
        let work = match queue.recv_timeout(KEPT_FOR) {
            Err(RecvTimeoutError::Timeout) if memories.give_back() => queue.recv().ok(),
            // The memory of a hash that runs is yet to be given back.
            Err(RecvTimeoutError::Timeout) => continue,
            received => received.ok(),
        };
        // Lent before the next thread waits.
        return work.map(|work| (work, memories.lend()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// With a machine that is busy.
    const PATIENCE: Duration = Duration::from_mins(2);
    /// What a hash leaves in its memory.
    const LEFT: u64 = 7;

    /// Takes so long, tells what it finds in its memory, and leaves something there.
    fn hash(takes: Duration, found: &Sender<u64>) -> Work {
        let found = found.clone();
        Box::new(move |memory| {
            thread::sleep(takes);
            let word = &mut memory.blocks(8)[0].as_mut()[0];
            found.send(*word).unwrap();
            *word = LEFT;
        })
    }

    fn await_that_nothing_is_kept(threads: &HashingThreads) {
        let began = Instant::now();
        while threads.memories.is_any_kept_or_lent() {
            assert!(began.elapsed() < PATIENCE, "never given back");
            thread::yield_now();
        }
    }

    #[test]
    fn a_hash_that_has_waited_gets_the_memory_of_the_one_before_it() {
        let threads = HashingThreads::new(1);
        let (found, finds) = channel();
        let (begin, begun) = channel::<()>();
        let waits = Box::new(move |_: &mut HashMemory| begun.recv().unwrap());
        threads.run(waits).unwrap();
        threads.run(hash(Duration::ZERO, &found)).unwrap();
        threads.run(hash(Duration::ZERO, &found)).unwrap();
        begin.send(()).unwrap();
        assert_eq!((finds.recv().unwrap(), finds.recv().unwrap()), (0, LEFT));
    }

    #[test]
    fn memory_is_given_back_where_no_hash_follows_however_long_the_last_one_took() {
        let threads = HashingThreads::new(2);
        let (found, finds) = channel();
        for takes in [Duration::ZERO, KEPT_FOR * 2] {
            threads.run(hash(takes, &found)).unwrap();
            assert_eq!(finds.recv().unwrap(), 0);
            await_that_nothing_is_kept(&threads);
        }
    }

    #[test]
    fn what_panics_leaves_its_memory_to_others() {
        let threads = HashingThreads::new(1);
        let (found, finds) = channel();
        threads.run(Box::new(|_| panic!("a defect"))).unwrap();
        threads.run(hash(Duration::ZERO, &found)).unwrap();
        assert_eq!(finds.recv().unwrap(), 0);
        await_that_nothing_is_kept(&threads);
    }
}
