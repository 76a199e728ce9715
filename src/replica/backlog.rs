//! Reads into memory what was revoked before the change feed began, while requests are already answered.
//!
//! Until all of it is there, a check that does not find its token in memory asks the database. Whether the database is there
//! is not decided here: a page that takes too long is asked for again, and the change feed goes on beside it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::error::{self, Failure};
use crate::oauth::{self, AuthorizationServer, RevokedCursor};

/// How long it waits after a failure.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Where the part of the list begins that is not in memory; none when all of it is.
pub type Rest = Option<RevokedCursor>;

/// Reads the rest of the list, and again from wherever it begins anew, for ever.
pub async fn read(server: Arc<AuthorizationServer>, mut rest: watch::Receiver<Rest>) {
    loop {
        let unread = *rest.borrow_and_update();
        if let Some(unread) = unread {
            read_all(&server, unread).await;
            // Not while another place is being named: what was read then is not what is missing.
            let latest = rest.borrow();
            if !latest.has_changed() {
                server.revocations.set_complete();
            }
        }
        if rest.changed().await.is_err() {
            return;
        }
    }
}

async fn read_all(server: &AuthorizationServer, from: RevokedCursor) {
    let now = server.clock.now();
    let mut is_reported = false;
    let mut next = Some(from);
    while let Some(cursor) = next {
        let page = async |connection: &mut _| Ok(oauth::list_revoked(connection, cursor, now).await?);
        match server.db.run(page).await {
            Ok((revoked, following)) => {
                for token in &revoked {
                    server.revocations.add(token);
                }
                next = following;
            }
            Err(failure) => {
                // An outage is told by the change feed, once.
                if let Failure::Internal(_) = failure
                    && !is_reported
                {
                    tracing::error!(
                        cause = error::chain(&failure),
                        "the revoked tokens cannot be read; the database is asked for each token"
                    );
                    is_reported = true;
                }
                sleep(RETRY_INTERVAL).await;
            }
        }
    }
}
