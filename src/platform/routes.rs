//! The routes of the platform.

use actix_web::web;

use super::{campaigns, candidates, customers, invitations, progress, reports};

/// Registers the endpoints.
pub fn configure(config: &mut web::ServiceConfig) {
    customers::configure(config);
    campaigns::configure(config);
    invitations::configure(config);
    progress::configure(config);
    reports::configure(config);
    candidates::configure(config);
}
