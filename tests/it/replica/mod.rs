//! How instances hear of each other's changes.

mod heartbeats;
mod revoked_list;
mod snapshots;
mod two_instances;

pub use revoked_list::with_long_list;
