//! How an event becomes a line, as text or as JSON.
//!
//! The formatters of `tracing-subscriber` go through `core::fmt` for every field, which took a quarter of the
//! instructions of a token check outside the kernel (`docs/PERFORMANCE.md`); this one appends strings and numbers as they are.

use std::cell::RefCell;
use std::fmt::{self, Write};

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::log::LogFormat;
use crate::clock::Clock;

/// The formatter.
pub struct LineFormat {
    format: LogFormat,
    clock: Clock,
}

impl LineFormat {
    /// Lines of this look, with the time of the system's clock.
    #[must_use]
    pub fn new(format: LogFormat) -> Self {
        Self {
            format,
            clock: Clock::system(),
        }
    }
}

impl<S, N> FormatEvent<S, N> for LineFormat
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
        let mut line = String::with_capacity(320);
        let (level, target) = (event.metadata().level().as_str(), event.metadata().target());
        match self.format {
            LogFormat::Text => {
                push_timestamp(&mut line, self.clock.now());
                for part in [" ", level, " ", target] {
                    line.push_str(part);
                }
                event.record(&mut TextFields(&mut line));
            }
            LogFormat::Json => {
                line.push_str("{\"timestamp\":\"");
                push_timestamp(&mut line, self.clock.now());
                for part in ["\",\"level\":\"", level, "\",\"target\":\"", target, "\""] {
                    line.push_str(part);
                }
                event.record(&mut JsonFields(&mut line));
                line.push('}');
            }
        }
        line.push('\n');
        writer.write_str(&line)
    }
}

/// RFC 3339 in UTC with microseconds. The date and the second are written anew only when the second changes.
fn push_timestamp(line: &mut String, now: DateTime<Utc>) {
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

/// Whether a text can stand between quotes as it is, in JSON and in Rust's own notation.
fn is_plain(text: &str) -> bool {
    // Without a way out in the middle: so the compiler takes many bytes at a time.
    text.bytes().fold(true, |is_plain, byte| {
        is_plain & matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~')
    })
}

/// Fields as ` name=value`, strings in quotes; the message without its name.
struct TextFields<'a>(&'a mut String);

impl TextFields<'_> {
    fn name(&mut self, field: &Field) {
        self.0.push(' ');
        if field.name() != "message" {
            self.0.push_str(field.name());
            self.0.push('=');
        }
    }
}

impl Visit for TextFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        if is_plain(value) {
            self.0.push('"');
            self.0.push_str(value);
            self.0.push('"');
        } else {
            let _ = write!(self.0, "{value:?}");
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        self.0.push_str(itoa::Buffer::new().format(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.name(field);
        let _ = write!(OneLine(self.0), "{value:?}");
    }
}

/// Takes whatever is written, on one line.
struct OneLine<'a>(&'a mut String);

impl Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if is_plain(text) {
            self.0.push_str(text);
            return Ok(());
        }
        for c in text.chars() {
            if c.is_control() {
                self.0.extend(c.escape_default());
            } else {
                self.0.push(c);
            }
        }
        Ok(())
    }
}

/// Fields as `,"name":value`.
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
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Kept {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// The line of one event, without its time.
    fn line(format: LogFormat) -> String {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::fmt()
            .event_format(LineFormat::new(format))
            .with_writer(kept.clone())
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
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        text.trim_end().to_owned()
    }

    #[test]
    fn text_lines_are_for_people() {
        let line = line(LogFormat::Text);
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(
            DateTime::parse_from_rfc3339(time).is_ok() && time.len() == 27,
            "{time}"
        );
        assert_eq!(
            rest,
            r#"INFO here what happened plain="a b" odd="a\"b\\c\ndé" number=1234567890 zero=0 below=-5 half=0.5 is_so=true shown=x\ny"#
        );
    }

    #[test]
    fn json_lines_are_objects() {
        let line: serde_json::Value = serde_json::from_str(&line(LogFormat::Json)).unwrap();
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
