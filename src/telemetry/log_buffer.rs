//! Log lines on their way to standard error: collected, and written in batches by a thread of their own.
//!
//! A system call for each line would cost a request more than the check of its token; and a reader of the log that has
//! stopped reading must not stop the service. A line is at most [`PERIOD`] late, and lost only if the process is killed
//! before, or if the reader falls so far behind that [`CAPACITY`] bytes wait.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Longest time that a line waits.
const PERIOD: Duration = Duration::from_millis(100);
/// Bytes at which the thread is woken early.
const BATCH: usize = 64 * 1024;
/// Most bytes that wait; what comes then is counted and left out.
const CAPACITY: usize = 8 * 1024 * 1024;

/// The lines of this process.
pub static LOG: LogBuffer = LogBuffer {
    waiting: Mutex::new(Waiting {
        bytes: Vec::new(),
        lost: 0,
    }),
    wake: Condvar::new(),
};

/// Collects lines.
pub struct LogBuffer {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    lost: u64,
}

impl LogBuffer {
    /// Starts the thread that writes.
    pub fn start(&'static self) -> io::Result<()> {
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || self.write_forever())?;
        Ok(())
    }

    /// Writes what waits, now: before the process ends.
    pub fn flush(&self) {
        let waiting = std::mem::take(&mut *self.lock());
        write_out(&waiting);
    }

    fn write_forever(&self) {
        // Two buffers take turns, so that lines need not make room for themselves.
        let mut batch = Waiting::default();
        loop {
            batch.lost = 0;
            batch.bytes.clear();
            batch.bytes.shrink_to(2 * BATCH);
            batch.bytes.reserve(2 * BATCH);
            let (mut waiting, _) = self
                .wake
                .wait_timeout_while(self.lock(), PERIOD, |waiting| waiting.bytes.len() < BATCH)
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut *waiting, &mut batch);
            drop(waiting);
            write_out(&batch);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where standard error is closed there is nobody to tell.
fn write_out(waiting: &Waiting) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(&waiting.bytes);
    if waiting.lost > 0 {
        let _ = writeln!(
            stderr,
            "talentsoft-partner: {} log lines were lost: the log is not read fast enough",
            waiting.lost
        );
    }
}

/// Takes one line after another.
pub struct LineWriter(&'static LogBuffer);

impl Write for LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.lock();
        let before = waiting.bytes.len();
        if before + line.len() > CAPACITY {
            waiting.lost += 1;
        } else {
            waiting.bytes.extend_from_slice(line);
            if before < BATCH && waiting.bytes.len() >= BATCH {
                self.0.wake.notify_one();
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for &'static LogBuffer {
    type Writer = LineWriter;

    fn make_writer(&self) -> LineWriter {
        LineWriter(self)
    }
}
