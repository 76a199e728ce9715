//! What a server says of itself when it is asked: whether it is the primary, and whose history it tells.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::snapshot::{Snapshot, UnreadableSnapshot};
use super::store::ServerRow;

/// What a server lets its callers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It takes changes.
    Primary,
    /// It is not in recovery, but takes no changes.
    ReadOnly,
    /// It is in recovery: what it shows may be older than anybody knows.
    Standby,
}

/// Which history a server tells: the numbers of transactions mean something within one only.
///
/// A standby that is promoted begins a new timeline, and hands out again the numbers of transactions that it had not
/// received. A server that was restored elsewhere is another system.
///
/// Two standbys that are promoted separately begin a timeline of the same number. So there is a third part, where the server
/// knows it; it is not in [`PartialEq`], because one that does not know it may be any of them: ask [`History::is_same`].
#[derive(Clone, Copy, Debug)]
pub struct History {
    /// What `initdb` called it; copies have the same.
    pub system: i64,
    /// Counts promotions.
    pub timeline: i32,
    /// When the server's process was started, if it came out of recovery since: by a promotion, or after a crash.
    pub recovered: Option<DateTime<Utc>>,
    /// What the server calls the table of clients (its object identifier): one that was restored on the same server has another.
    pub registry: Option<i64>,
}

impl History {
    /// Whether a server of this history is one that others have left behind: they know of a later promotion.
    #[must_use]
    pub fn is_superseded_by(self, other: Self) -> bool {
        self.system == other.system && self.timeline < other.timeline
    }

    /// Whether a server of this history tells the same as one of the other, as far as they know. A server that crashes twice
    /// is taken for another one, which costs no more than reading again.
    #[must_use]
    pub fn is_same(self, other: Self) -> bool {
        let is_one_process = match (self.recovered, other.recovered) {
            (Some(one), Some(other)) => one == other,
            (None, _) | (_, None) => true,
        };
        let is_one_registry = match (self.registry, other.registry) {
            (Some(one), Some(other)) => one == other,
            (None, _) | (_, None) => true,
        };
        self.system == other.system && self.timeline == other.timeline && is_one_process && is_one_registry
    }

    /// This history, with what was known of it before: a server that was stopped and started forgets what it had recovered.
    #[must_use]
    pub fn completed_by(self, known: Option<Self>) -> Self {
        let known = known.filter(|known| known.is_same(self));
        Self {
            recovered: self.recovered.or(known.and_then(|known| known.recovered)),
            registry: self.registry.or(known.and_then(|known| known.registry)),
            ..self
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.system, self.timeline)
    }
}

/// A position in the write-ahead log, in bytes. Positions of one history can be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WalPosition(pub i64);

/// What a server said of itself.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    /// What it lets its callers do.
    pub role: Role,
    /// Its history. A standby has reached this timeline at least: it may be a checkpoint ahead.
    pub history: History,
    /// Where its log ends; a standby's, as far as it is replayed.
    pub wal_position: WalPosition,
    /// Which transactions had ended: what others write is not visible yet.
    pub snapshot: Snapshot,
    /// Its time of day.
    pub time: DateTime<Utc>,
    /// When that was, by [`Clock::monotonic`](crate::clock::Clock::monotonic): the middle of the question and the answer.
    pub read_at: Duration,
    /// The server's process that answered.
    pub process_id: i32,
    /// Its encoding, such as `UTF8`.
    pub encoding: String,
    /// What the session's marker is; `None` where it did not arrive.
    pub marker: Option<String>,
}

impl ServerFacts {
    pub(super) fn of(row: ServerRow, read_at: Duration) -> Result<Self, UnreadableSnapshot> {
        let role = match (row.is_in_recovery, row.is_read_only) {
            (true, _) => Role::Standby,
            (false, true) => Role::ReadOnly,
            (false, false) => Role::Primary,
        };
        Ok(Self {
            role,
            history: History {
                system: row.system,
                timeline: row.timeline,
                recovered: row.recovered,
                registry: row.registry,
            },
            wal_position: WalPosition(row.wal_position),
            snapshot: Snapshot::parse(&row.snapshot)?,
            time: row.time,
            read_at,
            process_id: row.process_id,
            encoding: row.encoding,
            marker: row.marker,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histories_of_one_system_follow_each_other_and_others_do_not_compare() {
        let history = |system, timeline| History {
            system,
            timeline,
            recovered: None,
            registry: None,
        };
        assert!(history(1, 1).is_superseded_by(history(1, 2)));
        assert!(!history(1, 2).is_superseded_by(history(1, 2)));
        assert!(!history(1, 2).is_superseded_by(history(1, 1)));
        assert!(!history(1, 1).is_superseded_by(history(2, 2)));
    }

    #[test]
    fn two_that_were_promoted_separately_tell_two_histories() {
        let promoted = |timeline, seconds: i64| History {
            system: 1,
            timeline,
            recovered: DateTime::from_timestamp(seconds, 0).filter(|_| seconds > 0),
            registry: None,
        };
        for (one, other, is_same) in [
            (promoted(2, 7), promoted(2, 7), true),
            (promoted(2, 7), promoted(2, 8), false),
            (promoted(2, 7), promoted(3, 7), false),
            (promoted(2, 7), promoted(2, 0), true),
            (promoted(2, 0), promoted(2, 0), true),
        ] {
            assert_eq!(one.is_same(other), is_same, "{one:?} {other:?}");
            assert_eq!(other.is_same(one), is_same, "{other:?} {one:?}");
        }
        // Stopped and started again, it is the same one still, and the other is another.
        let restarted = promoted(2, 0).completed_by(Some(promoted(2, 7)));
        assert!(!restarted.is_same(promoted(2, 8)) && restarted.is_same(promoted(2, 7)));
        let elsewhere = promoted(3, 0).completed_by(Some(promoted(2, 7)));
        assert_eq!(elsewhere.recovered, None);
    }

    #[test]
    fn a_database_that_was_restored_on_the_same_server_is_another_history() {
        let with = |registry| History {
            system: 1,
            timeline: 1,
            recovered: None,
            registry,
        };
        assert!(with(Some(7)).is_same(with(Some(7))));
        assert!(!with(Some(7)).is_same(with(Some(8))));
        // While there is no table, nobody knows; what was known is kept.
        assert!(with(None).is_same(with(Some(7))));
        assert_eq!(with(None).completed_by(Some(with(Some(7)))).registry, Some(7));
        assert_eq!(with(Some(8)).completed_by(Some(with(Some(7)))).registry, Some(8));
    }
}
