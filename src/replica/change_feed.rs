//! How a change in the database reaches this replica: at once by LISTEN/NOTIFY, and within a second by polling if the
//! notification is lost.
//!
//! A poll reads the rows whose writing transaction was not yet visible in the snapshot of the poll before, so that no change
//! is missed, whatever the order in which transactions commit. The feed has a connection of its own, so that a busy pool does
//! not delay it, and it is the first to know whether the database is available.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::{PgListener, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::FeedStatus;
use super::backlog::{self, BacklogCursor};
use super::store;
use crate::clients::ClientVersion;
use crate::error::{self, Failure};
use crate::ids::ClientId;
use crate::keys;
use crate::oauth::{self, AuthorizationServer, RevokedCursor};

/// The time between two polls without a notification.
const POLL_INTERVAL: Duration = Duration::from_millis(700);
/// How long one statement may take before the database counts as unavailable.
const STATEMENT_TIMEOUT: Duration = Duration::from_millis(1500);
/// The wait after a failure.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// Most clients that are reloaded after a poll; the others are loaded at their next use.
const MAX_RELOADS: usize = 100;
/// The least time between two polls, however many notifications come.
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(20);
/// The channel that the triggers of `migrations/` notify.
const CHANNEL: &str = "partner_change";

/// Polls the database for changes. It remembers what it has seen.
pub struct Feed {
    server: Arc<AuthorizationServer>,
    status: Arc<FeedStatus>,
    connection: Option<PgConnection>,
    /// All changes of transactions before this one have been seen; 0 before the first poll.
    seen_before: i64,
    keys_version: store::KeysVersion,
    /// Keys were changed and could not be opened, so the next poll reads them again.
    are_keys_stale: bool,
    /// Where to go on reading the tokens that were revoked before the first poll.
    backlog: watch::Sender<BacklogCursor>,
    wakeups: Arc<Wakeups>,
}

/// How the poll loop and the LISTEN loop wake each other.
#[derive(Default)]
struct Wakeups {
    /// Wakes the poll loop: a notification came, or LISTEN has failed.
    poll: Notify,
    /// Makes the LISTEN loop reconnect: after an outage its connection may be dead without an error.
    reconnect: Notify,
}

impl Feed {
    /// Polls once: reads the keys and a first page of the revoked tokens. [`Feed::run`] brings the other tokens and all later
    /// changes.
    pub async fn begin(server: Arc<AuthorizationServer>, status: Arc<FeedStatus>) -> Result<Self, Failure> {
        let update =
            async |connection: &mut PgConnection| Ok(store::update_future_transaction_ids(connection).await?);
        server.db.run::<_, Failure>(update).await?;
        let mut feed = Self {
            server,
            status,
            connection: None,
            seen_before: 0,
            keys_version: store::KeysVersion::default(),
            are_keys_stale: false,
            backlog: watch::Sender::default(),
            wakeups: Arc::default(),
        };
        feed.poll().await?;
        Ok(feed)
    }

    /// Polls until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let wakeups = Arc::clone(&self.wakeups);
        let listening = listen(Arc::clone(&self.server), Arc::clone(&wakeups));
        let catching_up = backlog::read(Arc::clone(&self.server), self.backlog.subscribe());
        let polling = async {
            loop {
                let pause = match self.poll_with_retry().await {
                    Ok(()) => POLL_INTERVAL,
                    Err(failure) => {
                        self.set_database_down(&failure);
                        RETRY_INTERVAL
                    }
                };
                sleep(MIN_POLL_INTERVAL).await;
                tokio::select! {
                    () = sleep(pause) => {}
                    () = wakeups.poll.notified() => {}
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = listening => {}
            () = catching_up => {}
            () = polling => {}
        }
    }

    /// Polls, and once more on a new connection if the one at hand fails.
    async fn poll_with_retry(&mut self) -> Result<(), Failure> {
        let is_fresh = self.connection.is_none();
        let began = Instant::now();
        let polled = self.poll().await;
        if polled.is_ok() || is_fresh || began.elapsed() >= STATEMENT_TIMEOUT {
            return polled;
        }
        // Somebody may have closed just this connection, so the database is not down until a new one fails too.
        self.connection = None;
        self.server.db.discard_connections();
        self.poll().await
    }

    async fn poll(&mut self) -> Result<(), Failure> {
        let server = Arc::clone(&self.server);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => within_timeout(server.db.options().connect()).await?,
        };
        let began_at = server.clock.now();
        let oldest_running = within_timeout(store::find_oldest_running(&mut connection)).await?;
        // Ids that run backwards mean another database, a restored one, so the feed starts over.
        let since = if oldest_running < self.seen_before {
            0
        } else {
            self.seen_before
        };
        self.read_keys(&mut connection).await?;
        // At the start, and in another database, the tokens revoked before this poll are not in memory either: the backlog
        // reads those.
        let is_start = since == 0;
        let revoked_since = if is_start { oldest_running } else { since };
        let delay = self
            .read_revocations(&mut connection, revoked_since, began_at)
            .await?;
        if is_start {
            self.begin_backlog(&mut connection, oldest_running, began_at)
                .await?;
        } else if let Some(delay) = delay {
            self.status.record_revocation_delay(delay);
        }
        // Before the first poll there is no client in memory that could be out of date.
        if self.seen_before > 0 {
            let changed = within_timeout(store::list_changed_clients(&mut connection, since)).await?;
            let changed = changed
                .into_iter()
                .map(|row| (row.client_id, ClientVersion(row.version)));
            self.set_database_up();
            self.apply_client_changes(&changed.collect::<Vec<_>>());
        }
        self.connection = Some(connection);
        self.seen_before = oldest_running;
        self.set_database_up();
        self.status.record_poll(began_at);
        Ok(())
    }

    /// Drops changed clients from memory, which does not wait for the database, and reloads them in the background.
    fn apply_client_changes(&self, changed: &[(ClientId, ClientVersion)]) {
        let mut dropped = self.server.clients.drop_changed(changed);
        dropped.truncate(MAX_RELOADS);
        if !dropped.is_empty() {
            self.server.clients.reload_in_background(dropped);
        }
    }

    /// Reads the keys if they have changed. A key that cannot be opened (the master key was replaced, but not here yet) must
    /// not hold up revocations: it is logged once and tried again with each poll, and the ring keeps the keys that it has.
    async fn read_keys(&mut self, connection: &mut PgConnection) -> Result<(), Failure> {
        let version = within_timeout(store::find_keys_version(connection)).await?;
        if version == self.keys_version && !self.are_keys_stale {
            return Ok(());
        }
        let loaded = within_timeout(keys::load(connection, &self.server.ring)).await;
        match loaded {
            Ok(()) => self.are_keys_stale = false,
            Err(failure @ Failure::Internal(_)) => {
                if !self.are_keys_stale {
                    tracing::error!(
                        cause = error::chain(&failure),
                        "cannot open a new sealing key; tokens sealed with it are refused here"
                    );
                }
                self.are_keys_stale = true;
            }
            Err(failure @ Failure::Unavailable(_)) => return Err(failure),
        }
        self.keys_version = version;
        Ok(())
    }

    /// Reads the tokens that transaction `since` or a later one revoked. Returns the greatest delay among those that were not
    /// in memory yet.
    async fn read_revocations(
        &self,
        connection: &mut PgConnection,
        since: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<TimeDelta>, Failure> {
        let mut longest = None;
        let mut next = Some(RevokedCursor::since(since));
        while let Some(cursor) = next {
            let (revoked, following) = within_timeout(oauth::list_revoked(connection, cursor, now)).await?;
            let added = revoked.iter().filter(|token| self.server.revocations.add(token));
            longest = longest.max(added.map(|token| now - token.revoked_at).max());
            next = following;
        }
        Ok(longest)
    }

    /// Reads the first page of the tokens that were revoked before transaction `before`, which is usually all of them, and
    /// leaves the others to the backlog, so that a start does not wait for them.
    async fn begin_backlog(
        &self,
        connection: &mut PgConnection,
        before: i64,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let revocations = &self.server.revocations;
        let cursor = RevokedCursor::before(before);
        let (revoked, following) = within_timeout(oauth::list_revoked(connection, cursor, now)).await?;
        for token in &revoked {
            revocations.add(token);
        }
        // The cursor and the mark are set under the lock of the channel. Otherwise the backlog, at the end of a list that it
        // was reading, could mark this one as complete.
        self.backlog.send_modify(|cursor| {
            *cursor = following;
            match following {
                Some(_) => revocations.set_incomplete(),
                None => revocations.set_complete(),
            }
        });
        Ok(())
    }

    fn set_database_up(&self) {
        if !self.server.db.is_up() {
            tracing::info!("the database is available again");
        }
        self.server.db.set_up(true);
    }

    fn set_database_down(&mut self, failure: &Failure) {
        self.connection = None;
        self.wakeups.reconnect.notify_one();
        if self.server.db.is_up() {
            tracing::error!(
                cause = error::chain(failure),
                "the database is unavailable; known clients are served from memory"
            );
        }
        self.server.db.set_up(false);
    }
}

/// The result of `work`, or a failure after [`STATEMENT_TIMEOUT`].
async fn within_timeout<T, E: Into<Failure>>(work: impl Future<Output = Result<T, E>>) -> Result<T, Failure> {
    match timeout(STATEMENT_TIMEOUT, work).await {
        Ok(result) => result.map_err(Into::into),
        Err(_elapsed) => Err(Failure::unavailable(
            "the database did not respond to the change feed in time",
        )),
    }
}

/// Wakes the poll loop at each notification, and connects again after each loss. Where LISTEN does not work (a pooler in
/// transaction mode), polling alone remains.
async fn listen(server: Arc<AuthorizationServer>, wakeups: Arc<Wakeups>) {
    loop {
        tokio::select! {
            () = listen_once(&server, &wakeups.poll) => {}
            () = wakeups.reconnect.notified() => {}
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// Listens on one connection until it is lost.
async fn listen_once(server: &AuthorizationServer, poll: &Notify) {
    // The listener takes a pool. It gets one of its own, so that it never waits for connections that are in use.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(server.db.options().clone());
    let Ok(Ok(mut listener)) = timeout(STATEMENT_TIMEOUT, PgListener::connect_with(&pool)).await else {
        return;
    };
    listener.eager_reconnect(false);
    if !matches!(
        timeout(STATEMENT_TIMEOUT, listener.listen(CHANNEL)).await,
        Ok(Ok(()))
    ) {
        return;
    }
    // What changed before LISTEN was not notified here.
    poll.notify_one();
    while matches!(listener.try_recv().await, Ok(Some(_))) {
        poll.notify_one();
    }
    // The connection is lost: a poll finds out whether the database is.
    poll.notify_one();
}
