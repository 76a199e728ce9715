//! The header fields that every response has.

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use super::refused::Refused;
use super::request_context::{REQUEST_ID_HEADER, RequestContext};

/// Writes the headers that every response has.
pub(super) fn write_headers(
    response: &mut HttpResponse,
    common: &[(HeaderName, HeaderValue)],
    context: &RequestContext,
    refused: Option<&Refused>,
) {
    let headers = response.headers_mut();
    for (name, value) in common {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(context.request_id()) {
        headers.insert(REQUEST_ID_HEADER, value);
    }
    let reached = refused.and_then(|refused| refused.rate_limit);
    if let Some(rate_limit) = reached.or_else(|| context.rate_limit()) {
        rate_limit.write(headers);
    }
    if let Some(quota) = context.quota() {
        quota.write(headers);
    }
}
