//! A private PostgreSQL server, started as a child process.
//!
//! Without `DATABASE_URL` the service runs on a cluster of its own, and so does every test binary: the programs come from
//! the host, the data is in one directory, the only way in is a unix socket in a directory closed to other users, and the
//! server ends when its owner ends, also when the owner is killed.
//!
//! ```text
//! <data_dir>/postgres/            the cluster
//!            postgres.lock        locked by the one owner for as long as it lives
//!            postgres.log         the output of the server, of initdb and of the creation of the database
//!            run/                 the socket
//!            postgres.socket-dir  the directory of the socket instead, when the path above is too long for a socket
//!            postgres.disposable  present when the cluster was created to be thrown away
//! ```
//!
//! In reading order:
//!
//! - [`reachable_dir`] finds a data directory that the server can enter, and [`PrivatePostgres`] (`cluster`) runs a cluster
//!   in it with the [`Options`] of the caller.
//! - `layout`, `lock` and `locate`: the paths, the one owner, the programs.
//! - `choose`, `identity` and `access`: the user that the server runs as, and the directories that this user can enter.
//! - `initialise`, `socket_dir`, `pidfile`, `server` and `spawn`: from an empty directory to a server that accepts
//!   connections, and to its end.
//! - [`find_running`] and [`sweep_abandoned`]: the clusters of other processes, alive and dead.
//! - [`tools_dir`] and [`Unprivileged`]: for tests that run servers of another shape by PostgreSQL's own tools.
//!
//! A server that ended by itself is started again by a [`Restarter`], when its owner asks for that.
//!
//! Everything here blocks; asynchronous callers go through `spawn_blocking`.

mod access;
mod choose;
mod cluster;
mod error;
mod identity;
mod initialise;
mod layout;
mod locate;
mod lock;
mod options;
mod path_hash;
mod pidfile;
mod reachable;
mod running;
mod server;
mod socket_dir;
mod spawn;
mod sweep;
#[cfg(test)]
mod tests;
mod tool;
mod unprivileged;
mod url;

pub use cluster::{PrivatePostgres, Restarter};
pub use error::Error;
pub use locate::tools_dir;
pub use options::{Durability, Options};
pub use reachable::reachable_dir;
pub use running::find_running;
pub use sweep::sweep_abandoned;
pub use unprivileged::Unprivileged;
