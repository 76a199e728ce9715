//! Sessions that nobody else is lent: for LISTEN, and for migrations, which take an advisory lock. And transactions that take
//! long, which have a session to themselves while they run, a pooler's too.

use std::sync::atomic::Ordering;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

use super::server::Role;
use super::session::{ConnectError, Session, new_marker, with_marker};
use super::url::Host;
use super::{Db, store};
use crate::error::Failure;

/// How a transaction begins that may take long. It sets its limits itself, so that nothing stays behind in a session that a
/// pooler lends to others afterwards. A process that is frozen within it holds its locks for ten minutes, and not for good.
pub const BEGIN_LONG: &str =
    "begin; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = '10min'";
/// How a transaction begins that reads one snapshot to its end, however long that takes, and changes nothing.
const BEGIN_SNAPSHOT: &str = "begin isolation level repeatable read, read only; set local statement_timeout = 0; \
                              set local idle_in_transaction_session_timeout = '10min'";

/// How to open a session that nobody else is lent, and how to tell.
pub struct OwnSession {
    /// The options to connect with.
    pub options: PgConnectOptions,
    marker: String,
}

impl OwnSession {
    pub(super) fn to(host: &Host) -> Self {
        let marker = new_marker();
        Self {
            options: with_marker(host, &marker),
            marker,
        }
    }

    /// Whether the session at the other end is the one that was opened with these options.
    pub async fn is_own<'c>(&self, session: impl sqlx::PgExecutor<'c>) -> Result<bool, sqlx::Error> {
        Ok(store::find_marker(session).await?.as_ref() == Some(&self.marker))
    }
}

impl Db {
    /// How to open a session that is nobody else's, for LISTEN; with several hosts, another one at each call.
    ///
    /// # Errors
    /// [`ConnectError::OnlyPooled`] where the only way to the database is known to be a pooler's.
    pub fn own_session(&self) -> Result<OwnSession, ConnectError> {
        if self.direct.is_empty() {
            if self.primary.is_pooled() {
                return Err(ConnectError::OnlyPooled);
            }
            return Ok(OwnSession::to(&self.primary.server()?.host));
        }
        let turn = self.direct_turn.fetch_add(1, Ordering::Relaxed) % self.direct.len();
        let server = self.direct.get(turn);
        let server = server.ok_or_else(|| ConnectError::NotFound("DATABASE_DIRECT_URL".to_owned()))?;
        Ok(OwnSession::to(&server.host))
    }

    /// Runs `work` in a transaction that may take as long as it needs, in a session of its own: for an import, which must not
    /// be given up after seconds, and must not keep a connection from those who answer requests.
    ///
    /// A pooler may lend the session, so what `work` needs is to be in the transaction: no temporary table, no lock of the
    /// session.
    pub async fn long_transaction<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let session = self.direct_session().await.map_err(Failure::from)?;
        let mut connection = session.connection;
        let begun = connection.begin_with(BEGIN_LONG).await;
        let mut transaction = begun.map_err(Failure::from)?;
        // Whoever does not get to the end leaves nothing: a transaction that is dropped is rolled back.
        let output = work(&mut transaction).await?;
        transaction.commit().await.map_err(Failure::from)?;
        // The server ends the session by itself, should this not reach it.
        let _ = connection.close().await;
        Ok(output)
    }

    /// Runs `work` on one snapshot of the database, in a session of its own, as long as it needs; it changes nothing.
    pub async fn long_snapshot<T, E: From<Failure>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let session = self.direct_session().await.map_err(Failure::from)?;
        let mut connection = session.connection;
        let begun = connection.begin_with(BEGIN_SNAPSHOT).await;
        let mut transaction = begun.map_err(Failure::from)?;
        let output = work(&mut transaction).await?;
        transaction.rollback().await.map_err(Failure::from)?;
        let _ = connection.close().await;
        Ok(output)
    }

    /// A session of the primary that is nobody else's, for migrations, which take an advisory lock.
    pub(super) async fn own_connection(&self) -> Result<PgConnection, ConnectError> {
        let session = self.direct_session().await?;
        if session.is_pooled {
            return Err(ConnectError::OnlyPooled);
        }
        Ok(session.connection)
    }

    /// A session of the primary, by the way that is to have no pooler. The first server that has none is preferred.
    async fn direct_session(&self) -> Result<Session, ConnectError> {
        let (mut pooled, mut failed) = (None, ConnectError::OnlyPooled);
        let servers = if self.direct.is_empty() {
            std::slice::from_ref(self.primary.server()?)
        } else {
            &self.direct
        };
        for server in servers {
            match server.open(self.primary.clock()).await {
                Ok(session) if session.facts.role == Role::Standby => {
                    failed = ConnectError::Standby(server.host.name.clone());
                }
                Ok(session) if session.is_pooled => pooled = pooled.or(Some(session)),
                Ok(session) => return Ok(session),
                Err(error) => failed = error,
            }
        }
        pooled.ok_or(failed)
    }
}
