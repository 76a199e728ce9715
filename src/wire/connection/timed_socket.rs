//! A socket whose client has to keep to [`Timeouts`].

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Timeouts;
use super::head_record::HeadRecord;
use super::refusal::{RefuseHead, RefusedHead, find_bare_response};
use super::state::ConnectionState;

/// How long what the client still sends is read and dropped after the response to what was no request: if the socket were
/// closed while bytes arrive, the kernel would reset the connection and the client would lose the response.
const LINGER: Duration = Duration::from_secs(1);

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

/// A response that is written in place of one of the dispatcher's.
struct Exchange {
    response: Vec<u8>,
    written: usize,
    /// Bytes of the dispatcher's response.
    stands_for: usize,
    /// Until when the rest of what the client sends is dropped.
    lingers_until: Option<Instant>,
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
    head: HeadRecord,
    refuse: RefuseHead,
    exchange: Option<Exchange>,
    write_stall: Option<WriteStall>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S: Socket> TimedSocket<S> {
    pub(super) fn new(socket: S, timeouts: Timeouts, refuse: RefuseHead) -> Self {
        Self {
            socket,
            head: HeadRecord::default(),
            refuse,
            exchange: None,
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
        self.state.on_flushed();
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

    /// Writes bytes of the dispatcher's, as many as the client takes now.
    fn poll_write_own(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.socket).poll_write(context, bytes) {
            Poll::Pending => self.poll_stalled(context),
            Poll::Ready(Ok(taken)) => {
                self.on_taken(taken);
                Poll::Ready(Ok(taken))
            }
            failed @ Poll::Ready(_) => failed,
        }
    }

    /// What is written in place of a response of the dispatcher's. What came together with the request before is not known.
    fn begin_exchange(&self, status: u16, date: &[u8], stands_for: usize) -> Exchange {
        let (beginning, line_bytes) = if self.state.is_head_begun() {
            (self.head.beginning(), self.head.line_bytes())
        } else {
            (&[][..], 0)
        };
        let refused = RefusedHead {
            status,
            beginning,
            line_bytes,
            elapsed: self.state.head_elapsed(),
            peer: self.socket.peer(),
            date,
        };
        Exchange {
            response: (self.refuse)(&refused),
            written: 0,
            stands_for,
            lingers_until: None,
        }
    }

    /// Writes the response of an exchange, and reads what the client still sends until that ends or a second is over.
    fn poll_exchange(
        &mut self,
        context: &mut Context<'_>,
        exchange: &mut Exchange,
    ) -> Poll<io::Result<usize>> {
        while let Some(rest) = exchange.response.get(exchange.written..)
            && !rest.is_empty()
        {
            match ready!(self.poll_write_own(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                taken => exchange.written += taken,
            }
        }
        let lingers_until = *exchange
            .lingers_until
            .get_or_insert_with(|| Instant::now() + LINGER);
        // The client sees the end of the response at once; whether that can be said or not, nothing else is to be written.
        let _ = Pin::new(&mut self.socket).poll_shutdown(context);
        let mut dropped = [0; 4096];
        while Instant::now() < lingers_until {
            let mut buffer = ReadBuf::new(&mut dropped);
            match Pin::new(&mut self.socket).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => break,
                Poll::Pending => {
                    self.wake_by(context, lingers_until);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(exchange.stands_for))
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
        let before = buffer.filled().len();
        match Pin::new(&mut this.socket).poll_read(context, buffer) {
            Poll::Pending if this.is_read_overdue() => Poll::Ready(Ok(())),
            Poll::Ready(Ok(())) => {
                let received = buffer.filled().get(before..).unwrap_or_default();
                this.state.on_received(received, &mut this.head);
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl<S: Socket> AsyncWrite for TimedSocket<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(mut exchange) = this.exchange.take() {
            let polled = this.poll_exchange(context, &mut exchange);
            if polled.is_pending() {
                this.exchange = Some(exchange);
            }
            return polled;
        }
        if !this.state.may_be_refused() {
            return this.poll_write_own(context, bytes);
        }
        match find_bare_response(bytes) {
            None => this.poll_write_own(context, bytes),
            // The client has connected and sent nothing, which is no request and no failure.
            Some(bare) if bare.status == 408 && this.state.is_silent() => this.poll_write_own(context, bytes),
            Some(bare) if bare.at > 0 => {
                let before = bytes.get(..bare.at).unwrap_or(bytes);
                this.poll_write_own(context, before)
            }
            Some(bare) => {
                this.exchange = Some(this.begin_exchange(bare.status, bare.date, bytes.len()));
                Pin::new(this).poll_write(context, bytes)
            }
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
