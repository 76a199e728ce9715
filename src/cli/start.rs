//! Prepares the service until it can answer requests, and waits for the database for as long as that takes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::context::CommandContext;
use super::database::{MissingMigrations, OpenDatabase};
use super::hint::words;
use super::notify::Notifier;
use crate::api::ops::Status;
use crate::app::{App, Settings};
use crate::db::{ConnectError, SchemaError};
use crate::error::Failure;
use crate::keys;
use crate::replica::Feed;

/// The time between two attempts to start.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// What is needed to prepare the service.
pub(super) struct Startup<'a> {
    pub context: &'a CommandContext<'a>,
    pub settings: Settings,
    pub opened: &'a OpenDatabase,
    pub missing: MissingMigrations,
    pub status: Arc<Status>,
    pub notifier: Arc<Notifier>,
}

impl Startup<'_> {
    /// The application with its keys, and a change feed that has polled once. Waits while the database is unavailable; an
    /// error that only an operator can correct is returned at once.
    pub(super) async fn run(&self) -> anyhow::Result<(Arc<App>, Feed)> {
        let began = Instant::now();
        let mut is_waiting = false;
        loop {
            match self.attempt().await {
                Ok(started) => {
                    if is_waiting {
                        let waited_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                        tracing::info!(waited_ms, "the database is available");
                    }
                    return Ok(started);
                }
                Err(error) if !is_outage(&error) => return Err(error),
                Err(error) => {
                    self.note_lost(&error);
                    if !is_waiting {
                        tracing::warn!(cause = words(&error), "waiting for the database");
                        self.notifier.waiting("the database");
                        is_waiting = true;
                    }
                }
            }
            sleep(RETRY_INTERVAL).await;
        }
    }

    async fn attempt(&self) -> anyhow::Result<(Arc<App>, Feed)> {
        let prepared = Box::pin(self.opened.prepare(self.missing));
        self.notifier.while_working(prepared).await?;
        let db = &self.opened.db;
        let app = App::start(
            self.settings.clone(),
            self.context.clock.clone(),
            db.clone(),
            self.context.key_ring(db).await?,
            self.status.telemetry.clone(),
        );
        let app = app.await?;
        let feed = Feed::begin(
            Arc::clone(&app.oauth),
            Arc::clone(&app.market),
            Arc::clone(&app.feed),
        )
        .await?;
        Ok((app, feed))
    }

    /// Notes that the database is lost, so that readiness says so.
    fn note_lost(&self, error: &anyhow::Error) {
        let db = &self.opened.db;
        let _ = match connect_error(error) {
            Some(error) => db.lose(error),
            None => db.lose_contact(),
        };
    }
}

/// The [`Failure`] that an error is or wraps, if any.
fn failure(error: &anyhow::Error) -> Option<&Failure> {
    let of_schema = || match error.downcast_ref()? {
        SchemaError::Failure(failure) => Some(failure),
        _ => None,
    };
    let of_keys = || match error.downcast_ref()? {
        keys::Error::Failure(failure) => Some(failure),
        _ => None,
    };
    error.downcast_ref().or_else(of_schema).or_else(of_keys)
}

/// Why the database could not be connected to, if that is what the error says.
fn connect_error(error: &anyhow::Error) -> Option<&ConnectError> {
    match (error.downcast_ref(), failure(error)) {
        (Some(SchemaError::Connect(error)), _) => Some(error),
        (_, Some(Failure::Unavailable(cause))) => cause.downcast_ref(),
        _ => error.downcast_ref(),
    }
}

/// Whether an error says that the database is unavailable, and may become available without an operator.
fn is_outage(error: &anyhow::Error) -> bool {
    match connect_error(error) {
        Some(error) => !error.needs_operator(),
        None => matches!(failure(error), Some(Failure::Unavailable(_))),
    }
}
