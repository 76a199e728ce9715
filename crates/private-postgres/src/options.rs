//! What a caller chooses: the directory, the programs, the durability.

use std::path::PathBuf;

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
    /// The directory of `initdb` and `postgres`; searched for on the host when absent.
    pub pg_bin_dir: Option<PathBuf>,
    /// How many connections the server accepts at once.
    pub max_connections: u16,
}
