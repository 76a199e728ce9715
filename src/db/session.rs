//! Opens one session, and finds out at whose end it is.
//!
//! Each session is examined before it is used: a route (a proxy, a virtual address) may lead to another server at any time.
//! Session settings are sent when it is opened, and among them a random marker. A pooler in front of the server lends
//! sessions that others opened, so the marker does not arrive, or another one does: that is how it is found out.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::time::{Instant, timeout};

use super::server::ServerFacts;
use super::store::{self, MARKER};
use super::url::{DatabaseUrl, Host};
use crate::clock::Clock;
use crate::crypto::random;
use crate::error::Failure;

/// SQLSTATE of a startup packet that is not understood: `protocol_violation`, `feature_not_supported`.
const REFUSED_STARTUP: &[&str] = &["08P01", "0A000"];
/// SQLSTATE of what only an operator can mend: a wrong password or role, a database that does not exist.
const OPERATOR_ERRORS: &[&str] = &["28000", "28P01", "3D000"];
/// SQLSTATE of a statement that was prepared in another session: `invalid_sql_statement_name`,
/// `duplicate_prepared_statement`.
const MIXED_UP_STATEMENTS: &[&str] = &["26000", "42P05"];
/// How long a server that refused our session settings is not sent them.
const SETTINGS_RETRY: Duration = Duration::from_mins(1);
/// The encoding that a database must have.
const ENCODING: &str = "UTF8";

/// Why a session could not be opened, or is not one to be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectError {
    /// The driver's error.
    #[error(transparent)]
    Database(#[from] Arc<sqlx::Error>),
    /// Nobody answered in time.
    #[error("{host} did not answer within {} s", .limit.as_secs_f32())]
    TimedOut {
        /// Who.
        host: String,
        /// How long it had.
        limit: Duration,
    },
    /// The database's encoding is not UTF-8.
    #[error(
        "the encoding of the database is {0}, and should be UTF8; move the data to one that is made by `create database … \
         encoding 'UTF8' template template0`"
    )]
    Encoding(String),
    /// A pooler does not keep prepared statements.
    #[error(
        "the database is behind a pooler that mixes up prepared statements; use PgBouncer 1.21 or newer with \
         max_prepared_statements above 0, or pool_mode = session"
    )]
    Pooler,
    /// There is no way to the database but through a pooler.
    #[error("the database is behind a pooler, which cannot lend a session for long; set DATABASE_DIRECT_URL")]
    OnlyPooled,
    /// The server is a standby.
    #[error("{0} is a standby, and not the database")]
    Standby(String),
    /// The server takes no changes.
    #[error("{0} is read-only")]
    ReadOnly(String),
    /// Another server was promoted since.
    #[error("{0} was a primary before another server was promoted")]
    Superseded(String),
    /// The server tells a history that the change feed has yet to read.
    #[error("{0} tells another history than the one that is in memory; it is being read")]
    OtherHistory(String),
    /// None of several servers is the database.
    #[error("none of the servers is the database: {0}")]
    NotFound(String),
}

impl ConnectError {
    /// Whether the server was reached and is not the way that the service needs it, which the message says in full.
    #[must_use]
    pub fn is_unsuitable(&self) -> bool {
        matches!(self, Self::Encoding(_) | Self::Pooler | Self::OnlyPooled)
    }

    /// Whether waiting does not help: only somebody who changes the settings, or the database, does.
    #[must_use]
    pub fn needs_operator(&self) -> bool {
        match self {
            unsuitable if unsuitable.is_unsuitable() => true,
            Self::Database(error) => match &**error {
                sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) => true,
                error => code(error).is_some_and(|code| OPERATOR_ERRORS.contains(&code.as_str())),
            },
            _ => false,
        }
    }
}

impl From<sqlx::Error> for ConnectError {
    fn from(error: sqlx::Error) -> Self {
        if code(&error).is_some_and(|code| MIXED_UP_STATEMENTS.contains(&code.as_str())) {
            return Self::Pooler;
        }
        Self::Database(Arc::new(error))
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self::unavailable(error)
    }
}

/// The SQLSTATE of an error of the server.
pub(super) fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// A session, and what its server said when it was opened.
pub(super) struct Session {
    pub connection: PgConnection,
    pub facts: ServerFacts,
    /// A pooler lends sessions to us and to others in turn.
    pub is_pooled: bool,
}

/// One server, as sessions are opened to it.
pub(super) struct Server {
    pub host: Host,
    connect_timeout: Duration,
    /// When a pooler refused our session settings.
    refused_settings_at: Mutex<Option<Instant>>,
}

impl Server {
    pub(super) fn new(host: Host, connect_timeout: Duration) -> Self {
        Self {
            host,
            connect_timeout,
            refused_settings_at: Mutex::default(),
        }
    }

    /// Opens a session, and examines its server.
    pub(super) async fn open(&self, clock: &Clock) -> Result<Session, ConnectError> {
        let opening = async {
            let marker = new_marker();
            let mut connection = self.connect(&marker).await?;
            let facts = examine(&mut connection, clock).await?;
            if facts.encoding != ENCODING {
                return Err(ConnectError::Encoding(facts.encoding));
            }
            Ok(Session {
                is_pooled: facts.marker.as_deref() != Some(&marker),
                connection,
                facts,
            })
        };
        match timeout(self.connect_timeout, opening).await {
            Ok(opened) => opened,
            Err(_elapsed) => Err(ConnectError::TimedOut {
                host: self.host.name.clone(),
                limit: self.connect_timeout,
            }),
        }
    }

    async fn connect(&self, marker: &str) -> Result<PgConnection, sqlx::Error> {
        if self.may_take_settings() {
            match with_marker(&self.host, marker).connect().await {
                Err(error) if is_refused_startup(&error) => {
                    *self.refused_settings_at.lock() = Some(Instant::now());
                }
                connected => return connected,
            }
        }
        self.host.plain.connect().await
    }

    /// Whether it has not refused the settings lately. The route may lead to another one meanwhile.
    fn may_take_settings(&self) -> bool {
        self.refused_settings_at
            .lock()
            .is_none_or(|at| at.elapsed() >= SETTINGS_RETRY)
    }
}

/// The servers of a URL.
pub(super) fn servers_of(url: DatabaseUrl) -> Vec<Server> {
    let timeout = url.connect_timeout;
    url.hosts
        .into_iter()
        .map(|host| Server::new(host, timeout))
        .collect()
}

pub(super) fn new_marker() -> String {
    format!("{:016x}", u64::from_ne_bytes(random::bytes()))
}

/// How to open a session with this marker.
pub(super) fn with_marker(host: &Host, marker: &str) -> PgConnectOptions {
    host.with_settings.clone().options([(MARKER, marker)])
}

/// Asks the server at the other end what it is.
pub(super) async fn examine(
    connection: &mut PgConnection,
    clock: &Clock,
) -> Result<ServerFacts, sqlx::Error> {
    let asked_at = clock.monotonic();
    let row = store::find_server(connection).await?;
    let read_at = (asked_at + clock.monotonic()) / 2;
    ServerFacts::of(row, read_at).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// Whether a pooler did not understand the settings that a session begins with.
fn is_refused_startup(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| REFUSED_STARTUP.contains(&code.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::url::Purpose;
    use super::*;

    #[test]
    fn settings_that_were_refused_are_sent_again_after_a_minute() {
        let url = DatabaseUrl::parse("postgres://h/db", Purpose::Everything, &[]).unwrap();
        let [server] = &servers_of(url)[..] else {
            panic!("one server");
        };
        assert!(server.may_take_settings());
        let now = Instant::now();
        for (seconds_ago, may) in [(0, false), (59, false), (60, true)] {
            *server.refused_settings_at.lock() = Some(now - Duration::from_secs(seconds_ago));
            assert_eq!(server.may_take_settings(), may, "{seconds_ago}");
        }
    }
}
