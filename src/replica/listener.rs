//! Wakes the change feed at each notification.
//!
//! LISTEN belongs to a session. Through a pooler that lends sessions it would stay behind in one that others use, and their
//! answers would be mixed with notifications. So nothing is listened to before the session was found to be our own, by its
//! marker; otherwise polling alone remains.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::db::{Db, OwnSession};

/// The channel that the triggers of `migrations/` notify.
const CHANNEL: &str = "partner_change";
/// The wait after the connection was lost.
const RETRY_INTERVAL: Duration = Duration::from_millis(700);
/// How long connecting and each statement may take.
const STATEMENT_TIMEOUT: Duration = Duration::from_millis(1500);

/// How the poll loop and the LISTEN loop wake each other.
#[derive(Default)]
pub(super) struct Wakeups {
    /// Wakes the poll loop: a notification came, or LISTEN has failed.
    pub poll: Notify,
    /// Makes the LISTEN loop reconnect: after an outage its connection may be dead without an error, or lead elsewhere.
    pub reconnect: Notify,
}

/// Why nothing is listened to.
enum NoListener {
    /// The session is lent by a pooler.
    Pooled,
    /// The connection was lost, or never there.
    Lost,
}

/// Wakes the poll loop at each notification, and connects again after each loss. Never ends.
pub(super) async fn listen(db: Db, wakeups: Arc<Wakeups>) {
    let mut is_said = false;
    loop {
        tokio::select! {
            reason = listen_once(&db, &wakeups.poll) => {
                if matches!(reason, NoListener::Pooled) && !is_said {
                    tracing::warn!(
                        "the database is behind a pooler, so changes arrive by polling, within 750 ms; with \
                         DATABASE_DIRECT_URL they would arrive at once"
                    );
                    is_said = true;
                }
            }
            () = wakeups.reconnect.notified() => {}
        }
        sleep(RETRY_INTERVAL).await;
    }
}

/// Listens on one connection until it is lost.
async fn listen_once(db: &Db, poll: &Notify) -> NoListener {
    let Ok(session) = db.own_session() else {
        return NoListener::Pooled;
    };
    let Some(mut listener) = connect(&session).await else {
        return NoListener::Lost;
    };
    match timeout(STATEMENT_TIMEOUT, session.is_own(&mut listener)).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => return NoListener::Pooled,
        _ => return NoListener::Lost,
    }
    if !matches!(
        timeout(STATEMENT_TIMEOUT, listener.listen(CHANNEL)).await,
        Ok(Ok(()))
    ) {
        return NoListener::Lost;
    }
    // What changed before LISTEN was not notified here.
    poll.notify_one();
    while matches!(listener.try_recv().await, Ok(Some(_))) {
        poll.notify_one();
    }
    // The connection is lost: a poll finds out whether the database is.
    poll.notify_one();
    NoListener::Lost
}

async fn connect(session: &OwnSession) -> Option<PgListener> {
    // The listener takes a pool. It gets one of its own, so that it never waits for connections that are in use.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(session.options.clone());
    let connecting = timeout(STATEMENT_TIMEOUT, PgListener::connect_with(&pool));
    let mut listener = connecting.await.ok()?.ok()?;
    listener.eager_reconnect(false);
    Some(listener)
}
