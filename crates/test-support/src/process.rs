//! Processes to stop where they stand.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A process id as the signal functions take it.
pub fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap())
}

/// A server with all its processes stopped where they stand; they go on when this is dropped.
pub struct Frozen(Vec<Pid>);

impl Frozen {
    pub fn new(postmaster: u32) -> Self {
        // The parent first: it makes no more children.
        let _ = kill(pid(postmaster), Signal::SIGSTOP);
        let file = format!("/proc/{postmaster}/task/{postmaster}/children");
        let children = fs::read_to_string(file).unwrap();
        let mut processes: Vec<Pid> = children
            .split_whitespace()
            .map(|number| Pid::from_raw(number.parse().unwrap()))
            .collect();
        for process in &processes {
            // It may have ended by itself.
            let _ = kill(*process, Signal::SIGSTOP);
        }
        processes.push(pid(postmaster));
        Self(processes)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for process in &self.0 {
            let _ = kill(*process, Signal::SIGCONT);
        }
    }
}

/// Whether the process has gone, other than as a zombie.
pub fn has_gone(number: u32) -> bool {
    fs::read(format!("/proc/{number}/cmdline")).map_or(true, |arguments| arguments.is_empty())
}
