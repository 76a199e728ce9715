//! HTTP without an opinion, for every dialect: connections, what stands in front of the router, bodies within bounds, strict
//! forms and queries, problem details, the caller's address.

pub mod body;
pub mod certificate;
pub mod chunks;
pub mod connection;
pub mod content_type;
pub mod draining;
pub mod etag;
pub mod form;
mod forwarded;
pub mod front;
pub mod listener;
pub mod malformed;
pub mod peer;
pub mod problem;
pub mod query;
pub mod rate_limit;
pub mod refused;
pub mod request_context;
mod request_span;
mod response_headers;
