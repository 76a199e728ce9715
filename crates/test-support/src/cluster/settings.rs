//! The settings of a node, in the file that `alter system` would write.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;

/// What every node begins with. Nothing is lost but by a crash of the whole machine.
const DEFAULTS: [(&str, &str); 16] = [
    ("autovacuum", "off"),
    ("fsync", "off"),
    ("hot_standby", "on"),
    ("log_checkpoints", "off"),
    ("log_timezone", "UTC"),
    ("max_connections", "200"),
    ("max_wal_senders", "10"),
    ("shared_buffers", "16MB"),
    ("timezone", "UTC"),
    // A former primary needs its log back to where the histories part.
    ("wal_keep_size", "64MB"),
    ("wal_level", "replica"),
    // What pg_rewind wants.
    ("wal_log_hints", "on"),
    // A standby reports to its primary every second, and asks soon again for one that is gone.
    ("wal_receiver_status_interval", "1s"),
    ("wal_retrieve_retry_interval", "100ms"),
    // A node that is asked to end does not wait for a standby that is frozen.
    ("wal_sender_timeout", "5s"),
    ("wal_receiver_timeout", "5s"),
];

/// The settings of one node by their names.
#[derive(Clone)]
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    pub(super) fn new() -> Self {
        let owned = DEFAULTS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self(owned.into())
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn get(&self, name: &str) -> String {
        self.0[name].clone()
    }

    /// Streams from a primary, to which the node is known by its name.
    pub(super) fn follow(&mut self, node: &str, primary: SocketAddr) {
        self.set(
            "primary_conninfo",
            &format!(
                "host={} port={} user=postgres application_name={node} sslmode=disable gssencmode=disable",
                primary.ip(),
                primary.port()
            ),
        );
    }

    /// The lines of the file.
    pub(super) fn file(&self) -> String {
        self.0.iter().fold(String::new(), |mut file, (name, value)| {
            writeln!(file, "{name} = '{}'", value.replace('\'', "''")).unwrap();
            file
        })
    }
}
