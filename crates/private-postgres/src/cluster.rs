//! The handle of a running cluster: starts the server or attaches to one that runs, and stops what it started.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Instant;

use crate::choose;
use crate::error::Error;
use crate::identity::Identity;
use crate::initialise;
use crate::layout::Layout;
use crate::locate::{self, Programs};
use crate::lock::{self, OwnerLock};
use crate::options::Options;
use crate::pidfile;
use crate::running;
use crate::server::{self, Server};
use crate::socket_dir::SocketDir;
use crate::url;

/// A running private cluster.
///
/// The handle that started the server owns it and stops it when dropped: by a fast shutdown, and by an immediate one
/// after 20 seconds. Close the connection pool first. A handle that attached to the server of another process leaves
/// that server running.
#[derive(Debug)]
pub struct PrivatePostgres {
    owned: Option<Arc<Owned>>,
    /// As it was when this handle attached.
    postmaster_pid: u32,
    socket_dir: PathBuf,
    database_url: String,
    log_file: PathBuf,
}

/// What only the owner holds; dropped in this order, so that the lock is released after the server has stopped.
#[derive(Debug)]
struct Owned {
    server: Mutex<Server>,
    cluster: Cluster,
    _lock: OwnerLock,
}

impl Owned {
    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A cluster that exists, and what its server is started with.
#[derive(Debug)]
struct Cluster {
    options: Options,
    layout: Layout,
    programs: Programs,
    identity: Identity,
    socket_dir: SocketDir,
}

impl Cluster {
    fn start_server(&self) -> Result<Server, Error> {
        let begun = Instant::now();
        let (layout, socket_dir) = (&self.layout, self.socket_dir.path());
        pidfile::clear_stale(layout, socket_dir)?;
        let command = server::command(&self.options, layout, &self.programs, &self.identity, socket_dir);
        let server = Server::start(command, layout)?;
        let (pid, data_dir) = (server.pid(), layout.data_dir().display());
        let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(pid, elapsed_ms, %data_dir, "started the private PostgreSQL");
        Ok(server)
    }
}

/// Starts the server of a [`PrivatePostgres`] again when it ended by itself. It does nothing once the handle is gone.
#[derive(Clone, Debug)]
pub struct Restarter(Weak<Owned>);

impl Restarter {
    /// Whether the server has ended although nobody stopped it.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        self.0
            .upgrade()
            .is_some_and(|owned| owned.server().has_ended_by_itself())
    }

    /// Starts the server again, where it is needed, and waits until it accepts connections. Its URL stays the same.
    ///
    /// # Errors
    /// When it does not start; it may be tried again.
    pub fn start_again(&self) -> Result<(), Error> {
        let Some(owned) = self.0.upgrade() else {
            return Ok(());
        };
        // Whoever stops the server waits for the end of this.
        let mut server = owned.server();
        if server.has_ended_by_itself() {
            *server = owned.cluster.start_server()?;
        }
        Ok(())
    }
}

impl PrivatePostgres {
    /// The database that every new cluster has.
    pub const DATABASE: &str = url::DATABASE;

    /// Takes the owner lock, creates the cluster at first use, starts the server and waits until it accepts
    /// connections.
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
    /// service. Waits for an owner that is still starting.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`], and when the owner's server does not accept connections within 30 seconds.
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
    pub fn postmaster_pid(&self) -> u32 {
        let owned = self.owned.as_ref();
        owned.map_or(self.postmaster_pid, |owned| owned.server().pid())
    }

    /// What starts the server again when it ends by itself; `None` when this handle only attached.
    #[must_use]
    pub fn restarter(&self) -> Option<Restarter> {
        self.owned.as_ref().map(|owned| Restarter(Arc::downgrade(owned)))
    }

    /// The file that the server logs to.
    #[must_use]
    pub fn log_file(&self) -> &Path {
        &self.log_file
    }

    /// Stops the server and waits for its end; does nothing when this handle only attached.
    ///
    /// # Errors
    /// When the server still runs after an immediate shutdown.
    pub fn stop(self) -> Result<(), Error> {
        self.owned.map_or(Ok(()), |owned| owned.server().stop())
    }

    /// Starts the server under a lock that the caller took.
    fn own(options: &Options, layout: &Layout, lock: OwnerLock) -> Result<Self, Error> {
        let programs = locate::find(options.pg_bin_dir.as_deref(), layout)?;
        let identity = choose::identity(layout)?;
        Self::own_as(options, layout, lock, programs, identity)
    }

    pub(crate) fn own_as(
        options: &Options,
        layout: &Layout,
        lock: OwnerLock,
        programs: Programs,
        identity: Identity,
    ) -> Result<Self, Error> {
        initialise::ensure(layout, &programs, &identity, options.durability)?;
        let cluster = Cluster {
            options: options.clone(),
            layout: layout.clone(),
            socket_dir: SocketDir::prepare(layout, &identity)?,
            programs,
            identity,
        };
        let server = cluster.start_server()?;
        let (pid, path) = (server.pid(), cluster.socket_dir.path().to_owned());
        let owned = Owned {
            server: Mutex::new(server),
            cluster,
            _lock: lock,
        };
        Ok(Self::new(layout, Some(Arc::new(owned)), pid, path))
    }

    fn new(layout: &Layout, owned: Option<Arc<Owned>>, postmaster_pid: u32, socket_dir: PathBuf) -> Self {
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
