//! The ops port: health and metrics, away from the public one.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::app::App;
use crate::error::Failure;
use crate::telemetry::metrics::Readings;
use crate::wire::problem::Problem;

/// Registers the ops endpoints.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/health/live").get(get_live).head(get_live))
        .service(web::resource("/health/ready").get(get_ready).head(get_ready))
        .service(web::resource("/metrics").get(get_metrics).head(get_metrics));
}

/// 200 while the process can answer at all.
async fn get_live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "live" }))
}

/// 200 while requests should be sent here. Also without the database (`degraded`): known clients are served from memory,
/// and taking every replica out at once would turn an outage of the database into one of the service. And also while the
/// revoked tokens are still being read: every answer is right from the first on, if not as fast. 503 when going down.
async fn get_ready(app: web::Data<App>) -> HttpResponse {
    if app.is_draining() {
        return HttpResponse::ServiceUnavailable().json(json!({ "status": "draining" }));
    }
    let (status, database) = if app.db.is_up() {
        ("ready", "up")
    } else {
        ("degraded", "away")
    };
    HttpResponse::Ok().json(json!({ "status": status, "database": database }))
}

/// The Prometheus text format, version 0.0.4.
async fn get_metrics(app: web::Data<App>) -> HttpResponse {
    match app.metrics.render(&readings(&app)) {
        Ok(text) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
            .body(text),
        Err(error) => Problem::of_failure(&Failure::internal(error)).respond(),
    }
}

fn readings(app: &App) -> Readings {
    let (pool_connections, pool_idle) = app.db.connections();
    let backlog = app.webhooks.backlog();
    Readings {
        password_queue: app.oauth.passwords.depth(),
        cached_clients: app.clients.len(),
        revoked_tokens: app.oauth.revocations.len(),
        are_revoked_tokens_complete: app.oauth.revocations.is_complete(),
        pool_connections,
        pool_idle,
        is_database_up: app.db.is_up(),
        revocation_lag_seconds: app.feed.revocation_delay_seconds(),
        feed_age_seconds: app.feed.age_seconds(app.clock.now()),
        cache_lookups: app.clients.statistics(),
        webhooks_pending: backlog.pending,
        webhooks_parked: backlog.parked,
        oldest_webhook_seconds: backlog.oldest_pending_seconds(app.clock.now()),
    }
}
