//! The time to format the access log line of a request, as JSON by ours and as text by the library's formatter.

use std::time::Instant;

use talentsoft_partner::telemetry::json_lines::JsonLines;
use tracing::Subscriber;

const LINES: u32 = 200_000;

/// Nanoseconds for a line by [`JsonLines`].
pub fn nanos_json() -> f64 {
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::sink);
    measure(subscriber.event_format(JsonLines::default()).finish())
}

/// Nanoseconds for a line by the library's text formatter.
pub fn nanos_text() -> f64 {
    measure(tracing_subscriber::fmt().with_writer(std::io::sink).finish())
}

fn measure(subscriber: impl Subscriber + Send + Sync + 'static) -> f64 {
    tracing::subscriber::with_default(subscriber, || {
        let began = Instant::now();
        for line in 0..LINES {
            tracing::info!(
                target: "talentsoft_partner::request",
                request_id = "0192f1c0a1b2c3d40000000000000001",
                method = "GET",
                path = "/auth/check",
                status = 204_u64,
                micros = u64::from(line),
                address = "198.51.100.217",
                client = Some("428a51ae-0387-43ab-8c64-cf026f77656f"),
                reason = None::<&str>,
                cause = None::<&str>,
                "request"
            );
        }
        began.elapsed().as_nanos() as f64 / f64::from(LINES)
    })
}
