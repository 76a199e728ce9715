//! Everything that all tests log, and what must never be in it.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, Once};

use talentsoft_partner::ops::log::{LogFormat, install as install_log};
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
        let filter = EnvFilter::new("debug,talentsoft_partner=trace,sqlx=trace");
        install_log(filter, LogFormat::Json, || Capture);
        never("jean.dupont@site");
    });
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
    // Whole lines, for each is written at once.
    let log = String::from_utf8(LINES.lock().unwrap().clone()).unwrap();
    let mut found = None;
    for (text, seen) in &mut *FORBIDDEN.lock().unwrap() {
        // What was looked through later, by another test, may be more than is there in this copy.
        if let Some(new) = log.get(*seen..) {
            found = found.or_else(|| {
                Some((
                    text.clone(),
                    new.lines().find(|line| line.contains(text))?.to_owned(),
                ))
            });
            *seen = log.len();
        }
    }
    if let Some((text, line)) = found {
        panic!(
            "the log holds a secret ({} bytes): {}",
            text.len(),
            line.replace(&text, "***")
        );
    }
}
