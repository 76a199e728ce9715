//! What the socket of a connection and the service above it know of each other.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::Request;
use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::time::Instant;

use super::Timeouts;

/// What a connection waits for. HTTP/1.1 has one request at a time: those that are sent ahead wait in its dispatcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The other side has been silent since then.
    Idle(Instant),
    /// Something came that the dispatcher has not looked at.
    Heard,
    /// Since then something has been coming that is no request yet: its head, or the rest of a body that nobody needs.
    Head(Instant),
    /// A request is handled, or its answer made.
    Busy,
}

/// The phase of one connection, as its socket and its requests see it.
#[derive(Debug)]
pub(super) struct Activity(Cell<Phase>);

impl Activity {
    /// Of a connection that begins.
    pub(super) fn begin() -> Rc<Self> {
        Rc::new(Self(Cell::new(Phase::Idle(Instant::now()))))
    }

    /// Bytes came.
    pub(super) fn hear(&self) {
        if let Phase::Idle(_) = self.0.get() {
            self.0.set(Phase::Heard);
        }
    }

    /// The dispatcher has looked at what came: where no request has begun by that, it was not all of a head. Only here is
    /// the clock asked, so that a head that comes at once costs nothing.
    pub(super) fn settle(&self) {
        if self.0.get() == Phase::Heard {
            self.0.set(Phase::Head(Instant::now()));
        }
    }

    /// The other side has taken what it was late to take: only from now on can it be called silent.
    pub(super) fn catch_up(&self) {
        if let Phase::Idle(_) = self.0.get() {
            self.0.set(Phase::Idle(Instant::now()));
        }
    }

    /// When the other side is to have sent something, or all of a head.
    pub(super) fn due(&self, timeouts: &Timeouts) -> Option<Instant> {
        match self.0.get() {
            Phase::Idle(since) => Some(since + timeouts.idle),
            Phase::Head(since) => Some(since + timeouts.head),
            Phase::Heard | Phase::Busy => None,
        }
    }
}

/// A request, from when it is handed to the service until its answer is made or given up.
pub(super) struct Turn(Option<Rc<Activity>>);

impl Turn {
    /// Begins the turn of a request that came over a connection with an [`Activity`].
    pub(super) fn begin(request: &Request) -> Self {
        let activity = request.conn_data::<Rc<Activity>>().cloned();
        if let Some(activity) = &activity {
            activity.0.set(Phase::Busy);
        }
        Self(activity)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(activity) = &self.0 {
            activity.0.set(Phase::Idle(Instant::now()));
        }
    }
}

/// The body of an answer; the turn is over when it is.
pub(super) struct AnswerBody<B> {
    body: B,
    _turn: Turn,
}

impl<B> AnswerBody<B> {
    pub(super) fn new(body: B, turn: Turn) -> Self {
        Self { body, _turn: turn }
    }
}

impl<B: MessageBody + Unpin> MessageBody for AnswerBody<B> {
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
