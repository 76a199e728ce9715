//! HTTP plumbing that every slice shares: request ids and the log line, problem details, bodies within bounds, strict forms, the caller's address.

pub mod body;
pub mod chunks;
pub mod connection;
pub mod form;
pub mod front;
mod meters;
pub mod peer;
pub mod problem;
pub mod query;
pub mod request_log;
