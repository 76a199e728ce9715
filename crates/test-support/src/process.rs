//! Processes to stop where they stand, or to end without a word.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A process id as the signal functions take it.
pub fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap())
}

/// A server with all its processes stopped where they stand; they go on when this is dropped.
pub struct Frozen(Vec<Pid>);

impl Frozen {
    pub fn new(server: u32) -> Self {
        // The parent first: it makes no more children.
        let _ = kill(pid(server), Signal::SIGSTOP);
        let mut processes = children(server);
        for process in &processes {
            // It may have ended by itself.
            let _ = kill(*process, Signal::SIGSTOP);
        }
        processes.push(pid(server));
        Self(processes)
    }

    /// Ends all processes at once, as a machine does that fails, and waits until they have gone.
    pub fn kill(self) {
        for process in &self.0 {
            let _ = kill(*process, Signal::SIGKILL);
        }
        let began = Instant::now();
        for process in &self.0 {
            while !has_gone(process.as_raw().unsigned_abs()) {
                assert!(began.elapsed() < crate::PATIENCE, "{process} does not end");
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for process in &self.0 {
            let _ = kill(*process, Signal::SIGCONT);
        }
    }
}

/// The processes that a process started and that have not ended; none where it has gone itself.
fn children(parent: u32) -> Vec<Pid> {
    let file = format!("/proc/{parent}/task/{parent}/children");
    let children = fs::read_to_string(file).unwrap_or_default();
    children
        .split_whitespace()
        .map(|number| Pid::from_raw(number.parse().unwrap()))
        .collect()
}

/// Whether the process has gone, other than as a zombie.
pub fn has_gone(number: u32) -> bool {
    fs::read(format!("/proc/{number}/cmdline")).map_or(true, |arguments| arguments.is_empty())
}
