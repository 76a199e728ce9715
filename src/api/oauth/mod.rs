//! The OAuth endpoints: tokens (RFC 6749, RFC 7523), revocation (RFC 7009), introspection (RFC 7662), metadata (RFC 8414).

mod basic;
mod endpoint;
mod error;
mod introspect;
mod metadata;
mod presented;
mod revoke;
mod token;

use actix_web::web;

pub use endpoint::Endpoint;
pub use error::{Error, OAuthDialect};

use super::Wing;
use super::guard::Dialect;

/// The wing of the OAuth endpoints.
pub(super) const WING: Wing = Wing {
    paths: &["/token", "/connect", "/introspect", "/revoke"],
    configure: endpoint::configure,
    unrouted: OAuthDialect::unrouted,
};

/// Registers the metadata. Its path is a pattern, which the router compares with every path that comes to it.
pub(super) fn configure_metadata(config: &mut web::ServiceConfig) {
    metadata::configure(config);
}
