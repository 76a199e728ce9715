//! A socket whose other side has to keep to [`Timeouts`].

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_tls::accept::rustls_0_23::TlsStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Timeouts;
use super::activity::Activity;

/// A socket, plain or with TLS.
pub trait Socket: AsyncRead + AsyncWrite + Unpin {
    /// The other side's address, while there is one.
    fn peer(&self) -> Option<SocketAddr>;

    /// What was not sent when it is closed is dropped, instead of kept in the kernel's memory for as long as the other side
    /// answers that it has no room.
    fn drop_unsent(&self);
}

impl Socket for TcpStream {
    fn peer(&self) -> Option<SocketAddr> {
        self.peer_addr().ok()
    }

    fn drop_unsent(&self) {
        // It fails where the connection is gone, and then there is nothing to drop.
        let _ = self.set_zero_linger();
    }
}

impl Socket for TlsStream<TcpStream> {
    fn peer(&self) -> Option<SocketAddr> {
        self.get_ref().0.peer()
    }

    fn drop_unsent(&self) {
        self.get_ref().0.drop_unsent();
    }
}

/// An answer that the other side does not take as fast as it is written.
struct Lag {
    since: Instant,
    taken_bytes: usize,
}

/// The socket as the dispatcher sees it: one whose other side has gone when it is late with a request, and an error when it
/// is late to take an answer.
///
/// No timer is touched while requests and answers come and go: it is set once, and looks when it is due how long there is
/// still to wait. What the dispatcher makes of the bytes that it read is known when it flushes, which it does at the end of
/// each look at its connection, written or not.
pub(super) struct Deadlined<S> {
    socket: S,
    timeouts: Timeouts,
    activity: Rc<Activity>,
    lag: Option<Lag>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S: Socket> Deadlined<S> {
    pub(super) fn new(socket: S, timeouts: Timeouts) -> Self {
        Self {
            socket,
            timeouts,
            activity: Activity::begin(),
            lag: None,
            timer: None,
        }
    }

    pub(super) fn activity(&self) -> &Rc<Activity> {
        &self.activity
    }

    /// Whether the other side is late with a request.
    fn is_silent(&self) -> bool {
        let due = self.activity.due(&self.timeouts);
        due.is_some_and(|due| due <= Instant::now())
    }

    /// Everything is written, and what was read is looked at.
    fn settle(&mut self, context: &mut Context<'_>) {
        if self.lag.take().is_some() {
            self.activity.catch_up();
            // To read what was not read meanwhile.
            context.waker().wake_by_ref();
        }
        self.activity.settle();
        if let Some(due) = self.activity.due(&self.timeouts) {
            self.look_again(context, due);
        }
    }

    /// The other side has taken some.
    fn note_taken(&mut self, bytes: usize) {
        if let Some(lag) = &mut self.lag {
            lag.taken_bytes += bytes;
            if lag.taken_bytes >= Timeouts::LEAST_TAKEN_BYTES {
                self.lag = Some(Lag::begin());
            }
        }
    }

    /// Something cannot be written now: waits for the other side, but not for ever.
    fn wait<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let due = self.lag.get_or_insert_with(Lag::begin).since + self.timeouts.send;
        if due <= Instant::now() {
            self.socket.drop_unsent();
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.look_again(context, due);
        Poll::Pending
    }

    /// Has the dispatcher look at its connection when it is `due`, or before: a timer that comes too early is set again
    /// then, which is cheaper than to set it with every request.
    fn look_again(&mut self, context: &mut Context<'_>, due: Instant) {
        if let Some(timer) = &self.timer
            && timer.deadline() <= due
            && !timer.is_elapsed()
        {
            return;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        timer.as_mut().reset(due);
        // Out of its budget, tokio would have it come back at once and not have set the timer.
        let mut timer = coop::unconstrained(timer);
        if Pin::new(&mut timer).poll(context).is_ready() {
            context.waker().wake_by_ref();
        }
    }
}

impl Lag {
    fn begin() -> Self {
        Self {
            since: Instant::now(),
            taken_bytes: 0,
        }
    }
}

impl<S: Socket> AsyncRead for Deadlined<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lag.is_some() {
            // Who does not take answers need not ask for more. The dispatcher would go round and round with a full buffer.
            return Poll::Pending;
        }
        // What has come is read before the clock is: a service that was busy itself should not blame the other side.
        match Pin::new(&mut this.socket).poll_read(context, buffer) {
            Poll::Pending if this.is_silent() => Poll::Ready(Ok(())),
            Poll::Ready(Ok(())) => {
                this.activity.hear();
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl<S: Socket> AsyncWrite for Deadlined<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.socket).poll_write(context, bytes) {
            Poll::Pending => this.wait(context),
            Poll::Ready(Ok(taken)) => {
                this.note_taken(taken);
                Poll::Ready(Ok(taken))
            }
            failed @ Poll::Ready(_) => failed,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.socket).poll_flush(context) {
            Poll::Pending => this.wait(context),
            Poll::Ready(Ok(())) => {
                this.settle(context);
                Poll::Ready(Ok(()))
            }
            failed @ Poll::Ready(_) => failed,
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.socket).poll_shutdown(context) {
            Poll::Pending => this.wait(context),
            over @ Poll::Ready(_) => over,
        }
    }
}
