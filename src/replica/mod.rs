//! How a replica hears of changes: the change feed, and the backlog of tokens that were revoked before it began.

mod backlog;
mod change_feed;
mod feed_status;
mod store;

pub use change_feed::Feed;
pub use feed_status::FeedStatus;
