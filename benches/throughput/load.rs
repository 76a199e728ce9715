//! A small load generator: kept-alive HTTP/1.1 connections on one thread.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Plan;

/// What a measurement saw.
pub struct Load {
    latencies: Vec<Duration>,
    elapsed: Duration,
}

impl Load {
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

/// Each connection sends its next request as soon as the last is answered.
pub async fn closed(address: SocketAddr, request: &[u8], plan: Plan) -> Load {
    // A moment to warm up: connections, caches, the processor's clock.
    drive(address, request, plan, plan.duration / 5, None).await;
    drive(address, request, plan, plan.duration, None).await
}

/// Requests at a fixed rate; the latency counts from when a request was due, not from when it could be sent.
pub async fn paced(address: SocketAddr, request: &[u8], per_second: f64, plan: Plan) -> Load {
    let interval = Duration::from_secs_f64(plan.connections as f64 / per_second);
    drive(address, request, plan, plan.duration, Some(interval)).await
}

async fn drive(
    address: SocketAddr,
    request: &[u8],
    plan: Plan,
    duration: Duration,
    interval: Option<Duration>,
) -> Load {
    let began = Instant::now();
    let end = began + duration;
    let mut connections = JoinSet::new();
    for index in 0..plan.connections {
        let request = request.to_vec();
        // Spread over the interval, so that paced connections do not all send at once.
        let offset = interval.map_or(Duration::ZERO, |interval| {
            interval.mul_f64(index as f64 / plan.connections as f64)
        });
        connections.spawn(async move {
            let mut connection = Connection::open(address).await;
            let mut latencies = Vec::with_capacity(16 * 1024);
            let mut due = began + offset;
            loop {
                if interval.is_some() {
                    tokio::time::sleep_until(due.into()).await;
                } else {
                    due = Instant::now();
                }
                if due >= end {
                    return latencies;
                }
                connection.exchange(&request).await;
                latencies.push(due.elapsed());
                due += interval.unwrap_or_default();
            }
        });
    }
    let latencies = connections.join_all().await.concat();
    Load {
        latencies,
        elapsed: began.elapsed(),
    }
}

/// One kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        }
    }

    /// Sends a request and reads its answer, which must be a success. Returns the length of the body.
    pub async fn exchange(&mut self, request: &[u8]) -> usize {
        let body = self.exchange_any(request).await;
        assert!(
            self.buffer.starts_with(b"HTTP/1.1 2"),
            "{}",
            String::from_utf8_lossy(&self.buffer)
        );
        body
    }

    /// The same, whatever the answer.
    pub async fn exchange_any(&mut self, request: &[u8]) -> usize {
        self.stream.write_all(request).await.expect("the server reads");
        self.buffer.clear();
        loop {
            assert!(
                self.stream
                    .read_buf(&mut self.buffer)
                    .await
                    .expect("the server answers")
                    > 0,
                "closed"
            );
            let Some(head) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
                continue;
            };
            let body = content_length(std::str::from_utf8(&self.buffer[..head]).unwrap());
            if self.buffer.len() >= head + 4 + body {
                return body;
            }
        }
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        let head = self
            .buffer
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap();
        &self.buffer[head + 4..]
    }
}

fn content_length(head: &str) -> usize {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap())
}
