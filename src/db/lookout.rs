//! Looking at the servers: whether the primary is still the one, and which one it is when it is not.

use std::time::Duration;

use futures_util::future::join_all;
use sqlx::PgConnection;
use tokio::time::{sleep, timeout};

use super::Db;
use super::primary::{DatabaseState, choose};
use super::server::{Role, ServerFacts};
use super::session::{self, ConnectError};

/// The time between two looks at the other servers while the primary is known.
const CALM_INTERVAL: Duration = Duration::from_millis(700);
/// The same while it is not known.
const SEARCH_INTERVAL: Duration = Duration::from_millis(250);
/// Longest wait for the answer of a server that is looked at.
const LOOK_TIMEOUT: Duration = Duration::from_millis(1500);

/// A connection to the database that the change feed keeps, and what its server said a moment ago.
pub struct Look {
    /// The connection.
    pub connection: PgConnection,
    /// What the server said.
    pub facts: ServerFacts,
    /// Which of the servers it is.
    server: usize,
}

impl Db {
    /// Looks at the server that is believed to be the primary, on the connection of the look before if there is one.
    ///
    /// # Errors
    /// It does not answer, or is not the database. Then connections to it are not used any more.
    pub async fn look(&self, before: Option<Look>) -> Result<Look, ConnectError> {
        let looked = async {
            let server = self.primary.current();
            let same = before.filter(|look| look.server == server && look.facts.role == Role::Primary);
            let (connection, facts) = match same {
                Some(look) => {
                    let mut connection = look.connection;
                    let facts = session::examine(&mut connection, self.primary.clock()).await?;
                    (connection, facts)
                }
                None => {
                    let session = self.primary.connect_to_current().await?;
                    (session.connection, session.facts)
                }
            };
            self.primary.judge(server, &facts)?;
            let facts = ServerFacts {
                history: facts.history.completed_by(self.primary.history()),
                ..facts
            };
            self.primary.clock().set_database_time(facts.time, facts.read_at);
            Ok(Look {
                connection,
                facts,
                server,
            })
        };
        match timeout(LOOK_TIMEOUT, looked).await {
            Ok(looked) => looked,
            Err(_elapsed) => Err(ConnectError::TimedOut {
                host: self.primary.name(self.primary.current()),
                limit: LOOK_TIMEOUT,
            }),
        }
    }

    /// The change feed has read what this look found: from now on this is the database. Returns whether its state changed.
    #[must_use]
    pub fn adopt(&self, facts: &ServerFacts) -> bool {
        let known = self.primary.history();
        let is_new_history = !known.is_some_and(|known| known.is_same(facts.history));
        if is_new_history {
            self.given_up.release_all();
        }
        if let Some(readers) = &self.readers {
            readers.note_primary(facts, is_new_history);
        }
        let is_news = self.primary.adopt(facts);
        if is_news || is_new_history {
            self.pools.close_discarded();
        }
        is_news
    }

    /// The change feed did not find the database. Returns whether its state changed.
    #[must_use]
    pub fn lose(&self, error: &ConnectError) -> bool {
        self.lose_to(match error {
            ConnectError::Standby(_) | ConnectError::Superseded(_) => DatabaseState::Standby,
            ConnectError::ReadOnly(_) => DatabaseState::ReadOnly,
            _ => DatabaseState::Away,
        })
    }

    /// The change feed lost the database in the middle of a poll. Returns whether its state changed.
    #[must_use]
    pub fn lose_contact(&self) -> bool {
        self.lose_to(DatabaseState::Away)
    }

    fn lose_to(&self, state: DatabaseState) -> bool {
        let is_news = self.primary.lose(state);
        self.pools.close_discarded();
        is_news
    }

    /// Ends the wait for connections that were given up, where their server has ended what it did for them.
    pub async fn release_ended(&self, look: &mut Look) -> Result<(), sqlx::Error> {
        if self.primary.is_pooled() {
            return Ok(());
        }
        self.given_up.release_ended(&mut look.connection).await
    }

    /// Waits until something was seen that a look should explain.
    pub async fn needs_look(&self) {
        self.primary.look_now.notified().await;
    }

    /// Waits until another server was found to be the primary.
    pub async fn has_moved(&self) {
        self.primary.moved.notified().await;
    }

    /// The name of the server that is believed to be the primary.
    #[must_use]
    pub fn server_name(&self) -> String {
        self.primary.name(self.primary.current())
    }

    /// Looks at all servers of the URL again and again, and moves to the one that was promoted. Never ends.
    pub async fn watch_servers(&self) {
        let primary = &self.primary;
        if primary.servers().len() < 2 {
            std::future::pending::<()>().await;
        }
        let mut connections: Vec<Option<PgConnection>> = primary.servers().iter().map(|_| None).collect();
        let mut patience = SEARCH_INTERVAL;
        loop {
            let is_known = primary.state().is_usable();
            // While it is searched for, a server that does not answer must not hold up the look at the others. But where
            // none answers in time, it may be the time that is too short.
            patience = if is_known {
                SEARCH_INTERVAL
            } else {
                (patience * 2).min(LOOK_TIMEOUT)
            };
            let limit = if is_known { LOOK_TIMEOUT } else { patience };
            let looks = connections
                .iter_mut()
                .enumerate()
                .map(async |(index, connection)| {
                    // The primary that is in use is looked at by the change feed, on a connection of its own.
                    if is_known && index == primary.current() {
                        *connection = None;
                        return None;
                    }
                    let facts = timeout(limit, self.look_at(index, connection)).await.ok()??;
                    primary.judge(index, &facts).is_ok().then_some((index, facts))
                });
            let found: Vec<_> = join_all(looks).await.into_iter().flatten().collect();
            self.move_to_promoted(&found);
            let pause = if primary.state().is_usable() {
                CALM_INTERVAL
            } else {
                SEARCH_INTERVAL
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = primary.lost.notified() => {}
            }
        }
    }

    /// Moves to another server: to any primary while none is in use, otherwise only to one of a later timeline.
    fn move_to_promoted(&self, found: &[(usize, ServerFacts)]) {
        let primary = &self.primary;
        let (current, history) = (primary.current(), primary.history());
        let is_used = primary.state().is_usable();
        let candidates = found.iter().filter(|(_, facts)| match history {
            Some(known) if is_used => known.is_superseded_by(facts.history),
            _ => true,
        });
        let candidates = candidates.map(|(index, facts)| (*index, facts));
        let Some(chosen) = choose(candidates, current, history) else {
            return;
        };
        if chosen != current {
            tracing::warn!(
                from = primary.name(current),
                to = primary.name(chosen),
                "another server is the primary"
            );
            primary.move_to(chosen);
            self.pools.close_discarded();
        }
        primary.look_now.notify_one();
    }

    async fn look_at(&self, index: usize, kept: &mut Option<PgConnection>) -> Option<ServerFacts> {
        let clock = self.primary.clock();
        let (connection, facts) = match kept.take() {
            Some(mut connection) => {
                let facts = session::examine(&mut connection, clock).await.ok()?;
                (connection, facts)
            }
            None => {
                let session = self.primary.servers().get(index)?.open(clock).await.ok()?;
                (session.connection, session.facts)
            }
        };
        *kept = Some(connection);
        Some(facts)
    }
}
