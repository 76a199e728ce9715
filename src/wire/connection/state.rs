//! What a connection waits for, as its socket and the service above it know it together.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::Request;
use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::time::Instant;

use super::Timeouts;

/// HTTP/1.1 has one request at a time: the dispatcher holds back those that the client sends ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The client has sent nothing since then.
    Idle(Instant),
    /// The client has sent bytes that the dispatcher has not parsed yet.
    Unparsed,
    /// Since then the client has been sending something that is no request yet: a part of a head, or the rest of a body
    /// that no handler reads.
    PartialHead(Instant),
    /// A handler works on a request, or its response is being written.
    InFlight,
}

/// The state of one connection, shared by its socket and its requests.
#[derive(Debug)]
pub(super) struct ConnectionState(Cell<Stage>);

impl ConnectionState {
    /// The state of a connection that has just been accepted.
    pub(super) fn accepted() -> Rc<Self> {
        Rc::new(Self(Cell::new(Stage::Idle(Instant::now()))))
    }

    /// The socket received bytes.
    pub(super) fn on_received(&self) {
        if let Stage::Idle(_) = self.0.get() {
            self.0.set(Stage::Unparsed);
        }
    }

    /// The dispatcher has parsed all that the socket received. If no request has begun by now, the head is incomplete.
    pub(super) fn on_parsed(&self) {
        if self.0.get() == Stage::Unparsed {
            // The clock is read here and not in `on_received`, so that a head that arrives whole costs no reading.
            self.0.set(Stage::PartialHead(Instant::now()));
        }
    }

    /// The client has taken a response that it had stalled: its time for the next request begins now.
    pub(super) fn on_stall_ended(&self) {
        if let Stage::Idle(_) = self.0.get() {
            self.0.set(Stage::Idle(Instant::now()));
        }
    }

    /// When the client must have sent a first byte, or the rest of a head. `None` while it is not the client who is waited
    /// for.
    pub(super) fn read_deadline(&self, timeouts: &Timeouts) -> Option<Instant> {
        match self.0.get() {
            Stage::Idle(since) => Some(since + timeouts.idle),
            Stage::PartialHead(since) => Some(since + timeouts.head),
            Stage::Unparsed | Stage::InFlight => None,
        }
    }
}

/// Marks a connection as busy, from when a request is handed to the service until its response is written or dropped.
pub(super) struct InFlight(Option<Rc<ConnectionState>>);

impl InFlight {
    /// Begins with the request. It does nothing on a connection without a [`ConnectionState`].
    pub(super) fn begin(request: &Request) -> Self {
        let connection = request.conn_data::<Rc<ConnectionState>>().cloned();
        if let Some(connection) = &connection {
            connection.0.set(Stage::InFlight);
        }
        Self(connection)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.0.set(Stage::Idle(Instant::now()));
        }
    }
}

/// The body of a response. Its request is in flight for as long as it exists.
pub(super) struct ResponseBody<B> {
    body: B,
    _in_flight: InFlight,
}

impl<B> ResponseBody<B> {
    pub(super) fn new(body: B, in_flight: InFlight) -> Self {
        Self {
            body,
            _in_flight: in_flight,
        }
    }
}

impl<B: MessageBody + Unpin> MessageBody for ResponseBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
