//! The server process: its command line, the thread that spawns and reaps it, its start and its end.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use crate::error::Error;
use crate::identity::Identity;
use crate::layout::Layout;
use crate::locate::Programs;
use crate::options::{Durability, Options};
use crate::pidfile::Pidfile;
use crate::socket_dir::PORT;
use crate::spawn;
use crate::tool::Log;

/// How long a start may take; recovery after a crash is part of it.
const START_LIMIT: Duration = Duration::from_mins(2);
/// How long a fast shutdown may take before an immediate one is requested.
const FAST_STOP_LIMIT: Duration = Duration::from_secs(20);
/// How long an immediate shutdown may take; the server itself kills its children after 5 s.
const IMMEDIATE_STOP_LIMIT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Settings of every private server.
const SETTINGS: [&str; 9] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "logging_collector=off",
    "log_destination=stderr",
    "log_checkpoints=off",
    "log_timezone=UTC",
    "timezone=UTC",
    // Every connection is made by a superuser.
    "superuser_reserved_connections=0",
    // A supervisor may forbid memory that is written and executed, and no query here is worth compiling.
    "jit=off",
];

/// Settings of a server whose data may be lost.
const DISPOSABLE_SETTINGS: [&str; 4] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
];

/// The command that runs the server in the foreground.
pub(crate) fn command(
    options: &Options,
    layout: &Layout,
    programs: &Programs,
    identity: &Identity,
    socket_dir: &Path,
) -> Command {
    let mut command = Command::new(programs.postgres());
    command
        .arg("-D")
        .arg(layout.cluster())
        .arg("-k")
        .arg(socket_dir)
        .args(["-p", &PORT.to_string()]);
    command.arg("-N").arg(options.max_connections.max(1).to_string());
    let disposable = match options.durability {
        Durability::Full => &[][..],
        Durability::Disposable => &DISPOSABLE_SETTINGS,
    };
    for setting in SETTINGS.iter().chain(disposable) {
        command.args(["-c", setting]);
    }
    spawn::prepare(&mut command, identity);
    command
}

/// A server that this process started; stopped when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pid: Pid,
    shared: Arc<Shared>,
}

/// What the thread that reaps the server and the handle share.
#[derive(Debug)]
struct Shared {
    log: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// True between ready and stop: an end in between is a failure.
    is_expected_to_run: bool,
    has_ended: bool,
    /// It did not end by either shutdown, and is not signalled again.
    has_been_given_up: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Starts the server and waits until it accepts connections.
    pub(crate) fn start(mut command: Command, layout: &Layout) -> Result<Self, Error> {
        let log = Log::open(&layout.log())?;
        command
            .stdin(Stdio::null())
            .stdout(log.as_output()?)
            .stderr(log.as_output()?);
        let server = Self::launch(command, layout.log())?;
        server.wait_ready(layout, &log)?;
        server.shared.lock().is_expected_to_run = true;
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw().unsigned_abs()
    }

    /// Whether it has ended since it was ready, although nobody stopped it.
    pub(crate) fn has_ended_by_itself(&self) -> bool {
        let state = self.shared.lock();
        state.has_ended && state.is_expected_to_run
    }

    /// Stops the server: a fast shutdown, then an immediate one. Does nothing when it has ended.
    pub(crate) fn stop(&self) -> Result<(), Error> {
        self.shared.lock().is_expected_to_run = false;
        for (signal, limit) in [
            (Signal::SIGINT, FAST_STOP_LIMIT),
            (Signal::SIGQUIT, IMMEDIATE_STOP_LIMIT),
        ] {
            self.signal(signal);
            if self.has_ended_within(limit) {
                return Ok(());
            }
            tracing::warn!(pid = self.pid(), %signal, "the private PostgreSQL does not end");
        }
        self.shared.lock().has_been_given_up = true;
        Err(Error::NotStopped {
            pid: self.pid(),
            log: self.shared.log.clone(),
        })
    }

    /// Spawns the server from a thread that lives as long as the server, which ends with the thread that spawned it.
    fn launch(command: Command, log: PathBuf) -> Result<Self, Error> {
        let program = PathBuf::from(command.get_program());
        let shared = Arc::new(Shared {
            log,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let for_reaper = Arc::clone(&shared);
        let (sender, receiver) = mpsc::sync_channel(1);
        let reaper = thread::Builder::new().name("private-postgres".to_owned());
        reaper
            .spawn(move || spawn_and_reap(command, &for_reaper, &sender))
            .map_err(Error::io("start a thread for", &program))?;
        let spawned = receiver.recv().unwrap_or_else(|_| Err(Errno::ECHILD.into()));
        let pid = spawned.map_err(Error::io("run", &program))?;
        Ok(Self { pid, shared })
    }

    fn wait_ready(&self, layout: &Layout, log: &Log) -> Result<(), Error> {
        let deadline = Instant::now() + START_LIMIT;
        while !Pidfile::read(layout)?.is_some_and(|found| found.is_ready && found.pid == Some(self.pid())) {
            if self.has_ended_within(POLL_INTERVAL) {
                return Err(Error::EndedWhileStarting {
                    reason: log.reason(),
                    log: layout.log(),
                });
            }
            if Instant::now() >= deadline {
                return Err(Error::NotReady {
                    limit_s: START_LIMIT.as_secs(),
                    log: layout.log(),
                });
            }
        }
        Ok(())
    }

    /// Signals the server, unless it has ended: it is reaped under the same lock, so no other process can have its id yet.
    fn signal(&self, signal: Signal) {
        let state = self.shared.lock();
        if !state.has_ended
            && let Err(errno) = kill(self.pid, signal)
        {
            tracing::warn!(pid = self.pid(), %signal, %errno, "cannot signal the private PostgreSQL");
        }
    }

    fn has_ended_within(&self, limit: Duration) -> bool {
        let waited = self
            .shared
            .changed
            .wait_timeout_while(self.shared.lock(), limit, |state| !state.has_ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.has_ended
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let is_left = {
            let state = self.shared.lock();
            !state.has_ended && !state.has_been_given_up
        };
        if is_left && let Err(error) = self.stop() {
            tracing::error!(%error, "cannot stop the private PostgreSQL");
        }
    }
}

/// Spawns the server and returns when it has ended.
fn spawn_and_reap(mut command: Command, shared: &Shared, sender: &SyncSender<std::io::Result<Pid>>) {
    let spawned = command.spawn().and_then(|child| {
        let pid = i32::try_from(child.id()).map_err(std::io::Error::other)?;
        Ok((child, Pid::from_raw(pid)))
    });
    match spawned {
        Ok((child, pid)) => {
            _ = sender.send(Ok(pid));
            reap(child, pid, shared);
        }
        Err(error) => _ = sender.send(Err(error)),
    }
}

fn reap(mut child: Child, pid: Pid, shared: &Shared) {
    // Waiting without reaping keeps the process id in use until the lock is held.
    while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
    let mut state = shared.lock();
    let status = child.wait().ok();
    if state.is_expected_to_run {
        let (code, signal) = (status.and_then(|s| s.code()), status.and_then(|s| s.signal()));
        tracing::error!(%pid, ?code, ?signal, log = %shared.log.display(), "the private PostgreSQL ended by itself");
    }
    state.has_ended = true;
    shared.changed.notify_all();
}
