//! How refusals are written: each wing has a dialect, and its routes name it by type.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::refusal::Refusal;
use crate::wire::problem::Problem;

/// The dialect of a wing: how it writes the refusals that are not made by its handlers.
pub trait Dialect: 'static {
    /// Writes a refusal of the guard. The guard adds challenge and limits; status and body are the dialect's.
    fn refuse(refusal: &Refusal) -> HttpResponse;

    /// Writes a refusal without a handler: 404, 405, and of what is no request. `words` say what is wrong, in characters %x20-21,
    /// 23-5B, 5D-7E, where that is known better than by the status.
    fn unrouted(status: StatusCode, words: Option<&'static str>) -> HttpResponse;
}

/// Problem details (RFC 9457): the dialect of several wings, and of the paths that belong to no wing.
pub enum ProblemDetails {}

impl Dialect for ProblemDetails {
    fn refuse(refusal: &Refusal) -> HttpResponse {
        refusal.problem().respond()
    }

    fn unrouted(status: StatusCode, words: Option<&'static str>) -> HttpResponse {
        let problem = Problem::of_status(status);
        match words {
            Some(words) => problem.with_detail(words).respond(),
            None => problem.respond(),
        }
    }
}
