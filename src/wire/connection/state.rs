//! What a connection waits for, as its socket and the service above it know it together.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::Request;
use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::time::Instant;

use super::Timeouts;
use super::head_record::HeadRecord;

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
pub(super) struct ConnectionState {
    stage: Cell<Stage>,
    /// Whether the client has begun a head, and no request has come of it.
    is_head_begun: Cell<bool>,
    /// Whether the last body that was written ends in a line feed, so that it could be mistaken for the end of a head.
    is_tail_unclear: Cell<bool>,
}

impl ConnectionState {
    /// The state of a connection that has just been accepted.
    pub(super) fn accepted() -> Rc<Self> {
        Rc::new(Self {
            stage: Cell::new(Stage::Idle(Instant::now())),
            is_head_begun: Cell::new(false),
            is_tail_unclear: Cell::new(false),
        })
    }

    /// The socket received bytes, which are kept where they belong to a head.
    pub(super) fn on_received(&self, bytes: &[u8], record: &mut HeadRecord) {
        match self.stage.get() {
            Stage::Idle(_) => {
                self.stage.set(Stage::Unparsed);
                self.is_head_begun.set(true);
                record.start();
                record.extend(bytes);
            }
            Stage::Unparsed | Stage::PartialHead(_) if self.is_head_begun.get() => record.extend(bytes),
            Stage::Unparsed | Stage::PartialHead(_) | Stage::InFlight => {}
        }
    }

    /// Whether a response of the dispatcher's own may be at the end of what is written. It writes none beside the service's,
    /// and a body is not searched.
    pub(super) fn may_be_refused(&self) -> bool {
        self.stage.get() != Stage::InFlight && !self.is_tail_unclear.get()
    }

    /// Whether nothing has come since the connection was accepted, or since the last response: then there was nothing to
    /// refuse.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self.stage.get(), Stage::Idle(_)) && !self.is_head_begun.get()
    }

    /// Whether the client has begun a head, and no request has come of it.
    pub(super) fn is_head_begun(&self) -> bool {
        self.is_head_begun.get()
    }

    /// How long the client has been sending a head; zero where it came at once.
    pub(super) fn head_elapsed(&self) -> Duration {
        match self.stage.get() {
            Stage::PartialHead(since) => since.elapsed(),
            Stage::Idle(_) | Stage::Unparsed | Stage::InFlight => Duration::ZERO,
        }
    }

    /// All that was to be written is written.
    pub(super) fn on_flushed(&self) {
        self.is_tail_unclear.set(false);
    }

    /// The dispatcher has parsed all that the socket received. If no request has begun by now, the head is incomplete.
    pub(super) fn on_parsed(&self) {
        if self.stage.get() == Stage::Unparsed {
            // The clock is read here and not in `on_received`, so that a head that arrives whole costs no reading.
            self.stage.set(Stage::PartialHead(Instant::now()));
        }
    }

    /// The client has taken a response that it had stalled: its time for the next request begins now.
    pub(super) fn on_stall_ended(&self) {
        if let Stage::Idle(_) = self.stage.get() {
            self.stage.set(Stage::Idle(Instant::now()));
        }
    }

    /// When the client must have sent a first byte, or the rest of a head. `None` while it is not the client who is waited
    /// for.
    pub(super) fn read_deadline(&self, timeouts: &Timeouts) -> Option<Instant> {
        match self.stage.get() {
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
            connection.stage.set(Stage::InFlight);
            connection.is_head_begun.set(false);
        }
        Self(connection)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.stage.set(Stage::Idle(Instant::now()));
        }
    }
}

/// The body of a response. Its request is in flight for as long as it exists.
pub(super) struct ResponseBody<B> {
    body: B,
    in_flight: InFlight,
}

impl<B> ResponseBody<B> {
    pub(super) fn new(body: B, in_flight: InFlight) -> Self {
        Self { body, in_flight }
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
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_next(context);
        if let (Poll::Ready(Some(Ok(bytes))), Some(connection)) = (&polled, &this.in_flight.0) {
            connection.is_tail_unclear.set(bytes.last() == Some(&b'\n'));
        }
        polled
    }
}
