//! Standbys that are read from, so that lists and reports do not burden the primary.
//!
//! Who has written reads what was written: before a standby is read, the primary is asked how far its log reaches, by one
//! statement for all reads that wait at the same time, and the standby must have replayed that much. So it does not matter
//! which replica wrote. A standby that is behind for more than a second is not read at all, and where anything is not as it
//! should be, the primary is. While the primary is away, a standby that had kept up answers as it is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use sqlx::PgConnection;
use tokio::time::{Instant, sleep, timeout};

use super::pool::{Discarded, Lease, Pools, Source, Work};
use super::server::{History, ServerFacts, WalPosition};
use super::session::{self, ConnectError, Server, Session};
use super::url::DatabaseUrl;
use super::{BatchLoader, BatchQuery, Db, store};
use crate::clock::Clock;
use crate::error::Failure;
use crate::telemetry::statements::Measured;

/// The longest that a standby may be behind to be read.
const MAX_LAG: Duration = Duration::from_secs(1);
/// The time between two looks at the standbys.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// Longest wait for the answer of a standby that is looked at.
const LOOK_TIMEOUT: Duration = Duration::from_millis(1500);
/// Longest wait for the primary to say how far its log reaches.
const POSITION_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest wait for a standby to replay so far.
const REPLAY_TIMEOUT: Duration = Duration::from_millis(100);
/// The time between two questions whether it has.
const REPLAY_INTERVAL: Duration = Duration::from_millis(3);
/// How long the positions of the primary are remembered: longer than the lag that matters.
const REMEMBERED: Duration = Duration::from_secs(5);

/// A server that may be read from, with what was last seen of it.
pub(super) struct Standby {
    server: Server,
    clock: Clock,
    discarded: Discarded,
    seen: Mutex<Option<ServerFacts>>,
}

impl Standby {
    pub(super) async fn connect(&self) -> Result<Session, ConnectError> {
        self.server.open(&self.clock).await
    }

    pub(super) fn discarded(&self) -> &Discarded {
        &self.discarded
    }
}

/// The standbys of `DATABASE_READ_URL`.
pub(super) struct Readers {
    standbys: Vec<(Arc<Standby>, Pools)>,
    /// How far the primary's log reached when the change feed looked, the oldest first.
    positions: Mutex<VecDeque<(Instant, WalPosition)>>,
    /// The standby whose turn it is.
    turn: AtomicUsize,
    position: BatchLoader<PrimaryPosition>,
}

/// Asks the primary how far its log reaches: everything that was acknowledged before is below.
struct PrimaryPosition;

impl BatchQuery for PrimaryPosition {
    type Key = ();
    type Value = WalPosition;

    const MAX_BATCH: usize = 1;
    const MAX_CONCURRENT: usize = 1;
    const FROM_STANDBY: bool = false;

    async fn load(&self, connection: &mut PgConnection, keys: &[()]) -> Result<Vec<WalPosition>, Failure> {
        let position = WalPosition(store::find_wal_position(connection).await?);
        Ok(keys.iter().map(|()| position).collect())
    }
}

impl Readers {
    /// Standbys with as many connections each as the primary.
    pub(super) fn new(url: DatabaseUrl, clock: &Clock, max_connections: u32, threads: usize) -> Self {
        let timeout = url.connect_timeout;
        let standby = |host| {
            let standby = Arc::new(Standby {
                server: Server::new(host, timeout),
                clock: clock.clone(),
                discarded: Discarded::none(),
                seen: Mutex::default(),
            });
            let source = Source::Standby(Arc::clone(&standby));
            let pools = Pools::new(source, Arc::default(), max_connections, threads);
            (standby, pools)
        };
        Self {
            standbys: url.hosts.into_iter().map(standby).collect(),
            positions: Mutex::default(),
            turn: AtomicUsize::new(0),
            position: BatchLoader::new(PrimaryPosition),
        }
    }

    /// The change feed has looked at the primary.
    pub(super) fn note_primary(&self, facts: &ServerFacts, is_new_history: bool) {
        let now = Instant::now();
        let mut positions = self.positions.lock();
        if is_new_history {
            positions.clear();
        }
        while positions.len() > 1 && positions.front().is_some_and(|(at, _)| now - *at > REMEMBERED) {
            positions.pop_front();
        }
        positions.push_back((now, facts.wal_position));
    }

    /// How long a server that has replayed so far has been behind; `None` where nothing is known of the primary.
    fn lag(&self, replayed: WalPosition) -> Option<Duration> {
        let positions = self.positions.lock();
        let behind_since = positions.iter().find(|(_, position)| *position > replayed);
        positions.back()?;
        Some(behind_since.map_or(Duration::ZERO, |(since, _)| since.elapsed()))
    }

    /// Of each standby, how long it has been behind; `None` where it is not to be read.
    pub(super) fn lags(&self, history: Option<History>) -> Vec<Option<Duration>> {
        let lag = |standby: &Arc<Standby>| {
            let seen = standby.seen.lock();
            let facts = seen.as_ref()?;
            // Positions of different timelines do not compare.
            let is_of_history = history.is_some_and(|known| {
                facts.history.system == known.system && facts.history.timeline >= known.timeline
            });
            self.lag(facts.wal_position)
                .filter(|lag| is_of_history && *lag <= MAX_LAG)
        };
        self.standbys.iter().map(|(standby, _)| lag(standby)).collect()
    }

    /// A standby that has kept up, each in its turn.
    fn choose(&self, history: Option<History>) -> Option<&(Arc<Standby>, Pools)> {
        let lags = self.lags(history);
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let chosen = (0..lags.len())
            .map(|offset| (first.wrapping_add(offset)) % lags.len())
            .find(|index| lags.get(*index).is_some_and(Option::is_some))?;
        self.standbys.get(chosen)
    }

    pub(super) fn close(&self) {
        for (_, pools) in &self.standbys {
            pools.close();
        }
    }
}

impl Db {
    /// Reads what everybody may see a moment late, from a standby where one has kept up, otherwise from the primary. What
    /// was acknowledged before the call is seen in any case. Where the standby fails, `work` runs again, on the primary.
    pub async fn read_from_standby<T, E: From<Failure>>(
        &self,
        mut work: impl AsyncFnMut(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(readers) = &self.readers
            && let Some((standby, pools)) = readers.choose(self.primary.history())
        {
            let needed = self.needed_position(readers).await;
            if let Ok(mut lease) = self.lease(pools, Work::Reading).await {
                let read = async {
                    let (connection, _) = lease.parts().ok()?;
                    let is_up_to_date = has_replayed(connection, needed).await.ok()?;
                    if is_up_to_date {
                        work(connection).await.ok()
                    } else {
                        None
                    }
                };
                let read = {
                    let read = std::pin::pin!(read);
                    let read = Measured::new(read, self.metrics.get().cloned());
                    timeout(super::WORK_TIMEOUT, read).await.ok().flatten()
                };
                keep_if_alive(lease, read.is_some()).await;
                if let Some(read) = read {
                    return Ok(read);
                }
            } else {
                standby.discarded().discard();
                *standby.seen.lock() = None;
            }
        }
        self.read(async |connection| work(connection).await).await
    }

    /// Whether there is a standby that has kept up.
    #[must_use]
    pub fn has_standby(&self) -> bool {
        self.standbys().0 > 0
    }

    /// How far a standby must have replayed; `None` where the primary is away and cannot say it.
    async fn needed_position(&self, readers: &Readers) -> Option<WalPosition> {
        if !self.is_up() {
            return None;
        }
        let asked = timeout(POSITION_TIMEOUT, readers.position.load(self, ()));
        asked.await.ok()?.ok()
    }

    /// Looks at the standbys again and again. Never ends.
    pub async fn watch_standbys(&self) {
        let Some(readers) = &self.readers else {
            return std::future::pending().await;
        };
        let mut connections: Vec<Option<PgConnection>> = readers.standbys.iter().map(|_| None).collect();
        loop {
            let looks = readers.standbys.iter().zip(&mut connections);
            join_all(looks.map(async |((standby, _), kept)| {
                let looked = timeout(LOOK_TIMEOUT, look_at(standby, kept)).await;
                let facts = looked.ok().and_then(Result::ok);
                let is_gone = facts.is_none() && standby.seen.lock().is_some();
                if is_gone {
                    tracing::warn!(
                        standby = standby.server.host.name,
                        "a standby is gone; what would be read there is read from the primary"
                    );
                    standby.discarded().discard();
                }
                *standby.seen.lock() = facts;
            }))
            .await;
            sleep(LOOK_INTERVAL).await;
        }
    }

    /// How many standbys are read from, and how far the slowest of them is behind.
    #[must_use]
    pub fn standbys(&self) -> (usize, Duration) {
        let history = self.primary.history();
        let lags = self
            .readers
            .as_ref()
            .map_or_else(Vec::new, |readers| readers.lags(history));
        let lags = || lags.iter().flatten();
        (lags().count(), lags().max().copied().unwrap_or_default())
    }
}

async fn look_at(standby: &Standby, kept: &mut Option<PgConnection>) -> Result<ServerFacts, ConnectError> {
    let (connection, facts) = match kept.take() {
        Some(mut connection) => {
            let facts = session::examine(&mut connection, &standby.clock).await?;
            (connection, facts)
        }
        None => {
            let session = standby.connect().await?;
            (session.connection, session.facts)
        }
    };
    *kept = Some(connection);
    Ok(facts)
}

/// Waits, not for long, until the server has replayed so far; false where it has not.
async fn has_replayed(
    connection: &mut PgConnection,
    needed: Option<WalPosition>,
) -> Result<bool, sqlx::Error> {
    let Some(needed) = needed else {
        return Ok(true);
    };
    let asked_at = Instant::now();
    loop {
        if WalPosition(store::find_wal_position(connection).await?) >= needed {
            return Ok(true);
        }
        if asked_at.elapsed() > REPLAY_TIMEOUT {
            return Ok(false);
        }
        sleep(REPLAY_INTERVAL).await;
    }
}

/// Returns the connection to its pool, unless it does not answer any more.
async fn keep_if_alive(mut lease: Lease, is_known_to_be: bool) {
    let is_alive = is_known_to_be || {
        let answered = match lease.parts() {
            Ok((connection, _)) => timeout(super::PING_TIMEOUT, store::find_wal_position(connection)).await,
            Err(_) => return,
        };
        matches!(answered, Ok(Ok(_)))
    };
    if is_alive {
        lease.keep();
    }
}
