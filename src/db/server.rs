//! What a server says of itself when it is asked: whether it is the primary, and whose history it tells.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// What `initdb` called it; copies have the same.
    pub system: i64,
    /// Counts promotions.
    pub timeline: i32,
}

impl History {
    /// Whether a server of this history is one that others have left behind: they know of a later promotion.
    #[must_use]
    pub fn is_superseded_by(self, other: Self) -> bool {
        self.system == other.system && self.timeline < other.timeline
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
    /// The oldest transaction that runs: what it and later ones write may not be visible yet.
    pub oldest_running: i64,
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
    pub(super) fn of(row: ServerRow, read_at: Duration) -> Self {
        let role = match (row.is_in_recovery, row.is_read_only) {
            (true, _) => Role::Standby,
            (false, true) => Role::ReadOnly,
            (false, false) => Role::Primary,
        };
        Self {
            role,
            history: History {
                system: row.system,
                timeline: row.timeline,
            },
            wal_position: WalPosition(row.wal_position),
            oldest_running: row.oldest_running,
            time: row.time,
            read_at,
            process_id: row.process_id,
            encoding: row.encoding,
            marker: row.marker,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histories_of_one_system_follow_each_other_and_others_do_not_compare() {
        let history = |system, timeline| History { system, timeline };
        assert!(history(1, 1).is_superseded_by(history(1, 2)));
        assert!(!history(1, 2).is_superseded_by(history(1, 2)));
        assert!(!history(1, 2).is_superseded_by(history(1, 1)));
        assert!(!history(1, 1).is_superseded_by(history(2, 2)));
    }
}
