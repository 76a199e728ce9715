//! What a statement saw, by the numbers of transactions, and what one sees that another did not.

use std::ops::Range;

/// Which transactions had ended when a statement began: a snapshot of PostgreSQL, as `pg_current_snapshot()` shows it.
///
/// Two of them that were taken one after the other tell exactly what ended in between. So who remembers the one before need
/// not read again what came after a transaction that is still running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of the oldest transaction that ran; all before it had ended.
    oldest_running: i64,
    /// The first number that no transaction had yet.
    next: i64,
    /// The transactions from the oldest running one on that had not ended, in their order.
    running: Vec<i64>,
}

/// The text is not a snapshot.
#[derive(Debug, thiserror::Error)]
#[error("the server described its snapshot in a way that is not understood")]
pub struct UnreadableSnapshot;

impl Snapshot {
    /// Reads `xmin:xmax:xip,xip`.
    pub(super) fn parse(text: &str) -> Result<Self, UnreadableSnapshot> {
        let number = |text: &str| text.parse::<i64>().map_err(|_| UnreadableSnapshot);
        let mut parts = text.split(':');
        let mut part = || parts.next().ok_or(UnreadableSnapshot);
        let (oldest_running, next, running) = (number(part()?)?, number(part()?)?, part()?);
        let running = running.split(',').filter(|text| !text.is_empty()).map(number);
        let mut running = running.collect::<Result<Vec<_>, _>>()?;
        running.sort_unstable();
        Ok(Self {
            oldest_running,
            next,
            running,
        })
    }

    /// The oldest transaction that ran: what it and later ones wrote need not be visible.
    #[must_use]
    pub fn oldest_running(&self) -> i64 {
        self.oldest_running
    }

    /// Whether this can be a later snapshot of the same server: numbers of transactions only grow.
    #[must_use]
    pub fn is_after(&self, earlier: &Self) -> bool {
        self.oldest_running >= earlier.oldest_running && self.next >= earlier.next
    }

    /// The transactions that this snapshot sees and the `earlier` one did not, in their order, as ranges that do not overlap.
    ///
    /// They are those that ran then and have ended, and those that began since and have ended. However long one runs, this is
    /// no longer than what ran and runs.
    #[must_use]
    pub fn ended_since(&self, earlier: &Self) -> Vec<Range<i64>> {
        let mut ranges: Vec<Range<i64>> = Vec::new();
        let mut add = |range: Range<i64>| match ranges.last_mut() {
            _ if range.is_empty() => {}
            Some(last) if last.end == range.start => last.end = range.end,
            _ => ranges.push(range),
        };
        for &transaction in &earlier.running {
            if self.has_ended(transaction) {
                add(transaction..transaction + 1);
            }
        }
        let mut begin = earlier.next;
        for &transaction in self.running.iter().filter(|running| **running >= earlier.next) {
            add(begin..transaction);
            begin = transaction + 1;
        }
        add(begin..self.next);
        ranges
    }

    fn has_ended(&self, transaction: i64) -> bool {
        transaction < self.next && self.running.binary_search(&transaction).is_err()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    #[test]
    fn a_snapshot_is_read_as_postgresql_writes_it() {
        let snapshot = Snapshot::parse("10:20:10,14,15").unwrap();
        assert_eq!((snapshot.oldest_running(), snapshot.next), (10, 20));
        assert_eq!(snapshot.running, [10, 14, 15]);
        assert!(Snapshot::parse("7:7:").unwrap().running.is_empty());
        for text in ["", "1", "1:2", "a:2:", "1:2:x"] {
            assert!(Snapshot::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_transaction_that_goes_on_running_makes_no_range_longer() {
        let earlier = Snapshot::parse("10:100000:10").unwrap();
        let later = Snapshot::parse("10:100003:10,100001").unwrap();
        assert!(later.is_after(&earlier) && !earlier.is_after(&later));
        assert_eq!(later.ended_since(&earlier), [100_000..100_001, 100_002..100_003]);
        let at_last = Snapshot::parse("100003:100003:").unwrap();
        assert_eq!(at_last.ended_since(&later), [10..11, 100_001..100_002]);
        assert_eq!(at_last.ended_since(&at_last), []);
    }

    /// What happens on a server: a transaction begins, one of those that run ends, or a snapshot is taken.
    #[derive(Clone, Debug)]
    enum Step {
        Begin,
        End(Index),
        Look,
    }

    proptest! {
        #[test]
        fn every_transaction_that_ends_is_told_exactly_once(
            steps in proptest::collection::vec(
                prop_oneof![Just(Step::Begin), any::<Index>().prop_map(Step::End), Just(Step::Look)],
                0..200,
            )
        ) {
            let (mut next, mut running, mut ended) = (100_i64, BTreeSet::new(), BTreeSet::new());
            let text = |next: i64, running: &BTreeSet<i64>| {
                let oldest = running.first().copied().unwrap_or(next);
                let running: Vec<_> = running.iter().map(ToString::to_string).collect();
                format!("{oldest}:{next}:{}", running.join(","))
            };
            let mut before = Snapshot::parse(&text(next, &running)).unwrap();
            let mut told = Vec::new();
            for step in steps.iter().chain([&Step::Look]) {
                match step {
                    Step::Begin => {
                        running.insert(next);
                        next += 1;
                    }
                    Step::End(index) if !running.is_empty() => {
                        let transaction = *index.get(&running.iter().copied().collect::<Vec<_>>());
                        running.remove(&transaction);
                        ended.insert(transaction);
                    }
                    Step::End(_) => {}
                    Step::Look => {
                        let now = Snapshot::parse(&text(next, &running)).unwrap();
                        prop_assert!(now.is_after(&before));
                        told.extend(now.ended_since(&before).into_iter().flatten());
                        before = now;
                    }
                }
            }
            told.sort_unstable();
            prop_assert_eq!(told, ended.into_iter().collect::<Vec<_>>());
        }
    }
}
