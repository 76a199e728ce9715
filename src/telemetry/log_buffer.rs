//! Buffers log lines and writes them to standard error in batches, by a thread of its own.
//!
//! A system call for each line would cost a request more than the check of its token, and a reader of the log that has stopped
//! reading must not stop the service. A line is written at most [`FLUSH_INTERVAL`] late. It is lost only if the process is
//! killed before, or if the reader is so slow that [`CAPACITY_BYTES`] wait.
//!
//! The non-blocking writer of `tracing-appender` allocates each line and wakes its thread for it, which takes 1.4 to
//! 1.9 times the processor time (`benches/telemetry`, `docs/PERFORMANCE.md`).

use std::io::{self, Write};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// The longest time that a line waits.
const FLUSH_INTERVAL: Duration = Duration::from_millis(100);
/// The size in bytes at which the thread is woken before that.
const BATCH_BYTES: usize = 64 * 1024;
/// The maximum number of waiting bytes. Further lines are counted and dropped.
const CAPACITY_BYTES: usize = 8 * 1024 * 1024;

/// The buffer of this process.
pub static LOG: LogBuffer = LogBuffer {
    pending: Mutex::new(PendingLines {
        bytes: Vec::new(),
        lost: 0,
    }),
    is_batch_full: Condvar::new(),
};

/// Lines that wait to be written.
pub struct LogBuffer {
    pending: Mutex<PendingLines>,
    is_batch_full: Condvar,
}

#[derive(Default)]
struct PendingLines {
    bytes: Vec<u8>,
    /// How many lines were dropped.
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

    /// Writes all waiting lines at once. Called at the end of the process.
    pub fn flush(&self) {
        let pending = std::mem::take(&mut *self.pending.lock());
        pending.write_to_stderr();
    }

    fn write_forever(&self) {
        // Two buffers are swapped, so that a batch need not allocate.
        let mut batch = PendingLines::default();
        loop {
            batch.lost = 0;
            batch.bytes.clear();
            batch.bytes.shrink_to(2 * BATCH_BYTES);
            batch.bytes.reserve(2 * BATCH_BYTES);
            let mut pending = self.pending.lock();
            let is_batch_short = |pending: &mut PendingLines| pending.bytes.len() < BATCH_BYTES;
            self.is_batch_full
                .wait_while_for(&mut pending, is_batch_short, FLUSH_INTERVAL);
            std::mem::swap(&mut *pending, &mut batch);
            drop(pending);
            batch.write_to_stderr();
        }
    }
}

impl PendingLines {
    /// Writes the lines. Errors are ignored, because there is nowhere to report them.
    fn write_to_stderr(&self) {
        let mut stderr = io::stderr().lock();
        let _ = stderr.write_all(&self.bytes);
        if self.lost > 0 {
            let _ = writeln!(
                stderr,
                "talentsoft-partner: {} log lines were lost: the log is not read fast enough",
                self.lost
            );
        }
    }
}

/// Appends lines to the buffer, each by one call of `write`.
pub struct LineWriter(&'static LogBuffer);

impl Write for LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut pending = self.0.pending.lock();
        let before = pending.bytes.len();
        if before + line.len() > CAPACITY_BYTES {
            pending.lost += 1;
        } else {
            pending.bytes.extend_from_slice(line);
            if before < BATCH_BYTES && pending.bytes.len() >= BATCH_BYTES {
                self.0.is_batch_full.notify_one();
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
