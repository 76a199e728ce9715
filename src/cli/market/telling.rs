//! Says in the database how far an import is, once a second and on a connection of its own, for those who wait for it.
//!
//! What is said there is for people alone: where it cannot be said, the import goes on.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::super::hint::words;
use crate::db::Db;
use crate::error::Failure;
use crate::market::imports::{self, Import, Progress};

/// How often it is said.
const TELL_INTERVAL: Duration = Duration::from_secs(1);

/// Waits for `work`, and says meanwhile how far it is, and then that it has ended, whatever came of it.
pub(super) async fn told<T>(
    db: &Db,
    import: &Import,
    progress: watch::Receiver<Progress>,
    work: impl Future<Output = T>,
) -> T {
    let over = CancellationToken::new();
    let telling = async {
        let mut ticks = interval(TELL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Only the wait is cancelled: what was given up halfway would come after the end.
        while over.run_until_cancelled(ticks.tick()).await.is_some() {
            let now = *progress.borrow();
            note(db.change(async |db| imports::tell(db, import, now).await).await);
        }
        note(
            db.change(async |db| imports::end(db, import.import_id).await)
                .await,
        );
    };
    let work = async {
        let output = work.await;
        over.cancel();
        output
    };
    tokio::join!(work, telling).0
}

/// Notes that something could not be said. It is no warning: nothing depends on it.
fn note(said: Result<(), Failure>) {
    if let Err(failure) = said {
        tracing::info!(
            cause = words(&failure.into()),
            "cannot tell how far the import is"
        );
    }
}
