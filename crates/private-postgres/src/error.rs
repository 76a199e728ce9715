//! Why the private server could not be started, found or stopped, in one line that says what to do about it.

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
    /// The cluster was created by a version of the server that the host does not have.
    #[error(
        "the cluster in {} was created by PostgreSQL {cluster}, but this host has PostgreSQL {found}; install postgresql-{cluster} or set PG_BIN_DIR to its programs, or migrate the cluster with pg_upgrade", cluster_dir.display()
    )]
    VersionMismatch {
        /// The cluster.
        cluster_dir: PathBuf,
        /// The major version that created it.
        cluster: u32,
        /// The major versions that the host has, as a list in words.
        found: String,
    },
    /// The directory of the cluster holds something else.
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
        /// The process that holds it, where it is known.
        owner_pid: Option<u32>,
    },
    /// Another process owns the cluster, but its server accepts no connections.
    #[error("the database in {} belongs to another process, whose server accepts no connections; see {}, or stop that process", data_dir.display(), log.display())]
    NotAccepting {
        /// The data directory.
        data_dir: PathBuf,
        /// The log of the server.
        log: PathBuf,
    },
    /// The server of an earlier owner has not ended.
    #[error("an earlier PostgreSQL (pid {pid}) still runs on {}; wait for it to end, or end it with `kill -INT {pid}`", cluster_dir.display())]
    EarlierServer {
        /// The cluster.
        cluster_dir: PathBuf,
        /// The process id in its `postmaster.pid`.
        pid: u32,
    },
    /// PostgreSQL refuses to run as root, and there is no other user to run it as.
    #[error(
        "PostgreSQL does not run as root, this host allows no user namespace, and there is no account `postgres` or `nobody`; run the service as an ordinary user or set DATABASE_URL"
    )]
    NoAccount,
    /// The account that the server would run as cannot reach the data directory.
    #[error(
        "PostgreSQL would run as `{account}`, which cannot enter {}; open it with `chmod o+x`, use a data directory elsewhere (such as one in /var/lib), or run the service as an ordinary user", closed.display()
    )]
    ParentClosed {
        /// The directory that is closed to the account.
        closed: PathBuf,
        /// The account.
        account: String,
    },
    /// The account that the server would run as cannot reach the data directory, and there is no other directory.
    #[error(
        "PostgreSQL would run as `{account}`, which cannot enter {}, and the data cannot be elsewhere: {cause}; open it with `chmod o+x`, or set PARTNER_DATA_DIR or DATABASE_URL", closed.display()
    )]
    NoReachableDir {
        /// The directory that is closed to the account.
        closed: PathBuf,
        /// The account.
        account: String,
        /// Why there is no other directory.
        cause: Box<Self>,
    },
    /// Other users than root can change a directory that root would trust.
    #[error(
        "{} should be a directory that belongs to root and that nobody else can write; find out who made it, and remove it or correct it", dir.display()
    )]
    Unprotected {
        /// The directory.
        dir: PathBuf,
    },
    /// No private directory for the socket could be made.
    #[error(
        "the path {} is too long for a unix socket, and no private directory could be made in {}; use a shorter data directory", socket.display(), tried.display()
    )]
    NoSocketDir {
        /// The path that is too long.
        socket: PathBuf,
        /// The parent of the shorter paths that were tried.
        tried: PathBuf,
    },
    /// A program that prepares the cluster failed.
    #[error("{program} failed: {reason}; its output is in {}", log.display())]
    ToolFailed {
        /// The program.
        program: &'static str,
        /// The line of its output that best explains the failure.
        reason: String,
        /// The file with the rest of its output.
        log: PathBuf,
    },
    /// The server ended before it accepted connections.
    #[error("the private PostgreSQL ended while starting: {reason}; its log is {}", log.display())]
    EndedWhileStarting {
        /// The line of its output that best explains the failure.
        reason: String,
        /// The file with the rest of its output.
        log: PathBuf,
    },
    /// The server did not accept connections in time.
    #[error("the private PostgreSQL was not ready after {limit_s} seconds and was stopped; its log is {}", log.display())]
    NotReady {
        /// The time limit, in seconds.
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
    /// A system call failed.
    #[error("cannot {action} {}: {cause}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The path it was tried on.
        path: PathBuf,
        /// The error of the system.
        cause: io::Error,
    },
}

impl Error {
    /// An error that names what was tried on which path, for `map_err`.
    pub(crate) fn io<E: Into<io::Error>>(action: &'static str, path: &Path) -> impl FnOnce(E) -> Self {
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
