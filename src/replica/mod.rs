//! How a replica hears of changes: the change feed, and the backlog of tokens that were revoked before it began; and of the
//! other replicas: heartbeats.

mod backlog;
mod change_feed;
mod feed_status;
mod heartbeat;
mod listener;
mod revocations;
mod store;

pub use change_feed::Feed;
pub use feed_status::FeedStatus;
pub use heartbeat::{Heartbeat, ReplicaInfo, list_replicas};

use std::time::Duration;

use tokio::time::timeout;

use crate::error::Failure;

/// How long one statement of the change feed may take before the database counts as unavailable.
const STATEMENT_TIMEOUT: Duration = Duration::from_millis(1500);

/// The result of `work`, or a failure after [`STATEMENT_TIMEOUT`].
async fn within_timeout<T, E: Into<Failure>>(work: impl Future<Output = Result<T, E>>) -> Result<T, Failure> {
    match timeout(STATEMENT_TIMEOUT, work).await {
        Ok(result) => result.map_err(Into::into),
        Err(_elapsed) => Err(Failure::unavailable(
            "the database did not respond to the change feed in time",
        )),
    }
}
