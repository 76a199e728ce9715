//! How a change in the database reaches this replica: at once by LISTEN/NOTIFY, and within a second by polling when the
//! notification is lost.
//!
//! A poll asks for the rows whose writing transaction was not yet visible in the snapshot of the poll before, so that no
//! change is missed, whatever the order in which transactions commit. Its connection is its own: a busy pool does not
//! delay it, and it is the first to know whether the database is there.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::store;
use crate::clients::ClientVersion;
use crate::error::{self, Fault};
use crate::keys;
use crate::oauth;
use crate::state::App;

/// How often it asks when nothing is heard.
const POLL_INTERVAL: Duration = Duration::from_millis(700);
/// How long one poll may take before the database counts as away.
const POLL_TIMEOUT: Duration = Duration::from_millis(1500);
/// How long it waits after a failure.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// The channel that the triggers notify.
const CHANNEL: &str = "partner_change";

/// The feed's place in the history of the database.
pub struct Feed {
    app: Arc<App>,
    connection: Option<PgConnection>,
    /// Changes of earlier transactions have been seen.
    seen_before: i64,
}

impl Feed {
    /// Loads the revoked tokens; what changes from here on, [`Feed::run`] brings.
    pub async fn begin(app: Arc<App>) -> Result<Self, Fault> {
        let mut feed = Self {
            app,
            connection: None,
            seen_before: 0,
        };
        feed.poll().await?;
        Ok(feed)
    }

    /// Polls until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let wake = Arc::new(Notify::new());
        let listening = listen(Arc::clone(&self.app), Arc::clone(&wake));
        let polling = async {
            loop {
                let pause = match timeout(POLL_TIMEOUT, self.poll()).await {
                    Ok(Ok(())) => POLL_INTERVAL,
                    Ok(Err(fault)) => self.lost(&error::chain(&fault)),
                    Err(_elapsed) => self.lost("no answer in time"),
                };
                tokio::select! {
                    () = sleep(pause) => {}
                    () = wake.notified() => {}
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = listening => {}
            () = polling => {}
        }
    }

    /// One look at the database.
    pub async fn poll(&mut self) -> Result<(), Fault> {
        let app = Arc::clone(&self.app);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => app.db.pool().connect_options().connect().await?,
        };
        let began_at = app.clock.now();
        let oldest_running = store::oldest_running(&mut connection).await?;
        // Numbers that run backwards mean another database (a restored one): start over.
        let since = if oldest_running < self.seen_before {
            0
        } else {
            self.seen_before
        };
        if store::has_changed_keys(&mut connection, since).await? {
            keys::load(&mut connection, &app.ring, &app.master_key).await?;
        }
        let changed = store::list_changed_clients(&mut connection, since).await?;
        let revoked = oauth::list_revoked(&mut connection, since, began_at).await?;
        self.connection = Some(connection);
        if !app.db.is_up() {
            tracing::info!("the database is back");
        }
        app.db.set_up(true);
        let news = app.revocations.extend(&revoked);
        if since > 0
            && let Some(lag) = news.iter().map(|token| began_at - token.revoked_at).max()
        {
            app.feed.note_lag(lag);
        }
        let changed: Vec<_> = changed
            .into_iter()
            .filter_map(|row| Some((row.client_id.try_into().ok()?, ClientVersion(row.version))))
            .collect();
        if !changed.is_empty() {
            app.clients.refresh(app.loader(), &changed).await;
        }
        self.seen_before = oldest_running;
        app.feed.note_poll(began_at);
        Ok(())
    }

    fn lost(&mut self, cause: &str) -> Duration {
        self.connection = None;
        if self.app.db.is_up() {
            tracing::error!(
                cause,
                "the database is away; known clients are served from memory"
            );
        }
        self.app.db.set_up(false);
        RETRY_INTERVAL
    }
}

/// Wakes the poll at each notification. Where LISTEN does not work (a pooler in transaction mode), polling alone remains.
async fn listen(app: Arc<App>, wake: Arc<Notify>) {
    loop {
        if let Ok(mut listener) = PgListener::connect_with(app.db.pool()).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            wake.notify_one();
            while listener
                .try_recv()
                .await
                .is_ok_and(|notification| notification.is_some())
            {
                wake.notify_one();
            }
        }
        sleep(POLL_INTERVAL).await;
    }
}
