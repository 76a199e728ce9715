//! The OAuth endpoints: tokens (RFC 6749, RFC 7523), revocation (RFC 7009), introspection (RFC 7662), metadata (RFC 8414).

mod error;
mod introspect;
mod metadata;
mod presented;
mod revoke;
mod token;

use actix_web::web;

pub use error::{Error, OAuthDialect};

/// The paths of this wing: what is refused below them is refused in its dialect.
pub const PATHS: &[&str] = &["/token", "/connect", "/introspect", "/revoke"];

/// Registers the endpoints, those that are called most first: the router looks in this order.
pub fn configure(config: &mut web::ServiceConfig) {
    token::configure(config);
    introspect::configure(config);
    revoke::configure(config);
}

/// Registers the metadata. Its path is a pattern, which the router compares with every path that comes to it.
pub fn configure_metadata(config: &mut web::ServiceConfig) {
    metadata::configure(config);
}
