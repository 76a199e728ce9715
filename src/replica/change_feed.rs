//! How a change in the database reaches this replica: at once by LISTEN/NOTIFY, and within a second by polling if the
//! notification is lost.
//!
//! Each poll begins with a look at the server: whether it still is the primary, whose history it tells, and which transactions
//! have ended. Then it reads the rows of those that had not ended at the poll before, so that no change is missed, whatever the
//! order in which transactions commit, and none is read twice, however long another transaction runs. Where the history is
//! another one the numbers of transactions mean nothing any more, and the feed starts over.
//!
//! The feed has a connection of its own, so that a busy pool does not delay it, and it is the first to know whether the
//! database is available.

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::FeedStatus;
use super::backlog::{self, BacklogCursor};
use super::listener::{self, Wakeups};
use super::revocations;
use super::store;
use super::{STATEMENT_TIMEOUT, within_timeout};
use crate::clients::ClientVersion;
use crate::clock::WrongClock;
use crate::db::{ConnectError, DatabaseState, History, Look, Role, Snapshot};
use crate::error::{self, Failure};
use crate::ids::ClientId;
use crate::keys;
use crate::market::Market;
use crate::oauth::AuthorizationServer;

/// The time between two polls without a notification.
const POLL_INTERVAL: Duration = Duration::from_millis(700);
/// How long it may take to renumber what another server wrote.
const RENUMBER_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait after a failure.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// Most clients that are reloaded after a poll; the others are loaded at their next use.
const MAX_RELOADS: usize = 100;
/// Identifiers of clients that are read by one statement.
const CLIENT_IDS_PAGE: i64 = 10_000;
/// The least time between two polls, however many notifications come.
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Polls the database for changes. It remembers what it has seen.
pub struct Feed {
    server: Arc<AuthorizationServer>,
    market: Arc<Market>,
    status: Arc<FeedStatus>,
    look: Option<Look>,
    /// What has been seen; `None` before the first poll.
    seen: Option<Seen>,
    versions: store::Versions,
    /// Keys were changed and could not be opened, so the next poll reads them again.
    are_keys_stale: bool,
    /// The database may have lost revocations that are known here.
    must_restore: bool,
    /// The clock was too far from the database's.
    was_clock_wrong: bool,
    /// Where to go on reading the tokens that were revoked before the first poll.
    backlog: watch::Sender<BacklogCursor>,
    wakeups: Arc<Wakeups>,
}

/// How far a history was read: all changes of the transactions that had ended in this snapshot have been seen.
struct Seen {
    history: History,
    snapshot: Snapshot,
}

/// Why a poll failed.
#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl Feed {
    /// Polls once: reads the keys and a first page of the revoked tokens. [`Feed::run`] brings the other tokens and all later
    /// changes.
    pub async fn begin(
        server: Arc<AuthorizationServer>,
        market: Arc<Market>,
        status: Arc<FeedStatus>,
    ) -> Result<Self, Failure> {
        let mut feed = Self {
            server,
            market,
            status,
            look: None,
            seen: None,
            versions: store::Versions::default(),
            are_keys_stale: false,
            must_restore: false,
            was_clock_wrong: false,
            backlog: watch::Sender::default(),
            wakeups: Arc::default(),
        };
        feed.poll().await.map_err(|error| match error {
            PollError::Connect(error) => error.into(),
            PollError::Failure(failure) => failure,
        })?;
        Ok(feed)
    }

    /// Polls until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let (server, wakeups) = (Arc::clone(&self.server), Arc::clone(&self.wakeups));
        let db = server.db.clone();
        let listening = listener::listen(db.clone(), Arc::clone(&wakeups));
        let catching_up = backlog::read(Arc::clone(&server), self.backlog.subscribe());
        let watching = async { tokio::join!(db.watch_servers(), db.watch_standbys()) };
        let polling = async {
            loop {
                let polled = tokio::select! {
                    polled = self.poll_with_retry() => polled,
                    // The server that is being asked is not the primary any more, and may never answer.
                    () = db.has_moved() => continue,
                };
                let pause = match polled {
                    Ok(()) if db.state() == DatabaseState::Up => POLL_INTERVAL,
                    Ok(()) => RETRY_INTERVAL,
                    Err(error) => {
                        self.lose_database(&error);
                        RETRY_INTERVAL
                    }
                };
                sleep(MIN_POLL_INTERVAL).await;
                tokio::select! {
                    () = sleep(pause) => {}
                    () = wakeups.poll.notified() => {}
                    () = db.needs_look() => {}
                    () = db.has_moved() => {}
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = listening => {}
            () = catching_up => {}
            _ = watching => {}
            () = polling => {}
        }
    }

    /// Polls, and once more on a new connection if the one at hand fails.
    async fn poll_with_retry(&mut self) -> Result<(), PollError> {
        let is_fresh = self.look.is_none();
        let began = Instant::now();
        let polled = self.poll().await;
        if polled.is_ok() || is_fresh || began.elapsed() >= STATEMENT_TIMEOUT {
            return polled;
        }
        // Somebody may have closed just this connection, so the database is not down until a new one fails too.
        self.look = None;
        self.server.db.discard_connections();
        self.poll().await
    }

    async fn poll(&mut self) -> Result<(), PollError> {
        let server = Arc::clone(&self.server);
        let mut look = server.db.look(self.look.take()).await?;
        self.compare_clocks();
        let (facts, now) = (look.facts.clone(), server.clock.database_now());
        // Ids that run backwards mean an older state of the same server, which was restored.
        let seen = self
            .seen
            .as_ref()
            .filter(|seen| seen.history.is_same(facts.history) && facts.snapshot.is_after(&seen.snapshot));
        let ended = seen.map(|seen| facts.snapshot.ended_since(&seen.snapshot));
        if ended.is_none() {
            self.renumber(&mut look).await?;
            self.are_keys_stale |= self.seen.is_some();
        }
        self.read_versions(&mut look.connection).await?;
        let changed = match ended {
            None => {
                let oldest_running = facts.snapshot.oldest_running();
                self.start_over(&mut look.connection, oldest_running, now).await?;
                Vec::new()
            }
            Some(ended) if ended.is_empty() => Vec::new(),
            Some(ended) => {
                let delay = revocations::read_of(&server, &mut look.connection, &ended, now).await?;
                if let Some(delay) = delay {
                    self.status.record_revocation_delay(delay);
                }
                within_timeout(store::list_changed_clients(&mut look.connection, &ended)).await?
            }
        };
        self.adopt_database(&look);
        let changed = changed
            .into_iter()
            .map(|row| (row.client_id, ClientVersion(row.version)));
        self.apply_client_changes(&changed.collect::<Vec<_>>());
        self.seen = Some(Seen {
            history: facts.history,
            snapshot: facts.snapshot,
        });
        self.status.record_poll(now);
        if self.must_restore && facts.role == Role::Primary {
            revocations::restore(&server, &mut look.connection, now).await?;
            self.must_restore = false;
        }
        within_timeout(server.db.release_ended(&mut look)).await?;
        self.look = Some(look);
        Ok(())
    }

    /// Says once that the clock has become wrong, and once that it is right again.
    fn compare_clocks(&mut self) {
        match (self.server.clock.checked_now(), self.was_clock_wrong) {
            (Err(WrongClock { offset }), false) => {
                let seconds = offset.num_seconds();
                tracing::error!(
                    ahead_seconds = seconds,
                    "the clock of this machine and the database's differ; tokens are neither issued nor accepted here"
                );
                self.was_clock_wrong = true;
            }
            (Ok(_), true) => {
                tracing::info!("the clock of this machine agrees with the database's again");
                self.was_clock_wrong = false;
            }
            (Ok(_), false) | (Err(_), true) => {}
        }
    }

    /// Marks rows with transaction ids of another server as changed now, if there are any and the server takes changes.
    async fn renumber(&self, look: &mut Look) -> Result<(), Failure> {
        let has_some = within_timeout(store::has_future_transaction_ids(&mut look.connection)).await?;
        if !has_some || look.facts.role != Role::Primary {
            return Ok(());
        }
        let renumbered = store::update_future_transaction_ids(&mut look.connection);
        match timeout(RENUMBER_TIMEOUT, renumbered).await {
            Ok(renumbered) => Ok(renumbered?),
            Err(_elapsed) => Err(Failure::unavailable(
                "the rows of another server were not renumbered in time",
            )),
        }
    }

    /// Makes memory what it is after a start on this database, but for revocations: what is known to be revoked stays so.
    async fn start_over(
        &mut self,
        connection: &mut PgConnection,
        oldest_running: i64,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let client_ids = read_client_ids(connection).await?;
        self.server.clients.set_registered(&client_ids);
        revocations::read_of(
            &self.server,
            connection,
            slice::from_ref(&(oldest_running..i64::MAX)),
            now,
        )
        .await?;
        backlog::begin(&self.server, &self.backlog, connection, oldest_running, now).await?;
        if self.seen.is_some() {
            tracing::warn!(
                server = self.server.db.server_name(),
                "the database tells another history than before; clients and keys are read again"
            );
            self.server.clients.start_over();
            self.market.start_over();
            self.must_restore = true;
            self.wakeups.reconnect.notify_one();
        }
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

    /// Reads the keys again if they have changed, and forgets the versions of market data if those have.
    async fn read_versions(&mut self, connection: &mut PgConnection) -> Result<(), Failure> {
        let versions = within_timeout(store::find_versions(connection)).await?;
        let seen = self.versions;
        if versions.market != seen.market {
            self.market.catalogue.forget();
        }
        let same_keys = (versions.key_count, versions.keys) == (seen.key_count, seen.keys);
        if !same_keys || self.are_keys_stale {
            self.read_keys(connection).await?;
        }
        self.versions = versions;
        Ok(())
    }

    /// Reads the keys. A key that cannot be opened (the master key was replaced, but not here yet) must
    /// not hold up revocations: it is logged once and tried again with each poll, and the ring keeps the keys that it has.
    async fn read_keys(&mut self, connection: &mut PgConnection) -> Result<(), Failure> {
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
        Ok(())
    }

    fn adopt_database(&self, look: &Look) {
        let before = self.server.db.state();
        if !self.server.db.adopt(&look.facts) {
            return;
        }
        match (before, self.server.db.state()) {
            (_, DatabaseState::ReadOnly) => {
                tracing::error!(
                    server = self.server.db.server_name(),
                    "the database is read-only; what would change it is refused"
                );
            }
            (DatabaseState::Unknown, _) => {}
            _ => tracing::info!(
                server = self.server.db.server_name(),
                "the database is available again"
            ),
        }
    }

    fn lose_database(&mut self, error: &PollError) {
        self.look = None;
        self.wakeups.reconnect.notify_one();
        let db = &self.server.db;
        let is_news = match error {
            PollError::Connect(error) => db.lose(error),
            PollError::Failure(_) => db.lose_contact(),
        };
        if is_news {
            tracing::error!(
                cause = error::chain(error),
                "the database is unavailable; known clients are served from memory"
            );
        }
    }
}

/// The identifiers of all clients, page by page.
async fn read_client_ids(connection: &mut PgConnection) -> Result<Vec<ClientId>, Failure> {
    let mut client_ids: Vec<ClientId> = Vec::new();
    loop {
        let after = client_ids.last().map_or("", ClientId::as_str).to_owned();
        let page = store::list_client_ids(connection, &after, CLIENT_IDS_PAGE);
        let page = within_timeout(page).await?;
        let is_last = i64::try_from(page.len()).is_ok_and(|count| count < CLIENT_IDS_PAGE);
        client_ids.extend(page);
        if is_last {
            return Ok(client_ids);
        }
    }
}
