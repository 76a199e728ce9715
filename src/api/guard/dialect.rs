//! How refusals are written: each wing has a dialect, and its routes name it by type.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::refusal::Refusal;
use crate::wire::problem::Problem;

/// The dialect of a wing: how it writes the refusals that are not made by its handlers.
pub trait Dialect: 'static {
    /// Writes a refusal of the guard. The guard adds challenge and limits; status and body are the dialect's.
    fn refuse(refusal: &Refusal) -> HttpResponse;

    /// Writes a refusal of the router: 404 or 405.
    fn unrouted(status: StatusCode) -> HttpResponse;
}

/// Problem details (RFC 9457): the dialect of several wings, and of the paths that belong to no wing.
pub enum ProblemDetails {}

impl Dialect for ProblemDetails {
    fn refuse(refusal: &Refusal) -> HttpResponse {
        refusal.problem().respond()
    }

    fn unrouted(status: StatusCode) -> HttpResponse {
        Problem::of_status(status).respond()
    }
}
