//! Log lines as JSON objects.
//!
//! The formatters of `tracing-subscriber` go through `core::fmt` for every field. They take more than twice the time of this
//! one (`benches/telemetry`), which appends strings and numbers as they are.

use std::cell::RefCell;
use std::fmt::{self, Write};

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::clock::Clock;

/// The initial capacity of a line in bytes, which is enough for most.
const USUAL_LINE_BYTES: usize = 320;

/// Formats an event as a JSON object on one line: `timestamp`, `level`, `target`, and the fields of the event, which include
/// `message`. Spans are left out, because this service has none.
pub struct JsonLines {
    clock: Clock,
}

impl Default for JsonLines {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
        }
    }
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::with_capacity(USUAL_LINE_BYTES);
        let (level, target) = (event.metadata().level().as_str(), event.metadata().target());
        line.push_str("{\"timestamp\":\"");
        push_timestamp(&mut line, self.clock.now());
        for part in ["\",\"level\":\"", level, "\",\"target\":\"", target, "\""] {
            line.push_str(part);
        }
        event.record(&mut JsonFields(&mut line));
        line.push_str("}\n");
        writer.write_str(&line)
    }
}

/// Appends a time in UTC as RFC 3339 with microseconds.
fn push_timestamp(line: &mut String, now: DateTime<Utc>) {
    // The date and the second are formatted only when the second changes.
    thread_local! {
        static SECOND: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
    }
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != now.timestamp() {
            *second = now.timestamp();
            let whole = now.to_rfc3339_opts(SecondsFormat::Secs, true);
            whole.trim_end_matches('Z').clone_into(text);
        }
        line.push_str(text);
    });
    line.push('.');
    let micros = now.nanosecond() % 1_000_000_000 / 1_000;
    for place in [100_000, 10_000, 1_000, 100, 10, 1] {
        line.push(char::from_digit(micros / place % 10, 10).unwrap_or('0'));
    }
    line.push('Z');
}

/// Whether a text needs no escapes in JSON.
fn is_plain(text: &str) -> bool {
    // A loop that does not return early can be vectorised by the compiler.
    text.bytes().fold(true, |is_plain, byte| {
        is_plain & matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~')
    })
}

/// Appends fields as `,"name":value`.
struct JsonFields<'a>(&'a mut String);

impl JsonFields<'_> {
    fn name(&mut self, field: &Field) {
        for part in [",\"", field.name(), "\":"] {
            self.0.push_str(part);
        }
    }

    fn text(&mut self, value: &str) {
        if is_plain(value) {
            self.0.push('"');
            self.0.push_str(value);
            self.0.push('"');
        } else {
            self.0.push_str(&serde_json::Value::from(value).to_string());
        }
    }
}

impl Visit for JsonFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        self.text(value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        self.0.push_str(itoa::Buffer::new().format(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.name(field);
        let _ = write!(self.0, "{value}");
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.name(field);
        self.0.push_str(&serde_json::Value::from(value).to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.name(field);
        self.0.push_str(if value { "true" } else { "false" });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.name(field);
        self.text(&format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use parking_lot::Mutex;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Captured {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn json_lines_are_objects() {
        let captured = Captured::default();
        let subscriber = tracing_subscriber::fmt()
            .event_format(JsonLines::default())
            .with_writer(captured.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(
                target: "here",
                plain = "a b",
                odd = "a\"b\\c\nd\u{e9}",
                number = 1_234_567_890_u64,
                zero = 0_u64,
                below = -5,
                half = 0.5,
                is_so = true,
                shown = %"x\ny",
                absent = None::<&str>,
                "what happened"
            );
        });
        let text = String::from_utf8(captured.0.lock().clone()).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        let time = line["timestamp"].as_str().unwrap();
        assert!(
            DateTime::parse_from_rfc3339(time).is_ok() && time.len() == 27,
            "{time}"
        );
        let mut rest = line.clone();
        rest.as_object_mut().unwrap().remove("timestamp");
        assert_eq!(
            rest,
            serde_json::json!({
                "level": "INFO", "target": "here", "message": "what happened", "plain": "a b",
                "odd": "a\"b\\c\nd\u{e9}", "number": 1_234_567_890_u64, "zero": 0, "below": -5, "half": 0.5,
                "is_so": true, "shown": "x\ny",
            })
        );
    }
}
