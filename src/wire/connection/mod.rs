//! Connections that cannot be held by sending or reading a byte now and then: HTTP/1.1 over TCP or TLS, with a time limit
//! on everything that the other side could draw out.
//!
//! actix limits the first head of a connection and nothing after it. So the socket that it is given is a
//! [`Deadlined`](deadlined::Deadlined) one, which knows from the service above it ([`Turn`](activity::Turn)) whether a request
//! is being answered, and by that what it waits for. Bodies are limited by those who read them ([`super::body`],
//! [`super::chunks`]).

mod activity;
mod deadlined;
mod service;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use service::{Http, plain, tls};

/// How long the other side of a connection may take. What a handler takes is not limited here.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Without anything from it, after an answer.
    pub idle: Duration,
    /// For the head of a request, from its first byte on; and for a TLS handshake.
    pub head: Duration,
    /// To take [`Self::LEAST_TAKEN_BYTES`] of an answer, or all that is left of it.
    pub send: Duration,
}

impl Timeouts {
    /// 1.1 KB a second where an answer may wait for a minute. The kernel buffers a part of it: it takes more only when
    /// a third of its own buffer is free, which is why the time is not shorter.
    pub const LEAST_TAKEN_BYTES: usize = 64 * 1024;
}

impl Default for Timeouts {
    /// What the service runs with. Idle connections are kept longer than the usual proxy keeps them, so that it is the proxy
    /// who ends them, and no request crosses with their end.
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(75),
            head: Duration::from_secs(5),
            send: Duration::from_mins(1),
        }
    }
}
