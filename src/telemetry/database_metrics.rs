//! Metrics of the way to the database: waits for a connection, and the statements.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, Registry};

use super::statements::Operation;

/// Upper bounds in seconds: from a wait for nothing to the time limit of a statement.
const BUCKETS: &[f64] = &[
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0,
];

/// What a connection is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Reading from the primary.
    Read,
    /// Changing something.
    Change,
    /// Reading from a standby.
    ReadFromStandby,
}

/// The metrics of the way to the database.
pub struct DatabaseMetrics {
    reads: Histogram,
    changes: Histogram,
    standby_reads: Histogram,
    wait_failures: IntCounter,
    statements: [Histogram; Operation::COUNT],
}

impl DatabaseMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let vector = |name: &str, help: &str, label| {
            let options = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
            let vector = HistogramVec::new(options, &[label])?;
            registry.register(Box::new(vector.clone()))?;
            Ok::<_, prometheus::Error>(vector)
        };
        let waits = vector(
            "partner_database_connection_wait_seconds",
            "Time until there was a connection, by what it was wanted for (`read`, `change`, `standby`); opening one included.",
            "purpose",
        )?;
        let wait_failures = IntCounter::new(
            "partner_database_connection_failures_total",
            "Times that there was no connection: all were in use for too long, or none could be opened.",
        )?;
        registry.register(Box::new(wait_failures.clone()))?;
        let statements = vector(
            "partner_database_statement_duration_seconds",
            "Time that a statement took, by its first word (`select`, `insert`, `update`, `delete`, `with`, `commit`, `other`).",
            "operation",
        )?;
        Ok(Self {
            reads: waits.with_label_values(&["read"]),
            changes: waits.with_label_values(&["change"]),
            standby_reads: waits.with_label_values(&["standby"]),
            wait_failures,
            statements: Operation::ALL.map(|operation| statements.with_label_values(&[operation.name()])),
        })
    }

    /// Counts a wait for a connection.
    pub fn note_wait(&self, purpose: Purpose, waited: Duration, is_there: bool) {
        let histogram = match purpose {
            Purpose::Read => &self.reads,
            Purpose::Change => &self.changes,
            Purpose::ReadFromStandby => &self.standby_reads,
        };
        histogram.observe(waited.as_secs_f64());
        if !is_there {
            self.wait_failures.inc();
        }
    }

    /// Counts a statement.
    pub(super) fn note_statement(&self, operation: Operation, elapsed: Duration) {
        if let Some(histogram) = self.statements.get(operation as usize) {
            histogram.observe(elapsed.as_secs_f64());
        }
    }
}
