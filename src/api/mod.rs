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

/// Registers every public route; the API document is held against this by a test. The router looks in this order, and paths
/// with a pattern cost more than the others: those that are called most come first.
pub fn configure(config: &mut web::ServiceConfig) {
    guard::configure(config);
    oauth::configure(config);
    talentsoft::configure(config);
    platform::configure(config);
    oauth::configure_metadata(config);
    docs::configure(config);
}

/// Refuses in the dialect of a wing what the router refuses below its paths.
type Unrouted = fn(StatusCode) -> HttpResponse;

/// The wings by their paths, with their dialects. What is below none of them is refused as problem details.
const WINGS: &[(&[&str], Unrouted)] = &[
    (oauth::PATHS, oauth::OAuthDialect::unrouted),
    (talentsoft::PATHS, ProblemDetails::unrouted),
    (platform::PATHS, ProblemDetails::unrouted),
];

/// Answers what the router refuses at this path (404, 405), in the dialect of the path's wing.
#[must_use]
pub fn unrouted(path: &str, status: StatusCode) -> HttpResponse {
    let is_below = |prefix: &&str| {
        path.strip_prefix(*prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let wing = WINGS.iter().find(|(paths, _)| paths.iter().any(is_below));
    wing.map_or_else(|| ProblemDetails::unrouted(status), |(_, refuse)| refuse(status))
}
