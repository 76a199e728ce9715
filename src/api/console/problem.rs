//! The one page for everything that is refused: whatever refuses answers with a bare status, and the front asks for the body.
//! So nobody learns from a body or a header whether a page is not there or only not for them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use chrono::{DateTime, Utc};
use console_pages::pages::{Problem, ProblemKind};
use console_pages::{Frame, render};

use super::cookies::Cookie;
use super::state::{Console, respond};
use crate::wire::front::Unanswered;
use crate::wire::problem::UNAVAILABLE_RETRY_AFTER;
use crate::wire::rate_limit::seconds;

/// The page for a response without a body.
#[must_use]
pub fn unrouted(console: &Console, refused: &Unanswered<'_>, now: DateTime<Utc>) -> HttpResponse {
    let none = HeaderMap::new();
    let headers = refused.headers.unwrap_or(&none);
    let (language, theme) = console.look(None, headers);
    let frame = Frame {
        base: console.url().base(),
        language,
        theme,
        environment: console.settings.environment.as_deref(),
        is_production: console.settings.is_production(),
        staff: None,
        current: None,
        form_tokens: &|_| String::new(),
        flash: None,
        now,
        request_id: refused.context.request_id(),
    };
    let page = Problem {
        kind: kind(refused.status),
        detail: None,
        is_signed_in: Cookie::Session.read(console.url(), headers).is_some(),
    };
    let mut response = match render(&frame, &page) {
        Ok(html) => respond(refused.status, html),
        Err(_) => HttpResponse::build(refused.status).body(""),
    };
    if refused.status == StatusCode::SERVICE_UNAVAILABLE {
        let wait = HeaderValue::from(seconds(UNAVAILABLE_RETRY_AFTER));
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

fn kind(status: StatusCode) -> ProblemKind {
    let same = |kind: &ProblemKind| kind.status() == status.as_u16();
    let other = if status.is_server_error() {
        ProblemKind::Internal
    } else {
        ProblemKind::Invalid
    };
    ProblemKind::ALL.into_iter().find(same).unwrap_or(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_page() {
        assert_eq!(kind(StatusCode::NOT_FOUND), ProblemKind::NotFound);
        assert_eq!(kind(StatusCode::REQUEST_TIMEOUT), ProblemKind::Invalid);
        assert_eq!(kind(StatusCode::BAD_GATEWAY), ProblemKind::Internal);
    }
}
