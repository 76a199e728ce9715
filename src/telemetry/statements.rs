//! Measures every statement that requests and chores send.
//!
//! `sqlx` says at the end of each statement what it was and how long it took, as an event for the log. [`Statements`] stands
//! before the log and hears these events; the log gets those of slow statements only; so no store has to measure anything, and none can
//! forget to. Whose statement it is says [`Measured`], the future that it is sent by.
//!
//! Where the statement is sent for a request that is sampled, it becomes a span too, which began as long before the event as it
//! took.
//!
//! An event costs half a microsecond, and a statement a hundred times as much.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use super::database_metrics::DatabaseMetrics;
use super::trace::{Attribute, current};

/// The target of `sqlx`'s events.
const TARGET: &str = "sqlx::query";

thread_local! {
    /// Whose statement is being sent on this thread.
    static CURRENT: Cell<Option<Arc<DatabaseMetrics>>> = const { Cell::new(None) };
}

/// What a statement begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `select`
    Select,
    /// `insert`
    Insert,
    /// `update`
    Update,
    /// `delete`
    Delete,
    /// `with`
    With,
    /// `commit`
    Commit,
    /// Anything else: `begin`, `set`, `rollback` …
    Other,
}

impl Operation {
    pub(super) const ALL: [Self; 7] = [
        Self::Select,
        Self::Insert,
        Self::Update,
        Self::Delete,
        Self::With,
        Self::Commit,
        Self::Other,
    ];
    pub(super) const COUNT: usize = Self::ALL.len();

    /// The value of the label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::With => "with",
            Self::Commit => "commit",
            Self::Other => "other",
        }
    }

    fn of(sql: &str) -> Self {
        let word = sql.split_whitespace().next().unwrap_or_default();
        let named = Self::ALL
            .into_iter()
            .find(|operation| word.eq_ignore_ascii_case(operation.name()));
        named.unwrap_or(Self::Other)
    }
}

/// Work on a connection, whose statements are measured.
pub struct Measured<F> {
    work: F,
    metrics: Option<Arc<DatabaseMetrics>>,
}

impl<F> Measured<F> {
    /// Measures the statements of `work`, where there are metrics.
    pub fn new(work: F, metrics: Option<Arc<DatabaseMetrics>>) -> Self {
        Self { work, metrics }
    }
}

/// Puts things back when a poll ends, however it does.
struct Restore<'a> {
    metrics: &'a mut Option<Arc<DatabaseMetrics>>,
    before: Option<Arc<DatabaseMetrics>>,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        *self.metrics = CURRENT.replace(self.before.take());
    }
}

impl<F: Future + Unpin> Future for Measured<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { work, metrics } = self.get_mut();
        let before = CURRENT.replace(metrics.take());
        let _restore = Restore { metrics, before };
        Pin::new(work).poll(context)
    }
}

/// Hears of statements, and passes everything on to the log.
pub struct Statements<S>(S);

impl<S: Subscriber> Statements<S> {
    /// Stands before `log`.
    pub fn before(log: S) -> Self {
        Self(log)
    }
}

impl<S: Subscriber> Subscriber for Statements<S> {
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.0.on_register_dispatch(dispatch);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let interest = self.0.register_callsite(metadata);
        if metadata.target() == TARGET {
            Interest::sometimes()
        } else {
            interest
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET || self.0.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // A level that is more talkative is greater; statements are told at DEBUG.
        self.0.max_level_hint().map(|hint| hint.max(LevelFilter::DEBUG))
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.0.new_span(attributes)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.0.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.0.record_follows_from(span, follows);
    }

    fn event_enabled(&self, event: &Event<'_>) -> bool {
        event.metadata().target() == TARGET || self.0.event_enabled(event)
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        if metadata.target() == TARGET {
            measure(event);
            // One that was not slow is nothing for the log, however talkative it is to be.
            let is_slow = *metadata.level() <= Level::WARN;
            if !is_slow || !self.0.enabled(metadata) || !self.0.event_enabled(event) {
                return;
            }
        }
        self.0.event(event);
    }

    fn enter(&self, span: &Id) {
        self.0.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.0.exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.0.clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.0.try_close(id)
    }
}

/// Counts the statement that an event tells of, where it is somebody's.
fn measure(event: &Event<'_>) {
    let Some(metrics) = CURRENT.take() else {
        return;
    };
    let mut statement = Statement::default();
    let span = current();
    statement.text = span.is_some().then(String::new);
    event.record(&mut statement);
    metrics.note_statement(statement.operation, statement.elapsed);
    CURRENT.set(Some(metrics));
    if let (Some(span), Some(text)) = (span, &statement.text) {
        let attributes = [
            Attribute::DatabaseSystem,
            Attribute::Operation(first_word(text)),
            Attribute::Query(text),
            Attribute::ReturnedRows(statement.rows_returned),
        ];
        span.record_statement(name_of(text), statement.elapsed, &attributes);
    }
}

fn first_word(sql: &str) -> &str {
    sql.split_whitespace().next().unwrap_or_default()
}

/// The name of a statement's span: its first word, and the first table that it names plainly.
fn name_of(sql: &str) -> String {
    let operation = first_word(sql).to_ascii_uppercase();
    let is_before_table = |word: &str| {
        ["from", "into", "update"]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known))
    };
    let is_name = |word: &str| {
        word.chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.".contains(c))
    };
    let following = sql.split_whitespace().skip(1);
    let mut tables = sql
        .split_whitespace()
        .zip(following)
        .filter(|(word, _)| is_before_table(word))
        .map(|(_, table)| table.trim_end_matches(','))
        .filter(|table| is_name(table));
    match Operation::of(sql) {
        Operation::Select | Operation::Insert | Operation::Update | Operation::Delete => {
            match tables.next() {
                Some(table) => format!("{operation} {table}"),
                None => operation,
            }
        }
        Operation::With | Operation::Commit | Operation::Other => operation,
    }
}

/// What an event tells of a statement.
struct Statement {
    operation: Operation,
    elapsed: Duration,
    rows_returned: u64,
    /// The statement; `None` where nobody wants to know it.
    text: Option<String>,
}

impl Default for Statement {
    fn default() -> Self {
        Self {
            operation: Operation::Other,
            elapsed: Duration::ZERO,
            rows_returned: 0,
            text: None,
        }
    }
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        // The summary comes first; the statement is empty where it is no longer than that.
        let value = match field.name() {
            "summary" => {
                self.operation = Operation::of(value);
                value
            }
            "db.statement" => value.trim(),
            _ => return,
        };
        if let Some(text) = &mut self.text
            && !value.is_empty()
        {
            value.clone_into(text);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows_returned = value;
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.elapsed = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_known_by_its_first_word() {
        for (sql, operation) in [
            ("select a, b from c …", Operation::Select),
            ("\n  INSERT into c", Operation::Insert),
            ("COMMIT", Operation::Commit),
            ("with a as (", Operation::With),
            ("BEGIN", Operation::Other),
            ("", Operation::Other),
        ] {
            assert_eq!(Operation::of(sql), operation, "{sql}");
        }
        for (sql, name) in [
            ("select a, b\n from campaign c where d = $1", "SELECT campaign"),
            ("select 1", "SELECT"),
            ("select count(*) from (select 1)", "SELECT"),
            (
                "select 1 from unnest($1::uuid[]) as a left join (select b from c where e) d on true",
                "SELECT c",
            ),
            ("insert into a.b (c) values ($1)", "INSERT a.b"),
            ("update invitation set a = $1", "UPDATE invitation"),
            ("delete from x where y", "DELETE x"),
            ("with a as (select b from c) select 1", "WITH"),
            ("COMMIT", "COMMIT"),
            ("", ""),
        ] {
            assert_eq!(name_of(sql), name, "{sql}");
        }
        for (index, operation) in Operation::ALL.into_iter().enumerate() {
            assert_eq!(operation as usize, index);
        }
    }
}
