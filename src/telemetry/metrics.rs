//! What is counted, in the Prometheus text format.

use std::time::Duration;

use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, TextEncoder,
};

/// Upper bounds of the latency buckets in seconds: from a token check to a slow database.
const LATENCY_BUCKETS: &[f64] = &[
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// The metrics of one instance.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    latency: HistogramVec,
    tokens: IntCounterVec,
    refusals: IntCounterVec,
    password_queue: IntGauge,
    cache_lookups: IntCounterVec,
    cached_clients: IntGauge,
    pool_connections: IntGauge,
    pool_idle: IntGauge,
    database_up: IntGauge,
    revoked_tokens: IntGauge,
    revoked_tokens_complete: IntGauge,
    revocation_lag: Gauge,
    feed_age: Gauge,
    deliveries: IntCounterVec,
    webhooks_pending: IntGauge,
    webhooks_parked: IntGauge,
    oldest_webhook: IntGauge,
    chore_failures: IntCounterVec,
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counters.clone()))?;
            Ok::<_, prometheus::Error>(counters)
        };
        let integer = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let seconds = |name: &str, help: &str| {
            let gauge = Gauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let latency = HistogramVec::new(
            HistogramOpts::new(
                "partner_request_duration_seconds",
                "Time to answer a request, by route.",
            )
            .buckets(LATENCY_BUCKETS.to_vec()),
            &["route"],
        )?;
        registry.register(Box::new(latency.clone()))?;
        Ok(Self {
            requests: counters(
                "partner_requests_total",
                "Requests answered, by route and status.",
                &["route", "status"],
            )?,
            latency,
            tokens: counters(
                "partner_token_requests_total",
                "Token requests, by grant and outcome (`issued` or the reason of the refusal).",
                &["grant", "outcome"],
            )?,
            refusals: counters(
                "partner_access_refusals_total",
                "Calls that the guard refused, by reason.",
                &["reason"],
            )?,
            password_queue: integer("partner_password_queue", "argon2id hashes that run or wait.")?,
            cache_lookups: counters(
                "partner_client_cache_lookups_total",
                "Look-ups of clients in memory, by result.",
                &["result"],
            )?,
            cached_clients: integer("partner_client_cache_clients", "Clients in memory.")?,
            pool_connections: integer(
                "partner_database_connections",
                "Open connections for requests and chores.",
            )?,
            pool_idle: integer(
                "partner_database_connections_idle",
                "Those of them that wait for work.",
            )?,
            database_up: integer("partner_database_up", "1 while the database answers.")?,
            revoked_tokens: integer(
                "partner_revoked_tokens",
                "Revoked tokens in memory: those that have not expired, and some of the last quarter of an hour.",
            )?,
            revoked_tokens_complete: integer(
                "partner_revoked_tokens_complete",
                "1 once all revoked tokens are in memory; until then the database is asked for the others.",
            )?,
            revocation_lag: seconds(
                "partner_revocation_lag_seconds",
                "How long the last revocation made on another instance took to take effect here.",
            )?,
            feed_age: seconds(
                "partner_change_feed_age_seconds",
                "Time since the caches were last known to be complete.",
            )?,
            deliveries: counters(
                "partner_webhook_deliveries_total",
                "Attempts to deliver an event, by destination and outcome (`delivered`, `failed`, `parked`).",
                &["destination", "outcome"],
            )?,
            webhooks_pending: integer("partner_webhook_pending", "Events that are yet to be delivered.")?,
            webhooks_parked: integer("partner_webhook_parked", "Events that were given up.")?,
            oldest_webhook: integer(
                "partner_webhook_oldest_pending_seconds",
                "How long the oldest event that is yet to be delivered has been waiting.",
            )?,
            chore_failures: counters(
                "partner_chore_failures_total",
                "Regular chores that failed while the database was there, by chore.",
                &["chore"],
            )?,
            registry,
        })
    }

    /// The counters of a route and status.
    #[must_use]
    pub fn request_meter(&self, route: &str, status: u16) -> RequestMeter {
        RequestMeter {
            requests: self.requests.with_label_values(&[route, &status.to_string()]),
            latency: self.latency.with_label_values(&[route]),
        }
    }

    /// Counts a token request.
    pub fn count_token(&self, grant: &str, outcome: &str) {
        self.tokens.with_label_values(&[grant, outcome]).inc();
    }

    /// Counts a call that the guard refused.
    pub fn count_refusal(&self, reason: &str) {
        self.refusals.with_label_values(&[reason]).inc();
    }

    /// Counts an attempt to deliver an event.
    pub fn count_delivery(&self, destination: &str, outcome: &str) {
        self.deliveries.with_label_values(&[destination, outcome]).inc();
    }

    /// Counts a regular chore that failed while the database was there.
    pub fn count_chore_failure(&self, chore: &str) {
        self.chore_failures.with_label_values(&[chore]).inc();
    }

    /// The text of a scrape, with the gauges as they stand.
    pub fn render(&self, readings: &Readings) -> Result<String, prometheus::Error> {
        self.set_gauges(readings);
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        String::from_utf8(text).map_err(|error| prometheus::Error::Msg(error.to_string()))
    }

    fn set_gauges(&self, readings: &Readings) {
        let integer = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.password_queue.set(integer(readings.password_queue));
        self.cached_clients.set(integer(readings.cached_clients));
        self.revoked_tokens.set(integer(readings.revoked_tokens));
        self.revoked_tokens_complete
            .set(i64::from(readings.are_revoked_tokens_complete));
        self.pool_connections.set(integer(readings.pool_connections));
        self.pool_idle.set(integer(readings.pool_idle));
        self.database_up.set(i64::from(readings.is_database_up));
        self.revocation_lag.set(readings.revocation_lag_seconds);
        self.feed_age.set(readings.feed_age_seconds);
        self.webhooks_pending.set(readings.webhooks_pending);
        self.webhooks_parked.set(readings.webhooks_parked);
        self.oldest_webhook.set(readings.oldest_webhook_seconds);
        let (hits, misses) = readings.cache_lookups;
        for (result, total) in [("hit", hits), ("miss", misses)] {
            let counter = self.cache_lookups.with_label_values(&[result]);
            counter.inc_by(total.saturating_sub(counter.get()));
        }
    }
}

/// What the gauges read at a scrape.
pub struct Readings {
    /// Hashes that run or wait.
    pub password_queue: usize,
    /// Clients in memory.
    pub cached_clients: usize,
    /// Revoked tokens in memory.
    pub revoked_tokens: usize,
    /// Whether they are all that there are.
    pub are_revoked_tokens_complete: bool,
    /// Open connections.
    pub pool_connections: usize,
    /// Those of them that wait for work.
    pub pool_idle: usize,
    /// Whether the database answers.
    pub is_database_up: bool,
    /// How long the last revocation made elsewhere took to arrive.
    pub revocation_lag_seconds: f64,
    /// Time since the caches were last known to be complete.
    pub feed_age_seconds: f64,
    /// Look-ups answered from memory, and those that were not, since the start.
    pub cache_lookups: (u64, u64),
    /// Events that are yet to be delivered, as of some seconds ago.
    pub webhooks_pending: i64,
    /// Events that were given up, as of some seconds ago.
    pub webhooks_parked: i64,
    /// How long the oldest event that is yet to be delivered has been waiting.
    pub oldest_webhook_seconds: i64,
}

/// The counters of one route and status.
pub struct RequestMeter {
    requests: IntCounter,
    latency: Histogram,
}

impl RequestMeter {
    /// Counts an answered request.
    pub fn observe(&self, elapsed: Duration) {
        self.requests.inc();
        self.latency.observe(elapsed.as_secs_f64());
    }
}
