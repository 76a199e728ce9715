//! What traces cost a request: where nothing is traced, where the request is not sampled, and where it is.

use std::time::{Duration, Instant};

use talentsoft_partner::telemetry::Telemetry;
use talentsoft_partner::telemetry::trace::{
    self, Attribute, Kind, RequestTrace, Sampling, Span, TraceHeaders, TraceSettings, Traces,
};

const ROUNDS: u32 = 200_000;

/// Nanoseconds for what a request does where nothing is traced: it looks, and so does the guard.
pub fn nanos_off() -> f64 {
    measure(&Traces::default())
}

/// Nanoseconds for a request that is not sampled: it has a trace, for the log.
pub fn nanos_not_sampled() -> f64 {
    measure(&traces(Sampling::Never))
}

/// Nanoseconds for a request with a guard that is sampled. Nobody takes its spans: most find the queue full.
pub fn nanos_sampled() -> f64 {
    measure(&traces(Sampling::Always))
}

fn traces(sampling: Sampling) -> Traces {
    let settings = TraceSettings {
        endpoint: Some("http://127.0.0.1:9/v1/traces".parse().expect("it is a URL")),
        timeout: Duration::from_millis(100),
        sampling,
        ..TraceSettings::default()
    };
    Telemetry::start(&settings).expect("the settings are good").traces
}

fn measure(traces: &Traces) -> f64 {
    let began = Instant::now();
    for _ in 0..ROUNDS {
        let request = std::hint::black_box(traces)
            .are_on()
            .then(|| traces.begin_request(&TraceHeaders::default()));
        let request = request.flatten();
        let span = request.as_ref().and_then(RequestTrace::span);
        let _entered = span.map(Span::enter);
        if let Some(guard) = trace::stopwatch() {
            guard.record("guard", Kind::Internal, &[Attribute::Scope("videos")]);
        }
        if let Some(span) = span {
            span.rename("GET /auth/check".to_owned());
            for attribute in [
                Attribute::RequestMethod("GET"),
                Attribute::Path("/auth/check"),
                Attribute::Route("/auth/check"),
                Attribute::Status(204),
            ] {
                span.set(attribute);
            }
            span.end();
        }
        std::hint::black_box(&request);
    }
    began.elapsed().as_nanos() as f64 / f64::from(ROUNDS)
}
