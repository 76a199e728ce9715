//! The threads on which passwords are hashed: as many as hashes run at once, of lower priority than all others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use parking_lot::Mutex;

/// How far behind the other threads of the machine these stand: where those want all cores, a thread of this niceness gets a
/// third of what one of them does.
const NICENESS: i32 = 5;

/// What a thread does.
type Work = Box<dyn FnOnce() + Send>;

/// The threads begin with the first work, and end with this.
pub(super) struct HashingThreads {
    number: usize,
    queue: OnceLock<Sender<Work>>,
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
        }
    }

    /// Has the next free thread do this.
    pub(super) fn run(&self, work: Work) -> Result<(), NoThread> {
        let queue = self.queue.get_or_init(|| start(self.number));
        queue.send(work).map_err(|_| NoThread)
    }
}

/// Starts the threads. Where none can be, the queue has no other end.
fn start(number: usize) -> Sender<Work> {
    let (sender, receiver) = channel();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..number {
        let receiver = Arc::clone(&receiver);
        let started = thread::Builder::new()
            .name("hashing".to_owned())
            .spawn(move || serve(&receiver));
        if let Err(error) = started {
            tracing::error!(%error, "a thread for password hashes could not be started");
        }
    }
    sender
}

fn serve(queue: &Mutex<Receiver<Work>>) {
    // Where the system does not allow it, the thread is like the others.
    let _ = rustix::process::nice(NICENESS);
    loop {
        // One of the threads waits for work, the others for this one.
        let work = queue.lock().recv();
        let Ok(work) = work else {
            return;
        };
        // Whoever waits for it is told by the loss of its channel.
        let _ = catch_unwind(AssertUnwindSafe(work));
    }
}
