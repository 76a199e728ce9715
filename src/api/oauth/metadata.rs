//! `GET /.well-known/oauth-authorization-server[/path]`: what this authorization server offers (RFC 8414).

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use strum::VariantArray;

use crate::api::guard::{Dialect, ProblemDetails};
use crate::app::App;
use crate::clients::{Grant, Scope};
use crate::text::PublicUrl;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/.well-known/oauth-authorization-server{path:.*}")
            .get(get_metadata)
            .head(get_metadata),
    );
}

/// Answers at the path that belongs to the issuer (RFC 8414 s3), and at no other.
async fn get_metadata(app: web::Data<App>, path: web::Path<String>) -> HttpResponse {
    let public_url = &app.settings.public_url;
    if *path != public_url.path() {
        return ProblemDetails::unrouted(StatusCode::NOT_FOUND, None);
    }
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "max-age=3600"))
        .json(metadata(public_url))
}

/// The metadata document.
///
/// `response_types_supported` is REQUIRED (s2) and, on a server without an authorization endpoint, empty; s3.2 says that
/// claims with zero elements are omitted. We keep it, empty: clients that validate look for the REQUIRED member.
#[derive(Serialize)]
struct Metadata {
    issuer: String,
    token_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    response_types_supported: &'static [&'static str],
    grant_types_supported: Vec<&'static str>,
    scopes_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: &'static [&'static str],
    revocation_endpoint_auth_methods_supported: &'static [&'static str],
    introspection_endpoint_auth_methods_supported: &'static [&'static str],
    service_documentation: String,
}

const AUTH_METHODS: &[&str] = &["client_secret_basic", "client_secret_post"];

/// The metadata of the service at this URL, which is its issuer.
fn metadata(public_url: &PublicUrl) -> Metadata {
    Metadata {
        issuer: public_url.to_string(),
        token_endpoint: public_url.join("/connect/token"),
        revocation_endpoint: public_url.join("/revoke"),
        introspection_endpoint: public_url.join("/introspect"),
        response_types_supported: &[],
        grant_types_supported: Grant::VARIANTS.iter().copied().map(Grant::grant_type).collect(),
        scopes_supported: Scope::SERVED.iter().copied().map(Scope::as_str).collect(),
        token_endpoint_auth_methods_supported: AUTH_METHODS,
        revocation_endpoint_auth_methods_supported: AUTH_METHODS,
        introspection_endpoint_auth_methods_supported: AUTH_METHODS,
        service_documentation: public_url.join("/docs/"),
    }
}
