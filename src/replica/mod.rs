//! How the replicas hear of changes: the change feed, and what was revoked before a start.

mod backlog;
pub mod change_feed;
pub mod feed_status;
mod store;
