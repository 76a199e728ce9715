//! What keeps the service running and visible: the change feed, housekeeping, health, metrics, logs, the private database.

mod backlog;
pub mod change_feed;
pub mod feed_status;
pub mod health;
pub mod housekeeping;
pub mod log;
pub mod log_buffer;
mod log_line;
mod store;
