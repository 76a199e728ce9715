//! Why the private server is not there, in one line that says what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why the private PostgreSQL could not be started, found or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No directory of the host has the server programs.
    #[error(
        "PostgreSQL's server programs (initdb, postgres) were not found; install them with `apt-get install postgresql` or set PG_BIN_DIR or DATABASE_URL"
    )]
    ProgramsNotFound,
    /// The directory that was named does not have working server programs.
    #[error(
        "PG_BIN_DIR is {}, where initdb and postgres are missing or do not run; correct it, or unset it to search the host", bin_dir.display()
    )]
    ProgramsNotIn {
        /// The directory that was named.
        bin_dir: PathBuf,
    },
    /// The cluster was made by a version of the server that the host does not have.
    #[error(
        "the cluster in {} was made by PostgreSQL {cluster}, but this host has PostgreSQL {found}; install postgresql-{cluster} or set PG_BIN_DIR to its programs, or migrate the cluster with pg_upgrade", cluster_dir.display()
    )]
    VersionMismatch {
        /// The cluster.
        cluster_dir: PathBuf,
        /// The major version that made it.
        cluster: u32,
        /// The major versions the host has, for a reader.
        found: String,
    },
    /// There is something other than a cluster where the cluster should be.
    #[error("{} is not empty and has no readable PG_VERSION, so it is not a PostgreSQL cluster; move it away", cluster_dir.display())]
    NotACluster {
        /// The directory.
        cluster_dir: PathBuf,
    },
    /// Another live process holds the owner lock.
    #[error("the database in {} is in use by another process{}; stop that process, or use another data directory", data_dir.display(), in_brackets(*owner_pid))]
    InUse {
        /// The data directory.
        data_dir: PathBuf,
        /// The process that holds it, where it could be told.
        owner_pid: Option<u32>,
    },
    /// Another process owns the cluster, but its server takes no connections.
    #[error("the database in {} belongs to another process, whose server takes no connections; see {}, or stop that process", data_dir.display(), log.display())]
    NotAccepting {
        /// The data directory.
        data_dir: PathBuf,
        /// The log of the server.
        log: PathBuf,
    },
    /// The server of an earlier owner has not gone.
    #[error("an earlier PostgreSQL (pid {pid}) still runs on {}; wait for it to end, or end it with `kill -INT {pid}`", cluster_dir.display())]
    EarlierServer {
        /// The cluster.
        cluster_dir: PathBuf,
        /// The process id in its `postmaster.pid`.
        pid: u32,
    },
    /// PostgreSQL refuses to run as root, and there is nothing else to run it as.
    #[error(
        "PostgreSQL does not run as root, this host allows no user namespace, and there is no account `postgres` or `nobody`; run the service as an ordinary user or set DATABASE_URL"
    )]
    NoAccount,
    /// The account that the server would run as cannot reach the data directory.
    #[error(
        "PostgreSQL would run as `{account}`, which cannot enter {}; open it with `chmod o+x`, use a data directory elsewhere, or run the service as an ordinary user", closed.display()
    )]
    ParentClosed {
        /// The directory that is closed to the account.
        closed: PathBuf,
        /// The account.
        account: String,
    },
    /// No private directory for the socket could be made.
    #[error(
        "the path {} is too long for a unix socket, and no private directory could be made in {}; use a shorter data directory", socket.display(), tried.display()
    )]
    NoSocketDir {
        /// The path that is too long.
        socket: PathBuf,
        /// Where a shorter one was tried.
        tried: PathBuf,
    },
    /// A program that prepares the cluster failed.
    #[error("{program} failed: {reason}; its output is in {}", log.display())]
    ToolFailed {
        /// The program.
        program: &'static str,
        /// The last thing it said.
        reason: String,
        /// Where the rest is.
        log: PathBuf,
    },
    /// The server ended before it took connections.
    #[error("the private PostgreSQL ended while starting: {reason}; its log is {}", log.display())]
    EndedWhileStarting {
        /// The last thing it said.
        reason: String,
        /// Where the rest is.
        log: PathBuf,
    },
    /// The server did not take connections in time.
    #[error("the private PostgreSQL was not ready after {limit_s} seconds and was stopped; its log is {}", log.display())]
    NotReady {
        /// How long it was given, in seconds.
        limit_s: u64,
        /// Its log.
        log: PathBuf,
    },
    /// The server did not end in time.
    #[error("the private PostgreSQL (pid {pid}) did not end after an immediate shutdown; its log is {}", log.display())]
    NotStopped {
        /// The server.
        pid: u32,
        /// Its log.
        log: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {cause}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl Error {
    /// Says what was tried on which path, for `map_err`.
    pub(super) fn io<E: Into<io::Error>>(action: &'static str, path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io {
            action,
            path,
            cause: cause.into(),
        }
    }
}

fn in_brackets(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
}
