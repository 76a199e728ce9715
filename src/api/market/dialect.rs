//! How the data APIs write errors (Lightcast contract s1).

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER};
use serde::Serialize;

use crate::api::guard::{Dialect, Refusal};
use crate::wire::problem::UNAVAILABLE_RETRY_AFTER;
use crate::wire::rate_limit::seconds;

/// The dialect of Lightcast's APIs.
pub enum LightcastStyle {}

#[derive(Serialize)]
struct Errors<'a> {
    errors: [ErrorBody<'a>; 1],
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    status: u16,
    title: Cow<'a, str>,
    detail: &'a str,
}

/// A response with one error.
pub(super) fn respond(status: StatusCode, detail: &str) -> HttpResponse {
    let title = match status {
        StatusCode::BAD_REQUEST => "Invalid request",
        StatusCode::NOT_FOUND => "URL not found",
        other => other.canonical_reason().unwrap_or("Invalid request"),
    };
    let body = Errors {
        errors: [ErrorBody {
            status: status.as_u16(),
            title: title.into(),
            detail,
        }],
    };
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((RETRY_AFTER, seconds(UNAVAILABLE_RETRY_AFTER)));
    }
    response.json(body)
}

impl Dialect for LightcastStyle {
    /// All that concerns access is 401 here; the challenge says the rest.
    fn refuse(refusal: &Refusal) -> HttpResponse {
        match refusal {
            Refusal::InsufficientScope(required) => {
                let scopes: Vec<&str> = required.iter().map(Into::into).collect();
                let detail = format!(
                    "The access token does not have a scope that opens this API: {}.",
                    scopes.join(" or ")
                );
                respond(StatusCode::UNAUTHORIZED, &detail)
            }
            Refusal::MissingEntitlement(_) | Refusal::NoCustomer | Refusal::OtherUser => {
                respond(StatusCode::UNAUTHORIZED, &refusal.to_string())
            }
            other => respond(other.status(), &other.to_string()),
        }
    }

    fn unrouted(status: StatusCode, words: Option<&'static str>) -> HttpResponse {
        let detail = words.unwrap_or(match status {
            StatusCode::NOT_FOUND => "There is nothing at this path; /openapi.yaml lists the calls.",
            StatusCode::METHOD_NOT_ALLOWED => "The Allow header lists the methods of this path.",
            _ => "The request could not be understood.",
        });
        respond(status, detail)
    }
}
