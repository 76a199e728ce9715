//! HTTP/1.1 connections over TCP or TLS, with a time limit on everything that a client could draw out: a client that sends
//! or reads a byte now and then cannot hold a connection.
//!
//! actix limits the first head of a connection and nothing after it. So it is given a
//! [`TimedSocket`](timed_socket::TimedSocket), which learns from the service above it
//! ([`InFlight`](state::InFlight)) whether a request is being handled, and so what it waits for. Those who read a body
//! limit its time themselves ([`super::body`], [`super::chunks`]).
//!
//! actix refuses what it cannot parse with a bare status, before any service of ours. The socket exchanges that for a response
//! like all others ([`super::malformed`]).

mod head_record;
mod refusal;
mod service;
mod state;
#[cfg(test)]
mod tests;
mod timed_socket;

use std::time::Duration;

pub use refusal::{RefuseHead, RefusedHead};
pub use service::{Http, plain, tls};

/// How long a client may take. The time of a handler is not limited here.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To send the first byte of a next request, after a response (`PARTNER_KEEP_ALIVE`).
    pub idle: Duration,
    /// To send the head of a request, from its first byte on; also for a TLS handshake.
    pub head: Duration,
    /// To take [`Self::MIN_TAKEN_BYTES`] of a response, or all that is left of it.
    pub send: Duration,
}

impl Timeouts {
    /// With the default of a minute, this is 1.1 KB a second. The kernel buffers a part of a response and takes more only
    /// when a third of its buffer is free, so a shorter time would hit slow but steady clients.
    pub const MIN_TAKEN_BYTES: usize = 64 * 1024;
}

impl Default for Timeouts {
    /// What the service runs with.
    fn default() -> Self {
        Self {
            // Longer than the usual proxy keeps an idle connection: so the proxy closes it, and no request crosses with
            // its end.
            idle: Duration::from_secs(75),
            head: Duration::from_secs(5),
            send: Duration::from_mins(1),
        }
    }
}
