//! The ops port: health and metrics, away from the public one, and from before that is open.

use std::sync::{Arc, OnceLock};

use actix_web::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use crate::app::App;
use crate::clock::WrongClock;
use crate::db::{DatabaseState, Db};
use crate::error::Failure;
use crate::telemetry::Telemetry;
use crate::telemetry::exposition::Format;
use crate::telemetry::reading::Reading;
use crate::wire::draining::Draining;
use crate::wire::problem::Problem;

/// How far the service is on its way from its start to its end.
pub struct Status {
    /// What is counted, and where spans go.
    pub telemetry: Telemetry,
    /// Whether it is going down.
    pub draining: Draining,
    database: OnceLock<Db>,
    /// From when on requests are answered.
    serving: OnceLock<Arc<App>>,
}

impl Status {
    /// A service that is starting.
    #[must_use]
    pub fn starting(telemetry: Telemetry) -> Self {
        Self {
            telemetry,
            draining: Draining::default(),
            database: OnceLock::new(),
            serving: OnceLock::new(),
        }
    }

    /// From now on this is the database, whose state is told.
    pub fn set_database(&self, db: Db) {
        // There is one database in the life of a service.
        let _ = self.database.set(db);
    }

    /// From now on requests are answered, by this application.
    pub fn set_serving(&self, app: Arc<App>) {
        // There is one application in the life of a service.
        let _ = self.serving.set(app);
    }
}

/// What is read at each scrape. A new gauge is one more entry here.
#[expect(clippy::cast_precision_loss, reason = "the values of Prometheus are doubles")]
const READINGS: &[Reading<App>] = &[
    Reading::gauge(
        "partner_password_queue",
        "argon2id hashes that run or wait.",
        |app| count(app.oauth.passwords.depth()),
    ),
    Reading::counter(
        "partner_password_hashes_total",
        "argon2id hashes that were computed: of secrets of `clients`, or of passwords of `staff`.",
        "of",
        |app| {
            vec![
                ("clients", app.oauth.passwords.computed()),
                ("staff", app.sign_in.passwords.computed()),
            ]
        },
    ),
    Reading::counter(
        "partner_unknown_client_costs_total",
        "What identifiers cost that nobody is known to have: a `hash`, or a `lookup` in the database.",
        "cost",
        |app| {
            vec![
                ("hash", app.oauth.passwords.decoys()),
                ("lookup", app.clients.unknown_lookups()),
            ]
        },
    ),
    Reading::counter(
        "partner_client_cache_lookups_total",
        "Look-ups of clients in memory, by result.",
        "result",
        |app| {
            let (hits, misses) = app.clients.statistics();
            vec![("hit", hits), ("miss", misses)]
        },
    ),
    Reading::gauge("partner_client_cache_clients", "Clients in memory.", |app| {
        count(app.clients.len())
    }),
    Reading::gauge(
        "partner_database_connections",
        "Open connections for requests and chores.",
        |app| count(app.db.connections().0),
    ),
    Reading::gauge(
        "partner_database_connections_idle",
        "Those of them that wait for work.",
        |app| count(app.db.connections().1),
    ),
    Reading::gauge(
        "partner_database_up",
        "1 while the database answers, 0 while it is away or what answers is a standby.",
        |app| flag(app.db.is_up()),
    ),
    Reading::gauge(
        "partner_database_writable",
        "1 while the database takes changes, 0 also while it is read-only or commits hang.",
        |app| flag(app.db.is_writable()),
    ),
    Reading::states(
        "partner_database_role",
        "1 for what the database was when it was last looked at (`primary`, `read_only`, `standby`, `away`, `unknown`), 0 for \
         everything else.",
        "role",
        |app| app.db.state().roles(),
    ),
    Reading::gauge(
        "partner_database_hanging_commits",
        "Commits that were given up and that the database has not ended.",
        |app| count(app.db.hanging_commits()),
    ),
    Reading::gauge(
        "partner_database_standbys",
        "Standbys that are read from: those of DATABASE_READ_URL that have kept up.",
        |app| count(app.db.standbys().0),
    ),
    Reading::gauge(
        "partner_database_standby_lag_seconds",
        "How far the slowest of them is behind.",
        |app| app.db.standbys().1.as_secs_f64(),
    ),
    Reading::gauge(
        "partner_clock_offset_seconds",
        "How far the clock of this machine is ahead of the database's.",
        |app| app.clock.offset().as_seconds_f64(),
    ),
    Reading::gauge(
        "partner_revoked_tokens",
        "Revoked tokens in memory: those that have not expired, and some of the last quarter of an hour.",
        |app| count(app.oauth.revocations.len()),
    ),
    Reading::gauge(
        "partner_revoked_tokens_complete",
        "1 once all revoked tokens are in memory; until then the database is asked for the others.",
        |app| flag(app.oauth.revocations.is_complete()),
    ),
    Reading::gauge(
        "partner_revocation_lag_seconds",
        "How long the last revocation made on another instance took to take effect here.",
        |app| app.feed.revocation_delay_seconds(),
    ),
    Reading::gauge(
        "partner_change_feed_age_seconds",
        "Time since the caches were last known to be complete.",
        |app| app.feed.age_seconds(app.clock.database_now()),
    ),
    Reading::gauge(
        "partner_replicas",
        "Replicas that divide the limits among them, as this one knows.",
        |app| f64::from(app.oauth.limits.replicas()),
    ),
    Reading::gauge(
        "partner_limits_shared",
        "1 while this replica counts its limits in Redis; 0 while it enforces its share.",
        |app| flag(app.oauth.limits.are_shared()),
    ),
    Reading::counter(
        "partner_limit_counts_total",
        "Requests and attempts that were counted against a limit, by where: in `redis`, or by this replica's `share`.",
        "by",
        |app| app.oauth.limits.counted().to_vec(),
    ),
    Reading::counter(
        "partner_refusals_recorded_total",
        "Refused calls, by what is recorded of them: the call itself (`kept`), its number (`counted`), or nothing (`lost`).",
        "record",
        |app| app.refusals.totals(),
    ),
    Reading::gauge(
        "partner_title_indexes",
        "Versions of libraries of titles in memory to normalize with.",
        |app| count(app.market.indexes.count()),
    ),
    Reading::counter(
        "partner_title_index_lookups_total",
        "Indexes that were asked for, by whether one was in memory (`hit`) or had to be built (`miss`).",
        "result",
        |app| app.market.indexes.looked_up().to_vec(),
    ),
    Reading::gauge(
        "partner_webhook_pending",
        "Events that are yet to be delivered.",
        |app| app.webhooks.backlog().pending as f64,
    ),
    Reading::gauge("partner_webhook_parked", "Events that are parked.", |app| {
        app.webhooks.backlog().parked as f64
    }),
    Reading::gauge(
        "partner_webhook_oldest_pending_seconds",
        "How long the oldest event that is yet to be delivered has been waiting.",
        |app| {
            app.webhooks
                .backlog()
                .oldest_pending_seconds(app.clock.database_now()) as f64
        },
    ),
];

#[expect(clippy::cast_precision_loss, reason = "the values of Prometheus are doubles")]
fn count(number: usize) -> f64 {
    number as f64
}

fn flag(is_set: bool) -> f64 {
    f64::from(u8::from(is_set))
}

/// Registers the ops endpoints.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/health/live").get(get_live).head(get_live))
        .service(web::resource("/health/ready").get(get_ready).head(get_ready))
        .service(web::resource("/metrics").get(get_metrics).head(get_metrics));
}

/// `GET /health/live`: 200 while the process can answer at all.
async fn get_live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "live" }))
}

/// `GET /health/ready`: 200 while requests should be sent here, 503 while the service starts or shuts down, or its clock is
/// wrong.
async fn get_ready(status: web::Data<Status>) -> HttpResponse {
    if status.draining.has_begun() {
        return HttpResponse::ServiceUnavailable().json(json!({ "status": "draining" }));
    }
    let Some(app) = status.serving.get() else {
        let database = status
            .database
            .get()
            .map_or_else(|| AWAY.to_owned(), database_word);
        return HttpResponse::ServiceUnavailable()
            .json(json!({ "status": "starting", "database": database }));
    };
    if let Err(WrongClock { offset }) = app.clock.checked_now() {
        let ahead_seconds = offset.num_seconds();
        return HttpResponse::ServiceUnavailable()
            .json(json!({ "status": "clock", "ahead_seconds": ahead_seconds }));
    }
    // Without the database it is still 200: known clients are served from memory, and to take out every replica at once would
    // turn an outage of the database into one of the service. It is also 200 while the revoked tokens are being read: every
    // response is right, if slower.
    let database = database_word(&app.db);
    let status = if app.db.is_writable() { "ready" } else { "degraded" };
    HttpResponse::Ok().json(json!({ "status": status, "database": database }))
}

/// The word for a database that was not found yet.
const AWAY: &str = "away";

/// In what state the database is.
fn database_word(db: &Db) -> String {
    match db.state() {
        DatabaseState::Up if db.hanging_commits() > 0 => "commits-hang".to_owned(),
        DatabaseState::Unknown => AWAY.to_owned(),
        state => state.to_string(),
    }
}

/// `GET /metrics`: the Prometheus text format, version 0.0.4, or `OpenMetrics` for who prefers that. Until the service is ready
/// there is only what is counted.
async fn get_metrics(status: web::Data<Status>, request: HttpRequest) -> HttpResponse {
    let accept = request
        .headers()
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok());
    let format = Format::preferred(accept.unwrap_or_default());
    let metrics = &status.telemetry.metrics;
    let rendered = match status.serving.get() {
        Some(app) => metrics.render(format, app.as_ref(), READINGS),
        None => metrics.render(format, &(), &[]),
    };
    match rendered {
        Ok(text) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, format.content_type()))
            .insert_header((VARY, "accept"))
            .body(text),
        Err(error) => Problem::of_failure(&Failure::internal(error)).respond(),
    }
}
