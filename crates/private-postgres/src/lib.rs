//! A private PostgreSQL that the service starts as a child process.
//!
//! With no `DATABASE_URL` the service (and every test binary) runs on a cluster of its own: the programs come from the
//! host, the data lives under one directory, the only way in is a unix socket in a directory closed to other users, and
//! the server goes when its owner goes, also when the owner is killed.
//!
//! ```text
//! <data_dir>/postgres/            the cluster
//!            postgres.lock        held by the one owner for as long as it lives
//!            postgres.log         what the server, initdb and the bootstrap wrote
//!            run/                 the socket
//!            postgres.socket-dir  where the socket is instead, when the path above is too long for one
//!            postgres.disposable  present when the cluster was made to be thrown away
//! ```
//!
//! Everything here blocks; asynchronous callers go through `spawn_blocking`.

mod error;
mod identity;
mod initialise;
mod layout;
mod locate;
mod lock;
mod pidfile;
mod running;
mod server;
mod socket_dir;
mod spawn;
mod sweep;
#[cfg(test)]
mod tests;
mod tool;
mod url;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

pub use error::Error;
pub use running::find_running;
pub use sweep::sweep_abandoned;

use identity::Identity;
use layout::Layout;
use lock::OwnerLock;
use server::Server;
use socket_dir::SocketDir;

/// How much the cluster may lose in a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed.
    Full,
    /// Everything: `fsync`, `synchronous_commit`, `full_page_writes` and autovacuum are off. For tests only.
    Disposable,
}

/// Which cluster to run, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory that holds the cluster, its log, its lock and its socket; made when absent.
    pub data_dir: PathBuf,
    /// How much the cluster may lose in a crash.
    pub durability: Durability,
    /// Where `initdb` and `postgres` are; looked for on the host when absent.
    pub pg_bin_dir: Option<PathBuf>,
    /// How many connections the server takes at once.
    pub max_connections: u16,
}

/// A running private cluster.
///
/// The handle that started the server owns it and stops it when dropped: a fast shutdown, and an immediate one after
/// 20 seconds. Close the connection pool first. A handle that attached to another process's server leaves it alone.
#[derive(Debug)]
pub struct EmbeddedDb {
    owned: Option<Owned>,
    postmaster_pid: u32,
    socket_dir: PathBuf,
    database_url: String,
    log_file: PathBuf,
}

/// What only the owner holds; dropped in this order, so that the lock outlives the server.
#[derive(Debug)]
struct Owned {
    server: Server,
    _socket_dir: SocketDir,
    _lock: OwnerLock,
}

impl EmbeddedDb {
    /// The database that every new cluster has.
    pub const DATABASE: &str = "partner";

    /// Takes the owner lock, makes the cluster at first use, starts the server and waits until it takes connections.
    ///
    /// # Errors
    /// When another process owns the cluster, the server programs are missing or of another version, or the server
    /// does not start.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let layout = Layout::prepare(&options.data_dir)?;
        let lock = OwnerLock::take(&layout)?;
        Self::own(options, &layout, lock)
    }

    /// Starts the cluster, or attaches to it when another live process owns it: the command line beside a running
    /// service. An owner that is still starting is waited for.
    ///
    /// # Errors
    /// As [`EmbeddedDb::start`], and when the owner's server does not take connections within 30 seconds.
    pub fn start_or_attach(options: &Options) -> Result<Self, Error> {
        let layout = Layout::prepare(&options.data_dir)?;
        let deadline = Instant::now() + running::ATTACH_LIMIT;
        loop {
            if let Some(lock) = OwnerLock::try_take(&layout)? {
                return Self::own(options, &layout, lock);
            }
            if let Some(found) = running::find(&layout)? {
                return Ok(Self::new(&layout, None, found.postmaster_pid, found.socket_dir));
            }
            if Instant::now() >= deadline {
                return Err(Error::NotAccepting {
                    data_dir: layout.data_dir().to_owned(),
                    log: layout.log(),
                });
            }
            thread::sleep(lock::RETRY_INTERVAL);
        }
    }

    /// Whether this handle started the server, and will stop it.
    #[must_use]
    pub const fn is_owner(&self) -> bool {
        self.owned.is_some()
    }

    /// The URL of the database `partner`, for sqlx and for psql.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The URL of another database of this cluster, whether or not it exists.
    #[must_use]
    pub fn database_url_of(&self, database: &str) -> String {
        url::of(&self.socket_dir, database)
    }

    /// The process id of the server's parent process.
    #[must_use]
    pub const fn postmaster_pid(&self) -> u32 {
        self.postmaster_pid
    }

    /// Where the server writes its log.
    #[must_use]
    pub fn log_file(&self) -> &Path {
        &self.log_file
    }

    /// Stops the server and waits for it; does nothing when this handle only attached.
    ///
    /// # Errors
    /// When the server is still there after an immediate shutdown.
    pub fn stop(mut self) -> Result<(), Error> {
        self.owned.as_mut().map_or(Ok(()), |owned| owned.server.stop())
    }

    /// Starts the server under the lock it is given.
    fn own(options: &Options, layout: &Layout, lock: OwnerLock) -> Result<Self, Error> {
        let programs = locate::find(options.pg_bin_dir.as_deref(), layout)?;
        let identity = Identity::choose(layout, &programs)?;
        Self::own_as(options, layout, lock, &programs, &identity)
    }

    fn own_as(
        options: &Options,
        layout: &Layout,
        lock: OwnerLock,
        programs: &locate::Programs,
        identity: &Identity,
    ) -> Result<Self, Error> {
        let begun = Instant::now();
        initialise::ensure(layout, programs, identity, options.durability)?;
        let socket_dir = SocketDir::prepare(layout, identity)?;
        pidfile::clear_stale(layout, socket_dir.path())?;
        let command = server::command(options, layout, programs, identity, socket_dir.path());
        let server = Server::start(command, layout)?;
        let (pid, path) = (server.pid(), socket_dir.path().to_owned());
        let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(pid, elapsed_ms, data_dir = %layout.data_dir().display(), "started the private PostgreSQL");
        let owned = Owned {
            server,
            _socket_dir: socket_dir,
            _lock: lock,
        };
        Ok(Self::new(layout, Some(owned), pid, path))
    }

    fn new(layout: &Layout, owned: Option<Owned>, postmaster_pid: u32, socket_dir: PathBuf) -> Self {
        let database_url = url::of(&socket_dir, Self::DATABASE);
        Self {
            owned,
            postmaster_pid,
            socket_dir,
            database_url,
            log_file: layout.log(),
        }
    }
}
