//! Everything that all tests log, and what must never be in it.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, Once};

use talentsoft_partner::telemetry::log::{LogFormat, install as install_log};
use tracing_subscriber::EnvFilter;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// What must not be logged, and how many bytes of the log were looked through for it.
static FORBIDDEN: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

struct Capture;

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Sends every log line of this process here, the most talkative ones of the service included.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // What drives a browser types passwords into it, and says so.
        let filter = EnvFilter::new("debug,talentsoft_partner=trace,sqlx=trace,thirtyfour=off");
        install_log(filter, LogFormat::Json, || Capture);
        never("jean.dupont@site");
    });
}

/// Something else than the log in which nothing forbidden must be, on a line of its own.
pub fn watch(text: &str) {
    let line = serde_json::json!({ "watched": text }).to_string();
    let mut lines = LINES.lock().unwrap();
    lines.extend_from_slice(line.as_bytes());
    lines.push(b'\n');
}

/// `text` must not be in the log: now, before, or later.
pub fn never(text: &str) {
    FORBIDDEN.lock().unwrap().entry(text.to_owned()).or_insert(0);
}

/// The lines that contain `text`.
pub fn lines_with(text: &str) -> Vec<serde_json::Value> {
    let log = LINES.lock().unwrap();
    String::from_utf8_lossy(&log)
        .lines()
        .filter(|line| line.contains(text))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Fails when something forbidden was logged. Each line is looked through once for each text: there are many of both.
pub fn assert_clean() {
    let found = find_forbidden();
    // With nothing locked: the other tests go on.
    if let Some((length, line)) = found {
        panic!("the log holds a secret ({length} bytes): {line}");
    }
}

/// The length of something forbidden that was logged, and the line without it. What was searched is not searched again.
fn find_forbidden() -> Option<(usize, String)> {
    let log = LINES.lock().unwrap();
    for (text, searched) in &mut *FORBIDDEN.lock().unwrap() {
        let from = searched.saturating_sub(text.len());
        if let Some(at) = memchr::memmem::find(&log[from..], text.as_bytes()) {
            let at = from + at;
            let begin = memchr::memrchr(b'\n', &log[..at]).map_or(0, |end| end + 1);
            let end = memchr::memchr(b'\n', &log[at..]).map_or(log.len(), |end| at + end);
            let line = String::from_utf8_lossy(&log[begin..end]);
            return Some((text.len(), line.replace(text.as_str(), "***")));
        }
        *searched = log.len();
    }
    None
}
