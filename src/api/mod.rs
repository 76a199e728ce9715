//! Everything that speaks HTTP to somebody: a wing for each dialect, the guard, and what they share.

pub mod call;
pub mod docs;
pub mod guard;
pub mod idempotency;
pub mod oauth;
pub mod ops;
pub mod platform;
pub mod problems;
pub mod reply;
pub mod talentsoft;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use guard::{Dialect, ProblemDetails};

/// One dialect: which paths are its own, which routes are below them, and how it writes what no route answers.
pub struct Wing {
    /// Prefixes of whole path segments.
    paths: &'static [&'static str],
    /// Registers the routes.
    configure: fn(&mut web::ServiceConfig),
    /// Answers 404 and 405.
    unrouted: fn(StatusCode) -> HttpResponse,
}

/// The wings. The router looks at their routes in this order, and paths with a pattern cost more than the others: those that
/// are called most come first.
const WINGS: &[Wing] = &[oauth::WING, talentsoft::WING, platform::WING];

/// Registers every public route; the API document is held against this by a test.
pub fn configure(config: &mut web::ServiceConfig) {
    guard::configure(config);
    for wing in WINGS {
        (wing.configure)(config);
    }
    oauth::configure_metadata(config);
    guard::configure_prefix(config);
    docs::configure(config);
}

/// Answers what the router refuses at this path (404, 405): in the dialect of the path's wing, and as problem details below
/// none of them.
#[must_use]
pub fn unrouted(path: &str, status: StatusCode) -> HttpResponse {
    let is_below = |prefix: &&str| {
        path.strip_prefix(*prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let wing = WINGS.iter().find(|wing| wing.paths.iter().any(is_below));
    wing.map_or(ProblemDetails::unrouted as fn(_) -> _, |wing| wing.unrouted)(status)
}
