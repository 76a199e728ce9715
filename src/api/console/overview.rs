//! The overview.

use actix_web::{HttpResponse, web};
use console_pages::paths;

use super::{Error, Viewer, Visit, page};

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(page(paths::OVERVIEW).get(get_overview).head(get_overview));
}

/// `GET /`
async fn get_overview(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    Ok(visit.see_other(paths::STAFF, None))
}
