//! Reads into memory the tokens that were revoked before the change feed began, while requests are already answered.
//!
//! Until all of them are in memory, a check that does not find its token there asks the database. A page that cannot be read
//! is tried again; whether the database is available is for the change feed to say, which runs at the same time.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tokio::sync::watch;
use tokio::time::sleep;

use super::within_timeout;
use crate::error::{self, Failure};
use crate::oauth::{self, AuthorizationServer, RevokedCursor};

/// The wait after a failure.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Where to go on reading the list of revoked tokens; `None` when all of it is in memory.
pub type BacklogCursor = Option<RevokedCursor>;

/// Reads the first page of the tokens that were revoked before transaction `before`, which is usually all of them, and leaves
/// the others to [`read`], so that a start does not wait for them.
pub(super) async fn begin(
    server: &AuthorizationServer,
    backlog: &watch::Sender<BacklogCursor>,
    connection: &mut PgConnection,
    before: i64,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let revocations = &server.revocations;
    let cursor = RevokedCursor::of(0..before);
    let (revoked, following) = within_timeout(oauth::list_revoked(connection, &[cursor], now)).await?;
    let following = following.first().copied();
    for token in &revoked {
        revocations.add(token);
    }
    // The cursor and the mark are set under the lock of the channel. Otherwise the backlog, at the end of a list that it was
    // reading, could mark this one as complete.
    backlog.send_modify(|cursor| {
        *cursor = following;
        match following {
            Some(_) => revocations.set_incomplete(),
            None => revocations.set_complete(),
        }
    });
    Ok(())
}

/// Reads the list from the cursor to its end, and again whenever the change feed sets another cursor, until that is gone.
pub async fn read(server: Arc<AuthorizationServer>, mut backlog: watch::Receiver<BacklogCursor>) {
    loop {
        let cursor = *backlog.borrow_and_update();
        if let Some(cursor) = cursor {
            read_all(&server, cursor).await;
            // The borrow keeps the change feed from setting another cursor until the list is marked as complete; if it has
            // set one already, another list than this one is missing.
            let latest = backlog.borrow();
            if !latest.has_changed() {
                server.revocations.set_complete();
            }
        }
        if backlog.changed().await.is_err() {
            return;
        }
    }
}

async fn read_all(server: &AuthorizationServer, from: RevokedCursor) {
    let now = server.clock.database_now();
    let mut is_reported = false;
    let mut next = Some(from);
    while let Some(cursor) = next {
        let page = async |connection: &mut _| Ok(oauth::list_revoked(connection, &[cursor], now).await?);
        match server.db.read(page).await {
            Ok((revoked, following)) => {
                for token in &revoked {
                    server.revocations.add(token);
                }
                next = following.first().copied();
            }
            Err(failure) => {
                // The change feed logs an outage, once.
                if let Failure::Internal(_) = failure
                    && !is_reported
                {
                    tracing::error!(
                        cause = error::chain(&failure),
                        "cannot read the revoked tokens; each token check asks the database"
                    );
                    is_reported = true;
                }
                sleep(RETRY_INTERVAL).await;
            }
        }
    }
}
