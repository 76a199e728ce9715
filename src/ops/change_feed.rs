//! How a change in the database reaches this replica: at once by LISTEN/NOTIFY, and within a second by polling when the
//! notification is lost.
//!
//! A poll asks for the rows whose writing transaction was not yet visible in the snapshot of the poll before, so that no
//! change is missed, whatever the order in which transactions commit. Its connection is its own: a busy pool does not
//! delay it, and it is the first to know whether the database is there.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgListener;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::store;
use crate::clients::ClientVersion;
use crate::error::{self, Fault};
use crate::keys;
use crate::oauth::{self, RevokedCursor};
use crate::state::App;

/// How often it asks when nothing is heard.
const POLL_INTERVAL: Duration = Duration::from_millis(700);
/// How long one answer may take before the database counts as away.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(1500);
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
    keys_version: store::KeysVersion,
}

impl Feed {
    /// Loads the revoked tokens; what changes from here on, [`Feed::run`] brings.
    pub async fn begin(app: Arc<App>) -> Result<Self, Fault> {
        let adopt = async |connection: &mut PgConnection| Ok(store::adopt_restored(connection).await?);
        app.db.run::<_, Fault>(adopt).await?;
        let mut feed = Self {
            app,
            connection: None,
            seen_before: 0,
            keys_version: store::KeysVersion::default(),
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
                let pause = match self.poll().await {
                    Ok(()) => POLL_INTERVAL,
                    Err(fault) => self.lost(&fault),
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
    async fn poll(&mut self) -> Result<(), Fault> {
        let app = Arc::clone(&self.app);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => answer(app.db.pool().connect_options().connect()).await?,
        };
        let began_at = app.clock.now();
        let oldest_running = answer(store::oldest_running(&mut connection)).await?;
        // Numbers that run backwards mean another database (a restored one): start over.
        let since = if oldest_running < self.seen_before {
            0
        } else {
            self.seen_before
        };
        self.read_keys(&mut connection).await?;
        self.read_revocations(&mut connection, since, began_at).await?;
        // At first there is no client in memory that could be out of date.
        if self.seen_before > 0 {
            let changed = answer(store::list_changed_clients(&mut connection, since)).await?;
            let changed = changed
                .into_iter()
                .filter_map(|row| Some((row.client_id.try_into().ok()?, ClientVersion(row.version))));
            self.found();
            app.clients
                .refresh(app.loader(), &changed.collect::<Vec<_>>())
                .await;
        }
        self.connection = Some(connection);
        self.seen_before = oldest_running;
        self.found();
        app.feed.note_poll(began_at);
        Ok(())
    }

    /// Keys that cannot be read, such as one made under a master key that this instance was not given, are a defect to
    /// report, not an outage: what is in the ring goes on serving.
    async fn read_keys(&mut self, connection: &mut PgConnection) -> Result<(), Fault> {
        let version = answer(store::keys_version(connection)).await?;
        if version != self.keys_version {
            let loaded = answer(keys::load(connection, &self.app.ring, &self.app.master_key)).await;
            match loaded {
                Err(Fault::Internal(cause)) => {
                    tracing::error!(cause = %cause, "the sealing keys cannot be read");
                }
                other => other?,
            }
            self.keys_version = version;
        }
        Ok(())
    }

    async fn read_revocations(
        &self,
        connection: &mut PgConnection,
        since: i64,
        now: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let mut next = Some(RevokedCursor::since(since));
        while let Some(cursor) = next {
            let (revoked, following) = answer(oauth::list_revoked(connection, cursor, now)).await?;
            let news = self.app.revocations.extend(&revoked);
            if since > 0
                && let Some(lag) = news.iter().map(|token| now - token.revoked_at).max()
            {
                self.app.feed.note_lag(lag);
            }
            next = following;
        }
        Ok(())
    }

    fn found(&self) {
        if !self.app.db.is_up() {
            tracing::info!("the database is back");
        }
        self.app.db.set_up(true);
    }

    fn lost(&mut self, fault: &Fault) -> Duration {
        self.connection = None;
        if self.app.db.is_up() {
            tracing::error!(
                cause = error::chain(fault),
                "the database is away; known clients are served from memory"
            );
        }
        self.app.db.set_up(false);
        RETRY_INTERVAL
    }
}

/// What the database answers, unless it takes too long.
async fn answer<T, E: Into<Fault>>(asked: impl Future<Output = Result<T, E>>) -> Result<T, Fault> {
    match timeout(ANSWER_TIMEOUT, asked).await {
        Ok(result) => result.map_err(Into::into),
        Err(_elapsed) => Err(Fault::unavailable(
            "the database did not answer the change feed in time",
        )),
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
