//! PostgreSQL as several servers: a primary, standbys that stream from it, and what happens to them.
//!
//! A [`Node`] is one server over TCP on this machine. Everybody may log in as everybody: as [`ROLE`], which owns the
//! database [`DATABASE`] and is no superuser, or as `postgres`.

mod node;
mod settings;
mod template;

use std::net::SocketAddr;

pub use node::Node;
pub(crate) use node::tidy_after_kill;

/// The database of the service.
pub const DATABASE: &str = "partner";
/// The role of the service.
pub const ROLE: &str = "partner";

/// The URL of the database at an address: of a node, or of what stands in front of one.
pub fn url_at(address: SocketAddr) -> String {
    url_at_any(&[address], "")
}

/// The URL of the database at the first of some addresses that will do, with more options as `name=value&…`.
pub fn url_at_any(addresses: &[SocketAddr], options: &str) -> String {
    let hosts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let separator = if options.is_empty() { "" } else { "&" };
    format!(
        "postgres://{ROLE}@{}/{DATABASE}?sslmode=disable{separator}{options}",
        hosts.join(",")
    )
}
