//! How a change in the database reaches this replica: at once by LISTEN/NOTIFY, and within a second by polling when the
//! notification is lost.
//!
//! A poll asks for the rows whose writing transaction was not yet visible in the snapshot of the poll before, so that no
//! change is missed, whatever the order in which transactions commit. Its connection is its own: a busy pool does not
//! delay it, and it is the first to know whether the database is there.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::{PgListener, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::FeedStatus;
use super::backlog::{self, Rest};
use super::store;
use crate::clients::ClientVersion;
use crate::error::{self, Failure};
use crate::ids::ClientId;
use crate::keys;
use crate::oauth::{self, AuthorizationServer, RevokedCursor};

/// How often it asks when nothing is heard.
const POLL_INTERVAL: Duration = Duration::from_millis(700);
/// How long one answer may take before the database counts as away.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(1500);
/// How long it waits after a failure.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// Clients that are loaded anew at once after a batch of changes; the others wait for their next use.
const MAX_RELOADS: usize = 100;
/// Least time between two polls, however much is notified.
const POLL_PAUSE: Duration = Duration::from_millis(20);
/// The channel that the triggers notify.
const CHANNEL: &str = "partner_change";

/// The feed's place in the history of the database.
pub struct Feed {
    server: Arc<AuthorizationServer>,
    status: Arc<FeedStatus>,
    connection: Option<PgConnection>,
    /// Changes of earlier transactions have been seen.
    seen_before: i64,
    keys_version: store::KeysVersion,
    /// Keys were changed and could not be read, so they are to be read again.
    are_keys_stale: bool,
    /// What is yet to be read of what was revoked before the first look.
    backlog: watch::Sender<Rest>,
    signals: Arc<Signals>,
}

/// What polling and listening tell each other.
#[derive(Default)]
struct Signals {
    /// To polling: something was heard, or nothing can be heard any more.
    wake: Notify,
    /// To listening: the database was away, so its connection may be to nobody, and silent.
    relisten: Notify,
}

impl Feed {
    /// Finds the place: what changes from here on, and what remains of the tokens revoked before, [`Feed::run`] brings.
    pub async fn begin(server: Arc<AuthorizationServer>, status: Arc<FeedStatus>) -> Result<Self, Failure> {
        let adopt = async |connection: &mut PgConnection| Ok(store::adopt_restored(connection).await?);
        server.db.run::<_, Failure>(adopt).await?;
        let mut feed = Self {
            server,
            status,
            connection: None,
            seen_before: 0,
            keys_version: store::KeysVersion::default(),
            are_keys_stale: false,
            backlog: watch::Sender::default(),
            signals: Arc::default(),
        };
        feed.poll().await?;
        Ok(feed)
    }

    /// Polls until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let signals = Arc::clone(&self.signals);
        let listening = listen(Arc::clone(&self.server), Arc::clone(&signals));
        let catching_up = backlog::read(Arc::clone(&self.server), self.backlog.subscribe());
        let polling = async {
            loop {
                let pause = match self.poll_surely().await {
                    Ok(()) => POLL_INTERVAL,
                    Err(failure) => self.lost(&failure),
                };
                sleep(POLL_PAUSE).await;
                tokio::select! {
                    () = sleep(pause) => {}
                    () = signals.wake.notified() => {}
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

    /// One look at the database. A connection that was merely cut says nothing about the database: a fresh one is tried
    /// before anybody is told that it is away.
    async fn poll_surely(&mut self) -> Result<(), Failure> {
        let is_fresh = self.connection.is_none();
        let began = Instant::now();
        let polled = self.poll().await;
        if polled.is_ok() || is_fresh || began.elapsed() >= ANSWER_TIMEOUT {
            return polled;
        }
        self.connection = None;
        self.server.db.discard_connections();
        self.poll().await
    }

    /// One look at the database.
    async fn poll(&mut self) -> Result<(), Failure> {
        let server = Arc::clone(&self.server);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => answer(server.db.options().connect()).await?,
        };
        let began_at = server.clock.now();
        let oldest_running = answer(store::oldest_running(&mut connection)).await?;
        // Numbers that run backwards mean another database (a restored one): start over.
        let since = if oldest_running < self.seen_before {
            0
        } else {
            self.seen_before
        };
        self.read_keys(&mut connection).await?;
        // At first, and in another database, what was revoked before this look is not known either.
        let is_beginning = since == 0;
        let revoked_since = if is_beginning { oldest_running } else { since };
        let lag = self
            .read_revocations(&mut connection, revoked_since, began_at)
            .await?;
        if is_beginning {
            self.begin_backlog(&mut connection, oldest_running, began_at)
                .await?;
        } else if let Some(lag) = lag {
            self.status.note_lag(lag);
        }
        // At first there is no client in memory that could be out of date.
        if self.seen_before > 0 {
            let changed = answer(store::list_changed_clients(&mut connection, since)).await?;
            let changed = changed
                .into_iter()
                .filter_map(|row| Some((row.client_id.try_into().ok()?, ClientVersion(row.version))));
            self.found();
            self.take_over(&changed.collect::<Vec<_>>());
        }
        self.connection = Some(connection);
        self.seen_before = oldest_running;
        self.found();
        self.status.note_poll(began_at);
        Ok(())
    }

    /// Drops what changed from memory, which needs no database, and loads it anew behind the next polls.
    fn take_over(&self, changed: &[(ClientId, ClientVersion)]) {
        let mut dropped = self.server.clients.drop_changed(changed);
        dropped.truncate(MAX_RELOADS);
        if !dropped.is_empty() {
            self.server.clients.reload_in_background(dropped);
        }
    }

    /// A key that cannot be opened (the master key was replaced, but not here yet) must not keep revocations away: it is
    /// reported once, and tried again with each poll, while what is in the ring goes on serving.
    async fn read_keys(&mut self, connection: &mut PgConnection) -> Result<(), Failure> {
        let version = answer(store::keys_version(connection)).await?;
        if version == self.keys_version && !self.are_keys_stale {
            return Ok(());
        }
        let loaded = answer(keys::load(connection, &self.server.ring)).await;
        match loaded {
            Ok(()) => self.are_keys_stale = false,
            Err(failure @ Failure::Internal(_)) => {
                if !self.are_keys_stale {
                    tracing::error!(
                        cause = error::chain(&failure),
                        "a new sealing key cannot be read; tokens under it are refused here"
                    );
                }
                self.are_keys_stale = true;
            }
            Err(failure @ Failure::Unavailable(_)) => return Err(failure),
        }
        self.keys_version = version;
        Ok(())
    }

    /// Takes over what this or a later transaction revoked; returns how long ago the first was of what was not known here.
    async fn read_revocations(
        &self,
        connection: &mut PgConnection,
        since: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<TimeDelta>, Failure> {
        let mut longest = None;
        let mut next = Some(RevokedCursor::since(since));
        while let Some(cursor) = next {
            let (revoked, following) = answer(oauth::list_revoked(connection, cursor, now)).await?;
            let news = revoked.iter().filter(|token| self.server.revocations.add(token));
            longest = longest.max(news.map(|token| now - token.revoked_at).max());
            next = following;
        }
        Ok(longest)
    }

    /// Takes over the first page of what was revoked before that transaction, which is usually all of it, and leaves the
    /// rest to the backlog: the service need not wait for it.
    async fn begin_backlog(
        &self,
        connection: &mut PgConnection,
        before: i64,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let revocations = &self.server.revocations;
        let cursor = RevokedCursor::before(before);
        let (revoked, following) = answer(oauth::list_revoked(connection, cursor, now)).await?;
        for token in &revoked {
            revocations.add(token);
        }
        // Together, for the backlog must not take what it reads at the moment for what begins here.
        self.backlog.send_modify(|rest| {
            *rest = following;
            match following {
                Some(_) => revocations.set_incomplete(),
                None => revocations.set_complete(),
            }
        });
        Ok(())
    }

    fn found(&self) {
        if !self.server.db.is_up() {
            tracing::info!("the database is back");
        }
        self.server.db.set_up(true);
    }

    fn lost(&mut self, failure: &Failure) -> Duration {
        self.connection = None;
        self.signals.relisten.notify_one();
        if self.server.db.is_up() {
            tracing::error!(
                cause = error::chain(failure),
                "the database is away; known clients are served from memory"
            );
        }
        self.server.db.set_up(false);
        RETRY_INTERVAL
    }
}

/// What the database answers, unless it takes too long.
async fn answer<T, E: Into<Failure>>(asked: impl Future<Output = Result<T, E>>) -> Result<T, Failure> {
    match timeout(ANSWER_TIMEOUT, asked).await {
        Ok(result) => result.map_err(Into::into),
        Err(_elapsed) => Err(Failure::unavailable(
            "the database did not answer the change feed in time",
        )),
    }
}

/// Wakes the poll at each notification. Where LISTEN does not work (a pooler in transaction mode), polling alone remains.
async fn listen(server: Arc<AuthorizationServer>, signals: Arc<Signals>) {
    loop {
        tokio::select! {
            () = hear(&server, &signals.wake) => {}
            () = signals.relisten.notified() => {}
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// Listens until the connection is lost; then too the poll is woken, to find out whether the database is there at all.
async fn hear(server: &AuthorizationServer, wake: &Notify) {
    // A connection of its own: where all of the pool's are busy, this one must not have to wait for a place.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(server.db.options().clone());
    let Ok(Ok(mut listener)) = timeout(ANSWER_TIMEOUT, PgListener::connect_with(&pool)).await else {
        return;
    };
    listener.eager_reconnect(false);
    if !matches!(
        timeout(ANSWER_TIMEOUT, listener.listen(CHANNEL)).await,
        Ok(Ok(()))
    ) {
        return;
    }
    // What changed before it listened.
    wake.notify_one();
    while matches!(listener.try_recv().await, Ok(Some(_))) {
        wake.notify_one();
    }
    wake.notify_one();
}
