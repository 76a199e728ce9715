//! A small load generator: kept-alive HTTP/1.1 connections on one thread.
//!
//! It shares the cores with what it measures, so it is plain: one `ppoll` for all connections, whose timer is fine enough
//! to send a paced request when it is due, where an asynchronous runtime's is a millisecond late.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use crate::Plan;

/// Digits of a request that are others each time it is sent, wherever they stand in it.
pub const FRESH: &str = "ffffffffffff";

/// What a measurement saw.
pub struct Load {
    latencies: Vec<Duration>,
    elapsed: Duration,
    /// Requests before it, to warm up.
    warm_up: usize,
}

impl Load {
    /// All requests, those to warm up among them.
    pub fn requests(&self) -> usize {
        self.warm_up + self.latencies.len()
    }

    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub fn percentile(&self, share: f64) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index within the list"
        )]
        let index = ((sorted.len() - 1) as f64 * share) as usize;
        sorted[index]
    }
}

/// Each connection sends a request as soon as the one before is answered; they take turns with `requests`, so that of no
/// more requests than connections each has its own.
pub fn closed(address: SocketAddr, requests: &[Vec<u8>], plan: Plan) -> Load {
    // A moment to warm up: connections, caches, the processor's clock.
    let warm_up = drive(
        address,
        requests,
        plan.connections,
        Until::Over(plan.duration / 5),
    );
    Load {
        warm_up: warm_up.latencies.len(),
        ..drive(address, requests, plan.connections, Until::Over(plan.duration))
    }
}

/// Each of the requests once, by so many connections, each of which sends its next one as soon as the one before is answered.
pub fn once(address: SocketAddr, requests: &[Vec<u8>], connections: usize) -> Load {
    drive(address, requests, connections, Until::AllAreSent)
}

/// Requests at a fixed rate; the latency counts from when a request was due, not from when it could be sent.
pub fn paced(address: SocketAddr, requests: &[Vec<u8>], per_second: f64, plan: Plan) -> Load {
    let interval = Duration::from_secs_f64(plan.connections as f64 / per_second);
    let until = Until::OverPaced(plan.duration, interval);
    drive(address, requests, plan.connections, until)
}

/// When a connection sends, and which message is its last.
#[derive(Clone, Copy)]
enum Until {
    /// As soon as it can, for so long.
    Over(Duration),
    /// In this interval, for so long.
    OverPaced(Duration, Duration),
    /// As soon as it can, each message once.
    AllAreSent,
}

/// A request, as it is sent again and again.
struct Message {
    bytes: Vec<u8>,
    /// Where [`FRESH`] stood in it.
    fresh: Vec<usize>,
}

impl Message {
    fn new(request: &[u8]) -> Self {
        let windows = request.windows(FRESH.len()).enumerate();
        let fresh = windows.filter(|(_, window)| *window == FRESH.as_bytes());
        Self {
            fresh: fresh.map(|(at, _)| at).collect(),
            bytes: request.to_vec(),
        }
    }

    fn freshened(&mut self) -> &[u8] {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        for at in &self.fresh {
            // Scattered like the identifiers of applications, which come in no order.
            let scattered = COUNT
                .fetch_add(1, Ordering::Relaxed)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let digits = format!("{:012x}", scattered >> 16);
            self.bytes[*at..at + FRESH.len()].copy_from_slice(digits.as_bytes());
        }
        &self.bytes
    }
}

/// A connection under load.
struct Caller {
    connection: Connection,
    /// The number of its next message; past the last one: it has none.
    message: usize,
    /// When its next request is due, or since when the present one is.
    due: Instant,
    is_waiting: bool,
}

fn drive(address: SocketAddr, requests: &[Vec<u8>], connections: usize, until: Until) -> Load {
    let mut messages: Vec<_> = requests.iter().map(|request| Message::new(request)).collect();
    let opened: Vec<_> = (0..connections).map(|_| Connection::open(address)).collect();
    let (duration, interval) = match until {
        Until::Over(duration) => (Some(duration), None),
        Until::OverPaced(duration, interval) => (Some(duration), Some(interval)),
        Until::AllAreSent => (None, None),
    };
    let first = |index: usize| {
        if duration.is_some() {
            index % requests.len()
        } else {
            index
        }
    };
    let began = Instant::now();
    let end = duration.map(|duration| began + duration);
    let mut callers: Vec<_> = opened
        .into_iter()
        .enumerate()
        .map(|(index, connection)| Caller {
            connection,
            message: first(index),
            // Spread over the interval, so that paced connections do not all send at once.
            due: began
                + interval
                    .unwrap_or_default()
                    .mul_f64(index as f64 / connections as f64),
            is_waiting: false,
        })
        .collect();
    let mut latencies = Vec::with_capacity(1 << 20);
    loop {
        let now = Instant::now();
        let mut is_over = end.is_none_or(|end| now >= end);
        for caller in callers.iter_mut().filter(|caller| !caller.is_waiting) {
            let is_due = caller.due <= now && end.is_none_or(|end| caller.due < end);
            if let Some(message) = messages.get_mut(caller.message).filter(|_| is_due) {
                caller.connection.send(message.freshened());
                caller.message += connections;
                if duration.is_some() {
                    caller.message %= requests.len();
                }
                caller.is_waiting = true;
            }
        }
        is_over &= callers.iter().all(|caller| !caller.is_waiting);
        if is_over {
            return Load {
                latencies,
                elapsed: began.elapsed(),
                warm_up: 0,
            };
        }
        let rest = end
            .map(|end| end.saturating_duration_since(now))
            .unwrap_or_default();
        for index in answered(&callers, rest, now) {
            let caller = &mut callers[index];
            if caller.connection.read_some() {
                latencies.push(caller.due.elapsed());
                caller.due = interval.map_or_else(Instant::now, |interval| caller.due + interval);
                caller.is_waiting = false;
            }
        }
    }
}

/// Waits until something can be read or sent; returns who has something to read.
fn answered(callers: &[Caller], rest: Duration, now: Instant) -> Vec<usize> {
    let waiting = callers.iter().enumerate().filter(|(_, caller)| caller.is_waiting);
    let (indexes, mut descriptors): (Vec<usize>, Vec<PollFd>) = waiting
        .map(|(index, caller)| {
            let descriptor = caller.connection.stream.as_fd();
            (index, PollFd::new(descriptor, PollFlags::POLLIN))
        })
        .unzip();
    let idle = callers.iter().filter(|caller| !caller.is_waiting);
    let next_due = idle.map(|caller| caller.due.saturating_duration_since(now)).min();
    // Behind the end nothing is due any more, and the last answers may take their time.
    let patience = match next_due {
        _ if rest.is_zero() => Duration::from_mins(1),
        Some(next_due) => next_due.min(rest),
        None => Duration::from_mins(1),
    };
    ppoll(&mut descriptors, Some(TimeSpec::from_duration(patience)), None).unwrap();
    let ready = indexes.into_iter().zip(descriptors);
    ready
        .filter(|(_, descriptor)| descriptor.any() == Some(true))
        .map(|(index, _)| index)
        .collect()
}

/// The size of an answer's body, and the fields of its head, with names in lower case.
pub struct Answer {
    pub body_bytes: usize,
    pub fields: Vec<(String, String)>,
}

/// One kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes of the buffer that hold the answer so far.
    filled: usize,
    /// Where its body begins and ends, once known.
    body: Option<(usize, usize)>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: vec![0; 256 * 1024],
            filled: 0,
            body: None,
        }
    }

    fn send(&mut self, request: &[u8]) {
        self.filled = 0;
        self.body = None;
        self.stream.write_all(request).expect("the server reads");
    }

    /// Reads what is there, which must be of a success; says whether the answer is whole.
    fn read_some(&mut self) -> bool {
        let is_whole = self.read_any();
        assert!(
            self.buffer.starts_with(b"HTTP/1.1 2"),
            "{}",
            String::from_utf8_lossy(&self.buffer[..self.filled])
        );
        is_whole
    }

    fn read_any(&mut self) -> bool {
        let read = self.stream.read(&mut self.buffer[self.filled..]);
        let read = read.expect("the server answers");
        assert!(read > 0, "closed");
        self.filled += read;
        let answer = &self.buffer[..self.filled];
        if self.body.is_none()
            && let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let length = content_length(std::str::from_utf8(&answer[..head]).unwrap());
            self.body = Some((head + 4, head + 4 + length));
        }
        self.body.is_some_and(|(_, end)| self.filled >= end)
    }

    /// Sends a request and reads its answer, which must be a success.
    pub fn exchange(&mut self, request: &[u8]) {
        self.send(request);
        while !self.read_some() {}
    }

    /// The same, and what came.
    pub fn answer(&mut self, request: &[u8]) -> Answer {
        self.exchange(request);
        let (begin, end) = self.body.unwrap();
        let head = std::str::from_utf8(&self.buffer[..begin]).unwrap();
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        Answer {
            body_bytes: end - begin,
            fields: fields
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
        }
    }

    /// The same, whatever the answer.
    pub fn exchange_any(&mut self, request: &[u8]) {
        self.send(request);
        while !self.read_any() {}
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        let (begin, end) = self.body.unwrap();
        &self.buffer[begin..end]
    }
}

fn content_length(head: &str) -> usize {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap())
}
