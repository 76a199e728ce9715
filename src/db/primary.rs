//! Which server is the database, and in what state it is.
//!
//! The change feed looks at the server that is believed to be the primary several times a second and says what it found
//! ([`Primary::adopt`], [`Primary::lose`]). Everybody else uses what it said: while the primary is not known, callers fail at
//! once instead of after a timeout, and connections that were opened before it changed are not used again.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use futures_util::future::join_all;
use parking_lot::Mutex;
use strum::{Display, FromRepr};
use tokio::sync::Notify;

use super::pool::Discarded;
use super::server::{History, Role, ServerFacts};
use super::session::{ConnectError, Server, Session, servers_of};
use super::url::DatabaseUrl;
use crate::clock::Clock;

/// In what state the database is, as last seen. Its text is the word of readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, FromRepr)]
#[strum(serialize_all = "kebab-case")]
#[repr(u8)]
pub enum DatabaseState {
    /// Nobody has looked yet.
    Unknown,
    /// It takes changes.
    Up,
    /// It can be read, and takes no changes.
    ReadOnly,
    /// What answers is a standby, or was left behind by a promotion.
    Standby,
    /// Nothing answers.
    Away,
}

impl DatabaseState {
    /// The values of the metric of the database's role: 1 for this state, 0 for every other.
    #[must_use]
    pub fn roles(self) -> Vec<(&'static str, f64)> {
        let named = [
            ("unknown", Self::Unknown),
            ("primary", Self::Up),
            ("read_only", Self::ReadOnly),
            ("standby", Self::Standby),
            ("away", Self::Away),
        ];
        let value = |state| f64::from(u8::from(state == self));
        named
            .into_iter()
            .map(|(name, state)| (name, value(state)))
            .collect()
    }

    /// Whether it may be asked.
    #[must_use]
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Unknown | Self::Up | Self::ReadOnly)
    }
}

/// What is known of the primary.
pub(super) struct Primary {
    /// In the order of the URL; at least one.
    servers: Vec<Server>,
    clock: Clock,
    /// Which of them is believed to be the primary.
    current: AtomicUsize,
    /// The history whose changes are in memory; connections that tell another are not used.
    history: Mutex<Option<History>>,
    state: AtomicU8,
    /// Whether a pooler lends the sessions.
    is_pooled: AtomicBool,
    discarded: Discarded,
    /// Wakes the change feed: something was seen that a look should explain.
    pub(super) look_now: Notify,
    /// Wakes who looks for the primary among several servers: it was lost.
    pub(super) lost: Notify,
    /// Wakes the change feed: another server is the primary.
    pub(super) moved: Notify,
}

impl Primary {
    pub(super) fn new(url: DatabaseUrl, clock: Clock) -> Self {
        Self {
            servers: servers_of(url),
            clock,
            current: AtomicUsize::new(0),
            history: Mutex::default(),
            state: AtomicU8::new(DatabaseState::Unknown as u8),
            is_pooled: AtomicBool::new(false),
            discarded: Discarded::none(),
            look_now: Notify::new(),
            lost: Notify::new(),
            moved: Notify::new(),
        }
    }

    pub(super) fn servers(&self) -> &[Server] {
        &self.servers
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn current(&self) -> usize {
        self.current.load(Ordering::Relaxed)
    }

    /// The server that is believed to be the primary.
    pub(super) fn server(&self) -> Result<&Server, ConnectError> {
        let current = self.servers.get(self.current());
        current.ok_or_else(|| ConnectError::NotFound("there is no server".to_owned()))
    }

    pub(super) fn state(&self) -> DatabaseState {
        DatabaseState::from_repr(self.state.load(Ordering::Relaxed)).unwrap_or(DatabaseState::Unknown)
    }

    pub(super) fn history(&self) -> Option<History> {
        *self.history.lock()
    }

    pub(super) fn is_pooled(&self) -> bool {
        self.is_pooled.load(Ordering::Relaxed)
    }

    /// Opens a connection for work: to the primary, whose history is in memory.
    pub(super) async fn connect(&self) -> Result<Session, ConnectError> {
        let Some(history) = self.history() else {
            return self.find().await;
        };
        let opened = self.server()?.open(&self.clock).await;
        let judged = opened.and_then(|session| {
            self.judge(self.current(), &session.facts)?;
            let name = || self.name(self.current());
            if !session.facts.history.is_same(history) {
                return Err(ConnectError::OtherHistory(name()));
            }
            if session.facts.role == Role::ReadOnly && self.state() == DatabaseState::Up {
                return Err(ConnectError::ReadOnly(name()));
            }
            self.note_pooler(session.is_pooled);
            Ok(session)
        });
        // The route leads elsewhere than when the change feed looked last.
        if judged.is_err() {
            self.look_now.notify_one();
        }
        judged
    }

    /// Opens a connection to the server that is believed to be the primary, whatever it is.
    pub(super) async fn connect_to_current(&self) -> Result<Session, ConnectError> {
        let session = self.server()?.open(&self.clock).await?;
        self.note_pooler(session.is_pooled);
        Ok(session)
    }

    /// Looks at all servers, and opens a connection to the one that is the primary.
    pub(super) async fn find(&self) -> Result<Session, ConnectError> {
        let opened = join_all(self.servers.iter().map(|server| server.open(&self.clock))).await;
        let mut sessions = Vec::new();
        let mut errors = Vec::new();
        for (index, opened) in opened.into_iter().enumerate() {
            let judged = opened.and_then(|session| {
                self.judge(index, &session.facts)?;
                Ok(session)
            });
            match judged {
                Ok(session) => sessions.push((index, session)),
                Err(error) => errors.push(error),
            }
        }
        let facts = sessions.iter().map(|(index, session)| (*index, &session.facts));
        let Some(chosen) = choose(facts, self.current(), self.history()) else {
            return Err(one_error(errors));
        };
        let session = sessions.into_iter().find(|(index, _)| *index == chosen);
        let (_, session) = session.ok_or_else(|| ConnectError::NotFound(String::new()))?;
        self.move_to(chosen);
        if session.is_pooled {
            // A second session is lent the same server, and its statements have the same names.
            self.server()?.open(&self.clock).await?;
        }
        self.note_pooler(session.is_pooled);
        self.adopt(&session.facts);
        Ok(session)
    }

    /// Whether a server is the database, by what it says and by what is known of others.
    pub(super) fn judge(&self, index: usize, facts: &ServerFacts) -> Result<(), ConnectError> {
        if facts.role == Role::Standby {
            return Err(ConnectError::Standby(self.name(index)));
        }
        match self.history() {
            Some(known) if facts.history.is_superseded_by(known) => {
                Err(ConnectError::Superseded(self.name(index)))
            }
            _ => Ok(()),
        }
    }

    /// What a server is called in the log.
    pub(super) fn name(&self, index: usize) -> String {
        self.servers
            .get(index)
            .map_or_else(String::new, |server| server.host.name.clone())
    }

    /// Another server is believed to be the primary from now on.
    pub(super) fn move_to(&self, index: usize) {
        if self.current.swap(index, Ordering::Relaxed) != index {
            self.discard_connections();
            self.moved.notify_one();
        }
    }

    /// The change feed has read what this server tells: it is the database from now on. Returns whether it was not before.
    pub(super) fn adopt(&self, facts: &ServerFacts) -> bool {
        self.clock.set_database_time(facts.time, facts.read_at);
        let state = match facts.role {
            Role::Primary => DatabaseState::Up,
            Role::ReadOnly | Role::Standby => DatabaseState::ReadOnly,
        };
        let before = {
            let mut history = self.history.lock();
            let completed = facts.history.completed_by(*history);
            history.replace(completed)
        };
        if before.is_some_and(|before| !before.is_same(facts.history)) {
            self.discard_connections();
        }
        self.set_state(state)
    }

    /// The change feed did not find the database. Returns whether it was there before.
    pub(super) fn lose(&self, state: DatabaseState) -> bool {
        self.discard_connections();
        let is_news = self.set_state(state);
        self.lost.notify_one();
        is_news
    }

    fn set_state(&self, state: DatabaseState) -> bool {
        let before = self.state.swap(state as u8, Ordering::Relaxed);
        let is_news = before != state as u8;
        // What was opened while it took no changes may lead to the server that still takes none.
        if is_news && before != DatabaseState::Unknown as u8 {
            self.discard_connections();
        }
        is_news
    }

    fn note_pooler(&self, is_pooled: bool) {
        // What a pooler lent has no settings of ours, and from now on nobody would set them in each transaction.
        if self.is_pooled.swap(is_pooled, Ordering::Relaxed) && !is_pooled {
            self.discard_connections();
        }
    }

    pub(super) fn discarded(&self) -> &Discarded {
        &self.discarded
    }

    /// Makes sure that connections open by now are not used again.
    pub(super) fn discard_connections(&self) {
        self.discarded.discard();
    }
}

/// The server to use, of those that say they are primaries and were not left behind: of one system the latest timeline;
/// then the one that takes changes, the one in use, the first.
pub(super) fn choose<'a>(
    candidates: impl Iterator<Item = (usize, &'a ServerFacts)>,
    current: usize,
    known: Option<History>,
) -> Option<usize> {
    let rank = |index: usize, facts: &ServerFacts| {
        (
            known.is_some_and(|known| known.system == facts.history.system),
            facts.history.timeline,
            facts.role == Role::Primary,
            index == current,
            std::cmp::Reverse(index),
        )
    };
    candidates
        .max_by_key(|(index, facts)| rank(*index, facts))
        .map(|(index, _)| index)
}

fn one_error(mut errors: Vec<ConnectError>) -> ConnectError {
    // Where there are several, one that can come back by itself is worth waiting for.
    if !errors.is_empty() && (errors.len() == 1 || errors.iter().all(ConnectError::needs_operator)) {
        return errors.swap_remove(0);
    }
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    ConnectError::NotFound(texts.join("; "))
}
