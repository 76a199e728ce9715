//! Servers of others that a test runs, each with its files in a directory of its own, and gone with the test.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use private_postgres::Unprivileged;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::process::{Frozen, pid};
use crate::{database, eventually};

/// How long a server may take to end before it is killed.
const END_LIMIT: Duration = Duration::from_secs(5);

/// A directory for the files of servers, and the user that they run as: PostgreSQL and PgBouncer refuse root.
pub struct Home {
    directory: TempDir,
    user: Unprivileged,
}

impl Home {
    pub fn new() -> Self {
        let directory = database::directory();
        let user = Unprivileged::in_dir(directory.path()).unwrap();
        Self { directory, user }
    }

    /// The path of a file or directory in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file that the servers may change.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        self.user.hand_over(&path).unwrap();
        path
    }

    /// A command that is run as the user.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        self.user.prepare(&mut command);
        command
    }
}

/// A program by its name, also one of administrators, whose directory is not on everybody's `PATH`.
#[expect(
    clippy::disallowed_methods,
    reason = "PATH is where programs are found, not a setting of the service"
)]
pub fn find_program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed; `make test` does that"))
}

/// A running server; ended when dropped.
pub struct Daemon {
    process_id: u32,
    /// The signal after which it ends at once, with all its processes.
    end_signal: Signal,
    log: PathBuf,
    has_ended: Arc<AtomicBool>,
}

impl Daemon {
    /// Runs a command that stays in the foreground, with its output in a file.
    pub fn spawn(mut command: Command, log: &Path, end_signal: Signal) -> Self {
        let output = File::options().append(true).create(true).open(log).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        let has_ended: Arc<AtomicBool> = Arc::default();
        let ended = Arc::clone(&has_ended);
        let (sender, receiver) = mpsc::channel();
        // The server ends with the thread that spawned it, so this is a thread of its own.
        thread::spawn(move || match command.spawn() {
            Ok(mut child) => {
                sender.send(Ok(child.id())).unwrap();
                let _ = child.wait();
                ended.store(true, Ordering::Release);
            }
            Err(error) => sender.send(Err((command, error))).unwrap(),
        });
        let spawned = receiver.recv().unwrap();
        Self {
            process_id: spawned.unwrap_or_else(|(command, error)| panic!("{command:?}: {error}")),
            end_signal,
            log: log.to_owned(),
            has_ended,
        }
    }

    /// Waits until it answers; fails when it ends instead.
    pub async fn answers(&self, mut is_met: impl AsyncFnMut() -> bool) {
        eventually("a server answers", async || {
            assert!(!self.has_ended(), "it ended: {}", self.log());
            is_met().await
        })
        .await;
    }

    pub fn process_id(&self) -> u32 {
        self.process_id
    }

    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    pub fn signal(&self, signal: Signal) {
        if !self.has_ended() {
            // It may be ending.
            let _ = kill(pid(self.process_id), signal);
        }
    }

    /// Asks it to end by a signal, and waits until it has ended.
    pub async fn stop(self, signal: Signal) {
        self.signal(signal);
        eventually("a server ends", async || self.has_ended()).await;
    }

    /// Stops all its processes where they stand.
    pub fn freeze(&self) -> Frozen {
        Frozen::new(self.process_id)
    }

    /// Ends all its processes without a word.
    pub fn kill(self) {
        self.freeze().kill();
        // Its end is known a moment later.
        self.has_ended_within(END_LIMIT);
    }

    fn has_ended_within(&self, limit: Duration) -> bool {
        let began = Instant::now();
        while !self.has_ended() && began.elapsed() < limit {
            thread::sleep(Duration::from_millis(1));
        }
        self.has_ended()
    }
}

/// A running server with a configuration of the test's; ended when dropped.
pub struct Configured {
    _daemon: Daemon,
    _home: Home,
}

impl Configured {
    /// Waits until it accepts connections.
    pub(crate) async fn start(daemon: Daemon, home: Home, address: SocketAddr) -> Self {
        daemon
            .answers(async || TcpStream::connect(address).await.is_ok())
            .await;
        Self {
            _daemon: daemon,
            _home: home,
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if thread::panicking() && !self.has_ended() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(20)..].join("\n");
            eprintln!("the end of {}:\n{last}", self.log.display());
        }
        self.signal(self.end_signal);
        if !self.has_ended_within(END_LIMIT) {
            self.freeze().kill();
        }
    }
}
