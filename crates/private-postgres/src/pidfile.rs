//! The server's own `postmaster.pid`: whether the server is ready, and whether any process of it is still alive.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::layout::{self, Layout};
use crate::socket_dir;

/// How long the server of an earlier owner may take to end.
const END_LIMIT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// What the server writes into its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pidfile {
    /// Line 1; absent while the file is being written.
    pub(crate) pid: Option<u32>,
    /// Line 8 says `ready`.
    pub(crate) is_ready: bool,
    /// Line 7: the key and the id of the shared memory, as text.
    shared_memory: Option<(String, String)>,
}

impl Pidfile {
    /// Reads the file of a cluster; `None` when there is none.
    pub(crate) fn read(layout: &Layout) -> Result<Option<Self>, Error> {
        let path = layout.cluster().join("postmaster.pid");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Self::parse(&text))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    fn parse(text: &str) -> Self {
        let line = |number: usize| text.lines().nth(number - 1).map(str::trim);
        Self {
            // A single-user server writes its process id with a minus sign.
            pid: line(1).and_then(|pid| pid.trim_start_matches('-').parse().ok()),
            is_ready: line(8) == Some("ready"),
            shared_memory: line(7).and_then(|ids| {
                let mut ids = ids.split_whitespace().map(str::to_owned);
                Some((ids.next()?, ids.next()?))
            }),
        }
    }

    /// Whether any process of that server is alive, its backends included.
    fn is_alive(&self, cluster: &Path) -> bool {
        let by_memory = self.shared_memory.as_ref().map(|(key, id)| {
            // Without the list of segments (some sandboxes have none) any process with that id counts.
            let list = fs::read_to_string("/proc/sysvipc/shm");
            list.map_or_else(
                |_| self.pid.is_some_and(exists),
                |list| is_attached(&list, key, id),
            )
        });
        by_memory.unwrap_or(false) || self.pid.is_some_and(|pid| runs_on(pid, cluster))
    }
}

/// Waits for the server of an earlier owner to end, then removes the files that would keep the next one from starting.
///
/// The caller holds the owner lock, so no other server of this cluster can be starting meanwhile.
pub(crate) fn clear_stale(layout: &Layout, socket_dir: &Path) -> Result<(), Error> {
    let cluster = layout.cluster();
    let deadline = Instant::now() + END_LIMIT;
    while let Some(found) = Pidfile::read(layout)?.filter(|found| found.is_alive(&cluster)) {
        if Instant::now() >= deadline {
            return Err(Error::EarlierServer {
                cluster_dir: cluster,
                pid: found.pid.unwrap_or_default(),
            });
        }
        thread::sleep(POLL_INTERVAL);
    }
    let (socket, socket_lock) = (
        socket_dir::socket_in(socket_dir),
        socket_dir::socket_lock_in(socket_dir),
    );
    [cluster.join("postmaster.pid"), socket, socket_lock]
        .iter()
        .try_for_each(|path| layout::remove_if_present(path))
}

/// Whether any process uses the cluster.
pub(crate) fn is_in_use(layout: &Layout) -> Result<bool, Error> {
    Ok(Pidfile::read(layout)?.is_some_and(|found| found.is_alive(&layout.cluster())))
}

/// Whether a process is attached to the segment, by the kernel's list: `key shmid perms size cpid lpid nattch …`.
fn is_attached(list: &str, key: &str, id: &str) -> bool {
    list.lines().any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let column = |number: usize| columns.get(number).copied();
        column(0) == Some(key) && column(1) == Some(id) && column(6).is_some_and(|count| count != "0")
    })
}

fn exists(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// Whether the process was started on the cluster; another process may have its id by now.
fn runs_on(pid: u32, cluster: &Path) -> bool {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    arguments
        .split(|&byte| byte == 0)
        .any(|argument| argument == cluster.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_server_is_told_from_a_starting_one() {
        let ready = "4711\n/d/postgres\n1700000000\n5432\n/d/run\n\n  12345678        42\nready   \n";
        let found = Pidfile::parse(ready);
        assert_eq!(found.pid, Some(4711));
        assert!(found.is_ready);
        assert_eq!(
            found.shared_memory,
            Some(("12345678".to_owned(), "42".to_owned()))
        );
        assert!(!Pidfile::parse(&ready.replace("ready   ", "starting")).is_ready);
        assert_eq!(Pidfile::parse(""), Pidfile::default());
        assert_eq!(Pidfile::parse("-17\n").pid, Some(17));
    }

    #[test]
    fn a_segment_counts_only_with_its_key_and_a_user() {
        let list = "       key      shmid perms size cpid lpid nattch\n  10010785  4   600  56  8889 10016      6 0\n 77 5 600 56 1 1 0 0\n";
        assert!(is_attached(list, "10010785", "4"));
        assert!(!is_attached(list, "10010786", "4"));
        assert!(!is_attached(list, "77", "5"));
    }
}
