//! HTTP itself: connections, bodies, requests that are none, and the log of requests.

mod bad_input;
mod deadlines;
mod encodings;
mod fuzz;
mod malformed;
mod request_log;
mod reverse_proxy;
mod tls;

pub use tls::with_certificate;
