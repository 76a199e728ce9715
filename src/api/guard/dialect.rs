//! In whose words a route is refused: each wing has a dialect, and its routes name it by type.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::refusal::Refusal;
use crate::wire::problem::Problem;

/// The dialect of a wing: how it writes the refusals that are not made by its handlers.
pub trait Dialect: 'static {
    /// What the guard refuses. Status, challenge and limits are the guard's; the dialect writes the body.
    fn refuse(refusal: &Refusal) -> HttpResponse;

    /// What the router refuses: 404 and 405.
    fn unrouted(status: StatusCode) -> HttpResponse;
}

/// Problem details (RFC 9457), for every wing that speaks them and for what is no wing's.
pub enum ProblemDetails {}

impl Dialect for ProblemDetails {
    fn refuse(refusal: &Refusal) -> HttpResponse {
        refusal.problem().respond()
    }

    fn unrouted(status: StatusCode) -> HttpResponse {
        Problem::of_status(status).respond()
    }
}
