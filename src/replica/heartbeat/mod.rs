//! How replicas know how many they are: each says every second in the database that it is there, and sees who else is.
//!
//! The limits are divided by that number, so it errs on the side of too many: a new replica serves nobody before the others
//! have taken it into account, one that stops is counted until it has served its last request, and one that does not say that
//! it stops for some seconds more. Without the database the last number stays.

mod list;
mod store;

pub use list::{ReplicaInfo, list_replicas};

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::store::Facts;
use super::feed_status::FeedStatus;
use crate::crypto::random;
use crate::error::{self, Failure};
use crate::oauth::AuthorizationServer;

/// The time between two heartbeats.
const BEAT_INTERVAL: Duration = Duration::from_secs(1);
/// How long a replica counts after its last heartbeat.
const ALIVE_FOR: Duration = Duration::from_secs(7);
/// How long the row of one that has ended without saying so is kept.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// A replica that has not been seen for so long need not take a new one into account: it is no longer there, or will see the
/// new one before it serves again.
const ANSWERS_WITHIN: Duration = Duration::from_millis(2_500);
/// How often a new replica looks whether the others know of it.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// Longest wait for them, and longest time to say goodbye.
const PATIENCE: Duration = Duration::from_secs(3);

/// The heartbeat of this replica.
pub struct Heartbeat {
    replica_id: Uuid,
    server: Arc<AuthorizationServer>,
    feed: Arc<FeedStatus>,
    started_at: DateTime<Utc>,
    has_joined: bool,
    /// Until then the number does not fall, because the table was emptied, and the others may not be in it again yet.
    held_until: Option<Instant>,
    is_failure_reported: bool,
}

impl Heartbeat {
    /// The heartbeat of a replica that nobody knows of yet.
    #[must_use]
    pub fn new(server: Arc<AuthorizationServer>, feed: Arc<FeedStatus>) -> Self {
        Self {
            replica_id: uuid::Builder::from_random_bytes(random::bytes()).into_uuid(),
            started_at: server.clock.now(),
            server,
            feed,
            has_joined: false,
            held_until: None,
            is_failure_reported: false,
        }
    }

    /// Says that the replica is there, and waits until every other one has taken it into account, 3 s at most. Where the
    /// database cannot be asked it waits for nothing: the service starts without.
    pub async fn join(&mut self) {
        let joining = async {
            self.beat().await?;
            if self.server.limits.replicas() > 1 {
                self.wait_for_others().await?;
            }
            Ok::<_, Failure>(())
        };
        match timeout(PATIENCE, joining).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => self.report(&failure),
            Err(_elapsed) => tracing::warn!("the other replicas may not know of this one yet"),
        }
    }

    async fn wait_for_others(&self) -> Result<(), Failure> {
        let db = &self.server.db;
        // A transaction later than the one that made the row: who is seen after it has seen the row.
        let now = async |connection: &mut _| Ok::<_, Failure>(store::find_now(connection).await?);
        let joined_at = db.read(now).await?;
        let unseen = async |connection: &mut _| {
            let unseen = store::count_unseen_since(connection, self.replica_id, joined_at, ANSWERS_WITHIN);
            Ok::<_, Failure>(unseen.await?)
        };
        while db.read(unseen).await? > 0 {
            sleep(LOOK_INTERVAL).await;
        }
        Ok(())
    }

    /// Says every second that the replica is there, until `stop`, and then that it is no longer.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut ticks = interval(BEAT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            // Not cancelled: the server might carry it out after the goodbye.
            match self.beat().await {
                Ok(()) => self.is_failure_reported = false,
                Err(failure) => self.report(&failure),
            }
        }
        let goodbye = async |connection: &mut _| {
            Ok::<_, Failure>(store::delete_replica(connection, self.replica_id).await?)
        };
        // Where that fails, the row counts for some seconds more.
        let _ = timeout(PATIENCE, self.server.db.read(goodbye)).await;
    }

    /// What the replica says of itself.
    fn facts(&self) -> Facts {
        let lag = self.feed.age_millis(self.server.clock.now());
        Facts {
            replica_id: self.replica_id,
            version: env!("CARGO_PKG_VERSION"),
            started_at: self.started_at,
            database_state: self.server.db.state().to_string(),
            feed_lag_ms: lag,
        }
    }

    async fn beat(&mut self) -> Result<(), Failure> {
        let facts = self.facts();
        let beat = async |connection: &mut _| {
            Ok::<_, Failure>(store::beat(connection, &facts, ALIVE_FOR, KEPT_FOR).await?)
        };
        // Not `change`, which fails while commits hang: this one waits for no standby.
        let beat = self.server.db.read(beat).await?;
        // The row of a replica that has just started is new, and says nothing of the others.
        if beat.is_new && self.has_joined {
            self.held_until = Some(Instant::now() + ALIVE_FOR);
        }
        self.has_joined = true;
        let (known, seen) = (
            self.server.limits.replicas(),
            u32::try_from(beat.others).unwrap_or(u32::MAX).saturating_add(1),
        );
        let is_held = self.held_until.is_some_and(|until| Instant::now() < until);
        if seen > known || (seen < known && !is_held) {
            tracing::info!(
                replicas = seen,
                "the limits are divided by another number of replicas"
            );
            self.server.limits.set_replicas(seen);
        }
        Ok(())
    }

    /// Logs the first of several failures, unless the database is away, which the change feed logs.
    fn report(&mut self, failure: &Failure) {
        let is_outage = matches!(failure, Failure::Unavailable(_)) && !self.server.db.is_up();
        if !is_outage && !self.is_failure_reported {
            tracing::warn!(
                cause = error::chain(failure),
                "cannot say that this replica is there; the limits are divided by the last known number"
            );
            self.is_failure_reported = true;
        }
    }
}
