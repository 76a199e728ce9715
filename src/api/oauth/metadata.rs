//! What this authorization server offers (RFC 8414).

use serde::Serialize;

use crate::clients::{Grant, Scope};

/// The metadata document.
///
/// `response_types_supported` is REQUIRED (s2) and, on a server without an authorization endpoint, empty; s3.2 says that
/// claims with zero elements are omitted. We keep it, empty: clients that validate look for the REQUIRED member.
#[derive(Serialize)]
pub struct Metadata {
    issuer: String,
    token_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    response_types_supported: [&'static str; 0],
    grant_types_supported: Vec<&'static str>,
    scopes_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: [&'static str; 2],
    revocation_endpoint_auth_methods_supported: [&'static str; 2],
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    service_documentation: String,
}

const AUTH_METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// The document for this issuer, an https URL without a trailing slash.
#[must_use]
pub fn metadata(issuer: &str) -> Metadata {
    Metadata {
        issuer: issuer.to_owned(),
        token_endpoint: format!("{issuer}/connect/token"),
        revocation_endpoint: format!("{issuer}/revoke"),
        introspection_endpoint: format!("{issuer}/introspect"),
        response_types_supported: [],
        grant_types_supported: Grant::ALL.map(Grant::as_str).to_vec(),
        scopes_supported: Scope::ALL.map(Scope::as_str).to_vec(),
        token_endpoint_auth_methods_supported: AUTH_METHODS,
        revocation_endpoint_auth_methods_supported: AUTH_METHODS,
        introspection_endpoint_auth_methods_supported: AUTH_METHODS,
        service_documentation: format!("{issuer}/docs/"),
    }
}
