//! How the replicas hear of changes: the change feed, and what was revoked before a start.

mod backlog;
mod change_feed;
mod feed_status;
mod store;

pub use change_feed::Feed;
pub use feed_status::FeedStatus;
