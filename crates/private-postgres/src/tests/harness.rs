//! What the tests of the private server share: a place, a question, patience, and another process.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::kill;
use nix::unistd::Pid;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::{Durability, Options, find_running, reachable_dir};

const LIMIT: Duration = Duration::from_secs(30);

/// In the working directory of a test process that [`owner_process`] turns into an owner; holds the data directory.
pub(super) const OWNER_ORDER: &str = "owner-order";

pub(super) fn options(data_dir: &Path) -> Options {
    Options {
        data_dir: data_dir.to_owned(),
        durability: Durability::Disposable,
        pg_bin_dir: None,
        max_connections: 10,
    }
}

/// A directory that the account of the server can pass through.
pub(super) fn directory() -> TempDir {
    let parent = reachable_dir(&std::env::temp_dir()).unwrap();
    let permissions = Permissions::from_mode(0o711);
    tempfile::Builder::new()
        .permissions(permissions)
        .tempdir_in(parent)
        .unwrap()
}

pub(super) fn temporary() -> (TempDir, Options) {
    let parent = directory();
    let options = options(&parent.path().join("data"));
    (parent, options)
}

pub(super) fn query(url: &str, sql: &'static str) -> String {
    with_connection(url, async |mut connection| {
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    })
}

pub(super) fn execute(url: &str, sql: &'static str) {
    with_connection(url, async |mut connection| {
        _ = sqlx::query(sql).execute(&mut connection).await.unwrap();
    });
}

fn with_connection<T>(url: &str, work: impl AsyncFnOnce(PgConnection) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { work(PgConnection::connect(url).await.unwrap()).await })
}

pub(super) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {LIMIT:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

pub(super) fn pid_of(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap())
}

/// Whether the process has gone, other than as a zombie.
pub(super) fn has_gone(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|arguments| arguments.is_empty())
        || kill(pid_of(pid), None).is_err()
}

pub(super) fn postmaster_pid(data_dir: &Path) -> u32 {
    let text = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

/// Another process that owns a cluster; killed when dropped.
pub(super) struct Owner(Child);

impl Owner {
    pub(super) fn spawn(work_dir: &Path, data_dir: &Path, uid: Option<u32>) -> Self {
        fs::write(work_dir.join(OWNER_ORDER), data_dir.to_str().unwrap()).unwrap();
        let (_, module) = module_path!()
            .trim_end_matches("::harness")
            .split_once("::")
            .unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([&format!("{module}::owner_process"), "--exact"])
            .current_dir(work_dir)
            .stdout(Stdio::null());
        if let Some(uid) = uid {
            command.uid(uid).gid(uid);
        }
        let mut owner = Self(command.spawn().unwrap());
        wait_until("the other process owns a running server", || {
            assert_eq!(owner.0.try_wait().unwrap(), None, "the other process ended");
            find_running(data_dir).unwrap().is_some()
        });
        owner
    }

    pub(super) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
