//! The metrics of one process.
//!
//! [`Metrics`] has what is counted as things happen. A [`Reading`] is a value that the application has anyway and that is read
//! at each scrape; `api/ops.rs` has the table of them.
//!
//! Names begin with `partner_`, or with `process_` where Prometheus has a name for it already. A time is in seconds and a size
//! in bytes, which is the end of the name; a counter ends in `_total`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use prometheus::proto::LabelPair;
use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
};

use super::build::Build;
use super::counter::Counter;
use super::database_metrics::DatabaseMetrics;
use super::exemplars::{Exemplar, Exemplars, LATENCY_BUCKETS, TraceRef};
use super::exposition::Format;
use super::labels;
use super::process;
use super::reading::Reading;
use crate::clock::Clock;

/// The name of the latency histogram.
const REQUEST_SECONDS: &str = "partner_request_duration_seconds";

/// The counters of one process. They are not global, so that several services can run in one test.
pub struct Metrics {
    registry: Registry,
    /// In the registry once there is a certificate.
    certificate_expiry: Gauge,
    secret_expiry: Gauge,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    /// The exemplars of `request_seconds`, by route and class of status.
    exemplars: Mutex<HashMap<(String, &'static str), Arc<Exemplars>>>,
    internal_errors: IntCounter,
    /// The way to the database.
    pub database: Arc<DatabaseMetrics>,
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
    /// Spans, by what became of them.
    pub trace_spans: Arc<Counter<1>>,
}

impl Metrics {
    /// Registers all counters, at zero.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let (requests, request_seconds) = register_requests(&registry)?;
        let internal_errors = IntCounter::new(
            "partner_internal_errors_total",
            "Requests answered 500: a defect, whose cause is in the log.",
        )?;
        registry.register(Box::new(internal_errors.clone()))?;
        register_build_info(&registry)?;
        let secret_expiry = Gauge::new(
            "partner_secret_expiry_timestamp_seconds",
            "When the first secret expires that its client still uses, in seconds since 1970; 0 where none does within 14 days.",
        )?;
        registry.register(Box::new(secret_expiry.clone()))?;
        Ok(Self {
            certificate_expiry: Gauge::new(
                "partner_certificate_expiry_timestamp_seconds",
                "When the certificate of the public socket expires, in seconds since 1970.",
            )?,
            secret_expiry,
            requests,
            request_seconds,
            exemplars: Mutex::default(),
            internal_errors,
            database: Arc::new(DatabaseMetrics::register(&registry)?),
            token_requests: Counter::register(
                &registry,
                "partner_token_requests_total",
                "Token requests, by grant and outcome (`issued` or the reason of the refusal).",
                ["grant", "outcome"],
                labels::TOKEN_REQUESTS,
            )?,
            access_refusals: Counter::register(
                &registry,
                "partner_access_refusals_total",
                "Calls that the guard refused, by reason.",
                ["reason"],
                labels::ACCESS_REFUSALS,
            )?,
            deliveries: Counter::register(
                &registry,
                "partner_webhook_deliveries_total",
                "Attempts to deliver an event, by destination and outcome (`delivered`, `failed`, `parked`).",
                ["destination", "outcome"],
                labels::DELIVERIES,
            )?,
            normalizations: Counter::register(
                &registry,
                "partner_normalizations_total",
                "Titles that were normalized, by the confidence of the best (`high` from 0.9, `medium` from 0.5, `low`, `none`).",
                ["confidence"],
                labels::NORMALIZATIONS,
            )?,
            benchmarks: Counter::register(
                &registry,
                "partner_benchmarks_total",
                "Benchmarks of occupations that were asked for, by the level of the region (`nation`, `state`, `msa`).",
                ["level"],
                labels::BENCHMARKS,
            )?,
            quota_refusals: Counter::register(
                &registry,
                "partner_quota_refusals_total",
                "Calls that were refused because the client's quota is used up, by API.",
                ["api"],
                labels::QUOTA_REFUSALS,
            )?,
            chore_failures: Counter::register(
                &registry,
                "partner_chore_failures_total",
                "Chores that failed while the database was available, by chore.",
                ["chore"],
                labels::CHORE_FAILURES,
            )?,
            staff_sign_ins: Counter::register(
                &registry,
                "partner_staff_sign_ins_total",
                "Sign-ins at the console, by outcome (`password`, `code`, `company`, or the reason of the refusal).",
                ["outcome"],
                labels::STAFF_SIGN_INS,
            )?,
            trace_spans: Arc::new(Counter::register(
                &registry,
                "partner_trace_spans_total",
                "Spans of sampled requests, by what became of them: `exported`, or lost because they did not arrive (`failed`) \
                 or too many waited (`dropped`).",
                ["outcome"],
                labels::TRACE_SPANS,
            )?),
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

    /// Shows when the next secret expires that a client still uses; `None`: none does soon.
    pub fn set_secret_expiry(&self, expires_at: Option<DateTime<Utc>>) {
        let seconds = expires_at.map_or(0, |at| at.timestamp());
        #[expect(clippy::cast_precision_loss, reason = "the values of Prometheus are doubles")]
        self.secret_expiry.set(seconds as f64);
    }

    /// The series of a route and status, which are looked up by their labels.
    #[must_use]
    pub fn request_series(&self, route: &str, status: u16) -> RequestSeries {
        let class = status_class(status);
        RequestSeries {
            requests: self.requests.with_label_values(&[route, &status.to_string()]),
            seconds: self.request_seconds.with_label_values(&[route, class]),
            internal_errors: (status == 500).then(|| self.internal_errors.clone()),
            exemplars: Arc::clone(
                self.exemplars
                    .lock()
                    .entry((route.to_owned(), class))
                    .or_default(),
            ),
        }
    }

    /// The text of a scrape: what was counted, the process, and the readings of `source`.
    pub fn render<S>(
        &self,
        format: Format,
        source: &S,
        readings: &[Reading<S>],
    ) -> Result<String, prometheus::Error> {
        let scrape = Registry::new();
        for reading in readings {
            reading.register(&scrape, source)?;
        }
        let mut families = self.registry.gather();
        families.extend(scrape.gather());
        families.extend(process::collect()?);
        families.sort_by(|one, other| one.name().cmp(other.name()));
        format.encode(&families, &|family, labels| self.exemplars_of(family, labels))
    }

    fn exemplars_of(&self, family: &str, labels: &[LabelPair]) -> Option<Arc<Exemplars>> {
        if family != REQUEST_SECONDS {
            return None;
        }
        let value = |name: &str| Some(labels.iter().find(|label| label.name() == name)?.value());
        let (route, class) = (value("route")?, value("status_class")?);
        let exemplars = self.exemplars.lock();
        let found = exemplars
            .iter()
            .find(|((of_route, of_class), _)| of_route == route && *of_class == class);
        found.map(|(_, exemplars)| Arc::clone(exemplars))
    }
}

/// The class of a status, as it stands in `status_class`.
fn status_class(status: u16) -> &'static str {
    match status {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}

/// Registers what requests are counted and timed by.
fn register_requests(registry: &Registry) -> Result<(IntCounterVec, HistogramVec), prometheus::Error> {
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
            REQUEST_SECONDS,
            "Time to answer a request, by route and class of status.",
        )
        .buckets(LATENCY_BUCKETS.to_vec()),
        &["route", "status_class"],
    )?;
    registry.register(Box::new(request_seconds.clone()))?;
    Ok((requests, request_seconds))
}

fn register_build_info(registry: &Registry) -> Result<(), prometheus::Error> {
    let build = Build::of_this_program();
    let options = Opts::new(
        "partner_build_info",
        "1; the labels say which version runs, of which commit, and made by which compiler.",
    );
    let info = IntGaugeVec::new(options, &["version", "commit", "rustc"])?;
    info.with_label_values(&[build.version, build.commit, build.rustc])
        .set(1);
    registry.register(Box::new(info))
}

/// The time series of one route and status.
pub struct RequestSeries {
    requests: IntCounter,
    /// Labelled by class of status only: the buckets of each status would be too many series.
    seconds: Histogram,
    internal_errors: Option<IntCounter>,
    exemplars: Arc<Exemplars>,
}

impl RequestSeries {
    /// Counts an answered request, and keeps it as an exemplar where it is `sampled`.
    pub fn observe(&self, elapsed: Duration, sampled: Option<TraceRef>) {
        let seconds = elapsed.as_secs_f64();
        self.requests.inc();
        self.seconds.observe(seconds);
        if let Some(internal_errors) = &self.internal_errors {
            internal_errors.inc();
        }
        if let Some(trace) = sampled {
            self.exemplars.note(Exemplar {
                trace,
                seconds,
                at: seconds_since_1970(),
            });
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "the values of Prometheus are doubles")]
fn seconds_since_1970() -> f64 {
    Clock::system().now().timestamp_millis() as f64 / 1000.0
}
