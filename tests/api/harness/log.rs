//! Everything that all tests log, and what must never be in it.

use std::io::Write;
use std::sync::{Mutex, Once};

use talentsoft_partner::ops::log::{LogFormat, install as install_log};
use tracing_subscriber::EnvFilter;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static FORBIDDEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

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
    FORBIDDEN.lock().unwrap().push(text.to_owned());
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

/// Fails when something forbidden was logged.
pub fn assert_clean() {
    let log = String::from_utf8_lossy(&LINES.lock().unwrap()).into_owned();
    let forbidden = FORBIDDEN.lock().unwrap().clone();
    for text in forbidden {
        if let Some(line) = log.lines().find(|line| line.contains(&text)) {
            panic!(
                "the log holds a secret ({} bytes): {}",
                text.len(),
                line.replace(&text, "***")
            );
        }
    }
}
