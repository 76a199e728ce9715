//! The endpoints of OAuth.

mod assertion_grant;
mod client_authentication;
mod client_credentials;
mod clocks;
mod conformance;
mod introspection;
mod limits;
mod revocation;
