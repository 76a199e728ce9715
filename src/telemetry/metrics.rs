//! The metrics of one process, in the Prometheus text format.
//!
//! [`Metrics`] has the counters that are incremented as things happen. A [`Reading`] is a value that the application has anyway
//! and that is read at each scrape; `api/ops.rs` has the table of them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
    TextEncoder,
};

/// Upper bounds of the latency buckets in seconds: from a token check to a slow database.
const LATENCY_BUCKETS: &[f64] = &[
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// The counters of one process. They are not global, so that several services can run in one test.
pub struct Metrics {
    registry: Registry,
    /// In the registry once there is a certificate.
    certificate_expiry: Gauge,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    /// Token requests.
    pub token_requests: Counter<2>,
    /// Calls that the guard refused.
    pub access_refusals: Counter<1>,
    /// Attempts to deliver an event.
    pub deliveries: Counter<2>,
    /// Titles that were normalized.
    pub normalizations: Counter<1>,
    /// Benchmarks of occupations that were answered.
    pub benchmarks: Counter<1>,
    /// Calls that were refused because a quota is used up.
    pub quota_refusals: Counter<1>,
    /// Chores that failed while the database was available.
    pub chore_failures: Counter<1>,
    /// People who signed in at the console, or did not.
    pub staff_sign_ins: Counter<1>,
}

impl Metrics {
    /// Registers all counters, at zero.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new(
                "partner_requests_total",
                "Requests answered, by route and status.",
            ),
            &["route", "status"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        let request_seconds = HistogramVec::new(
            HistogramOpts::new(
                "partner_request_duration_seconds",
                "Time to answer a request, by route.",
            )
            .buckets(LATENCY_BUCKETS.to_vec()),
            &["route"],
        )?;
        registry.register(Box::new(request_seconds.clone()))?;
        Ok(Self {
            certificate_expiry: Gauge::new(
                "partner_certificate_expiry_timestamp_seconds",
                "When the certificate of the public socket expires, in seconds since 1970.",
            )?,
            requests,
            request_seconds,
            token_requests: Counter::register(
                &registry,
                "partner_token_requests_total",
                "Token requests, by grant and outcome (`issued` or the reason of the refusal).",
                ["grant", "outcome"],
            )?,
            access_refusals: Counter::register(
                &registry,
                "partner_access_refusals_total",
                "Calls that the guard refused, by reason.",
                ["reason"],
            )?,
            deliveries: Counter::register(
                &registry,
                "partner_webhook_deliveries_total",
                "Attempts to deliver an event, by destination and outcome (`delivered`, `failed`, `parked`).",
                ["destination", "outcome"],
            )?,
            normalizations: Counter::register(
                &registry,
                "partner_normalizations_total",
                "Titles that were normalized, by the confidence of the best (`high` from 0.9, `medium` from 0.5, `low`, `none`).",
                ["confidence"],
            )?,
            benchmarks: Counter::register(
                &registry,
                "partner_benchmarks_total",
                "Benchmarks of occupations that were asked for, by the level of the region (`nation`, `state`, `msa`).",
                ["level"],
            )?,
            quota_refusals: Counter::register(
                &registry,
                "partner_quota_refusals_total",
                "Calls that were refused because the client's quota is used up, by API.",
                ["api"],
            )?,
            chore_failures: Counter::register(
                &registry,
                "partner_chore_failures_total",
                "Chores that failed while the database was available, by chore.",
                ["chore"],
            )?,
            staff_sign_ins: Counter::register(
                &registry,
                "partner_staff_sign_ins_total",
                "Sign-ins at the console, by outcome (`password`, `code`, `company`, or the reason of the refusal).",
                ["outcome"],
            )?,
            registry,
        })
    }

    /// Shows when the certificate of the public socket expires. Without one, there is no such metric.
    pub fn set_certificate_expiry(&self, expires_at: DateTime<Utc>) {
        #[expect(clippy::cast_precision_loss, reason = "the values of Prometheus are doubles")]
        self.certificate_expiry.set(expires_at.timestamp() as f64);
        // It is there already after the first time.
        let _ = self.registry.register(Box::new(self.certificate_expiry.clone()));
    }

    /// The series of a route and status, which are looked up by their labels.
    #[must_use]
    pub fn request_series(&self, route: &str, status: u16) -> RequestSeries {
        RequestSeries {
            requests: self.requests.with_label_values(&[route, &status.to_string()]),
            seconds: self.request_seconds.with_label_values(&[route]),
        }
    }

    /// The text of a scrape: the counters, and the readings of `source`.
    pub fn render<S>(&self, source: &S, readings: &[Reading<S>]) -> Result<String, prometheus::Error> {
        let scrape = Registry::new();
        for reading in readings {
            reading.register(&scrape, source)?;
        }
        let mut families = self.registry.gather();
        families.extend(scrape.gather());
        families.sort_by(|one, other| one.name().cmp(other.name()));
        let mut text = Vec::new();
        TextEncoder::new().encode(&families, &mut text)?;
        String::from_utf8(text).map_err(|error| prometheus::Error::Msg(error.to_string()))
    }
}

/// A counter with `LABELS` labels.
pub struct Counter<const LABELS: usize>(IntCounterVec);

impl<const LABELS: usize> Counter<LABELS> {
    fn register(
        registry: &Registry,
        name: &str,
        help: &str,
        labels: [&str; LABELS],
    ) -> Result<Self, prometheus::Error> {
        let counter = IntCounterVec::new(Opts::new(name, help), &labels)?;
        registry.register(Box::new(counter.clone()))?;
        Ok(Self(counter))
    }

    /// Adds one to the series with these values of the labels, in the order of their registration.
    pub fn inc(&self, values: [&str; LABELS]) {
        self.0.with_label_values(&values).inc();
    }
}

/// A metric that is read from `S` at each scrape.
pub struct Reading<S> {
    name: &'static str,
    help: &'static str,
    read: Read<S>,
}

enum Read<S> {
    Gauge(fn(&S) -> f64),
    Counter {
        label: &'static str,
        read: fn(&S) -> Vec<(&'static str, u64)>,
    },
}

impl<S> Reading<S> {
    /// A gauge.
    pub const fn gauge(name: &'static str, help: &'static str, read: fn(&S) -> f64) -> Self {
        Self {
            name,
            help,
            read: Read::Gauge(read),
        }
    }

    /// A counter with one label: `read` returns its values, each with the total since the start.
    pub const fn counter(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        read: fn(&S) -> Vec<(&'static str, u64)>,
    ) -> Self {
        Self {
            name,
            help,
            read: Read::Counter { label, read },
        }
    }

    fn register(&self, scrape: &Registry, source: &S) -> Result<(), prometheus::Error> {
        match self.read {
            Read::Gauge(read) => {
                let gauge = Gauge::new(self.name, self.help)?;
                gauge.set(read(source));
                scrape.register(Box::new(gauge))
            }
            Read::Counter { label, read } => {
                let counter = IntCounterVec::new(Opts::new(self.name, self.help), &[label])?;
                for (value, total) in read(source) {
                    counter.with_label_values(&[value]).inc_by(total);
                }
                scrape.register(Box::new(counter))
            }
        }
    }
}

/// The time series of one route and status.
pub struct RequestSeries {
    requests: IntCounter,
    /// Labelled by route only: the buckets of each status would be too many series.
    seconds: Histogram,
}

impl RequestSeries {
    /// Counts an answered request.
    pub fn observe(&self, elapsed: Duration) {
        self.requests.inc();
        self.seconds.observe(elapsed.as_secs_f64());
    }
}
