//! A socket whose client has to keep to [`Timeouts`].

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
use super::state::ConnectionState;

/// A socket, plain or with TLS.
pub trait Socket: AsyncRead + AsyncWrite + Unpin {
    /// The address of the client, while the socket is connected.
    fn peer(&self) -> Option<SocketAddr>;

    /// Makes the kernel drop unsent bytes when the socket is closed. By default it keeps them for as long as the client
    /// acknowledges that its window is closed.
    fn reset_on_close(&self);
}

impl Socket for TcpStream {
    fn peer(&self) -> Option<SocketAddr> {
        self.peer_addr().ok()
    }

    fn reset_on_close(&self) {
        // This fails only where the connection is gone, and then the kernel keeps nothing.
        let _ = self.set_zero_linger();
    }
}

impl Socket for TlsStream<TcpStream> {
    fn peer(&self) -> Option<SocketAddr> {
        self.get_ref().0.peer()
    }

    fn reset_on_close(&self) {
        self.get_ref().0.reset_on_close();
    }
}

/// A period in which the client reads a response more slowly than the dispatcher writes it.
struct WriteStall {
    since: Instant,
    /// Bytes that the client has taken in it.
    taken_bytes: usize,
}

impl WriteStall {
    fn begin() -> Self {
        Self {
            since: Instant::now(),
            taken_bytes: 0,
        }
    }
}

/// The socket that the dispatcher reads and writes. It ends (reads 0 bytes) when the client is late with a request, and
/// fails when the client is late to take a response.
///
/// The timer is not touched while requests come and go. It is set once, and when it fires the socket computes how long there
/// is still to wait.
pub(super) struct TimedSocket<S> {
    socket: S,
    timeouts: Timeouts,
    state: Rc<ConnectionState>,
    write_stall: Option<WriteStall>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S: Socket> TimedSocket<S> {
    pub(super) fn new(socket: S, timeouts: Timeouts) -> Self {
        Self {
            socket,
            timeouts,
            state: ConnectionState::accepted(),
            write_stall: None,
            timer: None,
        }
    }

    pub(super) fn state(&self) -> &Rc<ConnectionState> {
        &self.state
    }

    fn is_read_overdue(&self) -> bool {
        let deadline = self.state.read_deadline(&self.timeouts);
        deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Everything is written. The dispatcher flushes at the end of each poll of its connection, whether it wrote or not, so
    /// by now it has also parsed what it read.
    fn on_flushed(&mut self, context: &mut Context<'_>) {
        if self.write_stall.take().is_some() {
            self.state.on_stall_ended();
            // Reads were refused during the stall, so nothing else would make the dispatcher read again.
            context.waker().wake_by_ref();
        }
        self.state.on_parsed();
        if let Some(deadline) = self.state.read_deadline(&self.timeouts) {
            self.wake_by(context, deadline);
        }
    }

    /// The client took bytes. If it took enough of them, its time begins anew.
    fn on_taken(&mut self, bytes: usize) {
        if let Some(stall) = &mut self.write_stall {
            stall.taken_bytes += bytes;
            if stall.taken_bytes >= Timeouts::MIN_TAKEN_BYTES {
                self.write_stall = Some(WriteStall::begin());
            }
        }
    }

    /// The client takes nothing now. Waits for it until its time is over, and fails then.
    fn poll_stalled<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let stall = self.write_stall.get_or_insert_with(WriteStall::begin);
        let deadline = stall.since + self.timeouts.send;
        if deadline <= Instant::now() {
            self.socket.reset_on_close();
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.wake_by(context, deadline);
        Poll::Pending
    }

    /// Makes the dispatcher poll its connection at `deadline` or before.
    fn wake_by(&mut self, context: &mut Context<'_>, deadline: Instant) {
        // A timer that fires too early is set again then, which is cheaper than to set it with every request.
        if let Some(timer) = &self.timer
            && timer.deadline() <= deadline
            && !timer.is_elapsed()
        {
            return;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        timer.as_mut().reset(deadline);
        // When the task's budget is spent, tokio would return at once without registering the timer.
        let mut timer = coop::unconstrained(timer);
        if Pin::new(&mut timer).poll(context).is_ready() {
            context.waker().wake_by_ref();
        }
    }
}

impl<S: Socket> AsyncRead for TimedSocket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.write_stall.is_some() {
            // A client that does not take its responses gets no more requests parsed. The dispatcher, whose write buffer is
            // full, would otherwise read without end.
            return Poll::Pending;
        }
        // The socket is read before the clock: if this service was late itself, the client's bytes are there already.
        match Pin::new(&mut this.socket).poll_read(context, buffer) {
            Poll::Pending if this.is_read_overdue() => Poll::Ready(Ok(())),
            Poll::Ready(Ok(())) => {
                this.state.on_received();
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl<S: Socket> AsyncWrite for TimedSocket<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.socket).poll_write(context, bytes) {
            Poll::Pending => this.poll_stalled(context),
            Poll::Ready(Ok(taken)) => {
                this.on_taken(taken);
                Poll::Ready(Ok(taken))
            }
            failed @ Poll::Ready(_) => failed,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.socket).poll_flush(context) {
            Poll::Pending => this.poll_stalled(context),
            Poll::Ready(Ok(())) => {
                this.on_flushed(context);
                Poll::Ready(Ok(()))
            }
            failed @ Poll::Ready(_) => failed,
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.socket).poll_shutdown(context) {
            Poll::Pending => this.poll_stalled(context),
            done @ Poll::Ready(_) => done,
        }
    }
}
