//! Connections over memory between actix and a slow client, on tokio's paused clock. Limits in seconds are checked to the
//! second.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use actix_server::Server;
use actix_service::{Service as _, ServiceFactory as _, fn_service};
use actix_web::{App, HttpResponse, web};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep, timeout};

use super::timed_socket::Socket;
use super::{Http, RefusedHead, Timeouts};

#[path = "refusal_tests.rs"]
mod refusals;

/// The size in bytes of the pipe that stands for the kernel's buffers.
const BUFFER: usize = 4096;
/// Longer than any limit under test.
const FOR_EVER: Duration = Duration::from_mins(5);
/// The body of `/large` in bytes: more than is written at once.
const LARGE: usize = 1024 * 1024;
/// The pause between two bytes of a client that dribbles.
const DRIBBLE_PAUSE: Duration = Duration::from_millis(900);

impl Socket for DuplexStream {
    fn peer(&self) -> Option<std::net::SocketAddr> {
        None
    }

    fn reset_on_close(&self) {}
}

/// The response to what is no request.
fn refuse(head: &RefusedHead<'_>) -> Vec<u8> {
    let (status, line) = (head.status, head.line_bytes);
    format!("HTTP/1.1 {status} Refused\r\nx-line-bytes: {line}\r\ncontent-length: 2\r\n\r\nno").into_bytes()
}

/// A client on a connection that is served with the default timeouts.
struct SlowClient(DuplexStream);

impl SlowClient {
    async fn connect() -> Self {
        let http = Http::of(&Server::build(), Timeouts::default(), Arc::new(refuse));
        let app = App::new()
            .route("/quick", web::to(|| ready(HttpResponse::Ok().body("quick"))))
            .route(
                "/large",
                web::to(|| ready(HttpResponse::Ok().body(vec![b'x'; LARGE]))),
            )
            .route(
                "/body",
                web::to(|body: web::Bytes| ready(HttpResponse::Ok().body(body))),
            )
            .route(
                "/slow",
                web::to(async || {
                    sleep(Duration::from_mins(10)).await;
                    HttpResponse::Ok().body("slow")
                }),
            );
        let sockets = fn_service(|socket: DuplexStream| ready(Ok::<_, ()>(socket)));
        let service = http.serve(sockets, app).new_service(()).await;
        let (near, far) = duplex(BUFFER);
        let serving = service.unwrap_or_else(|_| unreachable!()).call(near);
        spawn_local(async move {
            let _ = serving.await;
        });
        Self(far)
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends one byte after each [`DRIBBLE_PAUSE`], and returns how long the service took to end the connection.
    async fn dribble(&mut self, byte: &str) -> Duration {
        let began = Instant::now();
        let mut rest = Vec::new();
        let ended = async {
            while timeout(DRIBBLE_PAUSE, self.0.read_to_end(&mut rest))
                .await
                .is_err()
            {
                // The service may end the connection at this moment.
                let _ = self.0.write_all(byte.as_bytes()).await;
            }
        };
        timeout(FOR_EVER, ended).await.expect("it is never ended");
        began.elapsed()
    }

    /// Sends nothing, and returns how long the service took to end the connection, with what it sent before.
    async fn end(&mut self) -> (Duration, String) {
        let began = Instant::now();
        let mut rest = String::new();
        let reading = timeout(FOR_EVER, self.0.read_to_string(&mut rest)).await;
        reading.expect("it is never ended").unwrap();
        (began.elapsed(), rest)
    }

    /// Reads a response with a body of `body` bytes, `at_once` of them each second; returns how many arrived.
    async fn take(&mut self, body: usize, at_once: usize) -> usize {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        assert!(
            head.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&head)
        );
        let (mut piece, mut taken) = (vec![0; at_once], 0);
        while taken < body {
            let wanted = at_once.min(body - taken);
            match self.0.read_exact(&mut piece[..wanted]).await {
                Ok(_) => taken += wanted,
                Err(_) => break,
            }
            sleep(Duration::from_secs(1)).await;
        }
        taken
    }

    async fn ask_quick(&mut self) {
        self.send("GET /quick HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(self.take("quick".len(), 100).await, "quick".len());
    }
}

/// Whether the limit was kept, to the second: a client that dribbles looks every second.
fn is_about(took: Duration, limit: Duration) -> bool {
    (limit..limit + Duration::from_secs(2)).contains(&took)
}

/// Runs a test on a clock that advances to the next timer when all tasks wait.
fn on_paused_time(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    LocalSet::new().block_on(&runtime.unwrap(), test);
}

#[test]
fn an_idle_connection_is_kept_for_75_seconds_and_no_longer() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        for _ in 0..3 {
            client.ask_quick().await;
            sleep(Duration::from_secs(73)).await;
        }
        client.ask_quick().await;
        let (took, rest) = client.end().await;
        // One second of the 75 went by while the response was read.
        assert!(is_about(took, Duration::from_secs(74)), "{took:?}");
        assert_eq!(rest, "");
    });
}

#[test]
fn a_later_head_has_five_seconds() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        for _ in 0..3 {
            client.ask_quick().await;
            sleep(Duration::from_mins(1)).await;
            client.send("GET /qui").await;
            sleep(Duration::from_secs(4)).await;
            client.send("ck HTTP/1.1\r\nhost: x\r\n\r\n").await;
            assert_eq!(client.take(5, 5).await, 5);
        }
        sleep(Duration::from_mins(1)).await;
        client.send("GET /quick HTTP/1.1\r\nhost: x\r\nx: ").await;
        let took = client.dribble("x").await;
        assert!(is_about(took, Duration::from_secs(5)), "{took:?}");
    });
}

#[test]
fn half_a_head_that_came_with_a_whole_one_has_five_seconds_once_it_goes_on() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        client
            .send("GET /quick HTTP/1.1\r\nhost: x\r\n\r\nGET /quick HTTP/1.1\r\nhost: x\r\nx: ")
            .await;
        assert_eq!(client.take(5, 5).await, 5);
        let took = client.dribble("x").await;
        assert!(is_about(took, Duration::from_secs(5)), "{took:?}");
    });
}

#[test]
fn the_rest_of_a_body_that_no_handler_reads_is_not_waited_for() {
    let unfinished = "POST /quick HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nfff\r\nx";
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        client.send(unfinished).await;
        assert_eq!(client.take(5, 5).await, 5);
        let took = client.dribble("x").await;
        assert!(is_about(took, Duration::from_secs(5)), "it dribbles: {took:?}");

        let mut client = SlowClient::connect().await;
        client.send(unfinished).await;
        assert_eq!(client.take(5, 5).await, 5);
        let (took, _) = client.end().await;
        assert!(is_about(took, Duration::from_secs(74)), "it is silent: {took:?}");

        let mut client = SlowClient::connect().await;
        let announced = "POST /quick HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\nx";
        client.send(announced).await;
        assert_eq!(client.take(5, 5).await, 5);
        let took = client.dribble("x").await;
        assert!(
            took < Duration::from_secs(2),
            "its length was announced: {took:?}"
        );
    });
}

#[test]
fn a_request_may_be_handled_for_as_long_as_its_handler_takes() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        client.ask_quick().await;
        client.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(client.take(4, 4).await, 4);
        // The handler reads the body, so its time is the handler's matter.
        client
            .send("POST /body HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 30\r\n\r\n")
            .await;
        let mut go_on = [0; 25];
        client.0.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        for _ in 0..30 {
            sleep(Duration::from_mins(1)).await;
            client.send("x").await;
        }
        assert_eq!(client.take(30, 30).await, 30);
        client.ask_quick().await;
    });
}

#[test]
fn a_response_must_be_taken_within_a_minute() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        client.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
        sleep(Duration::from_secs(58)).await;
        assert_eq!(client.take(LARGE, 64 * 1024).await, LARGE);
        client.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
        sleep(Duration::from_secs(61)).await;
        let (took, rest) = client.end().await;
        assert_eq!(took, Duration::ZERO);
        assert_eq!(rest.len(), BUFFER);
    });
}

#[test]
fn responses_to_pipelined_requests_must_be_taken_within_a_minute() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        let began = Instant::now();
        let flood = async {
            loop {
                if client
                    .0
                    .write_all(b"GET /quick HTTP/1.1\r\nhost: x\r\n\r\n")
                    .await
                    .is_err()
                {
                    break;
                }
            }
        };
        timeout(FOR_EVER, flood).await.expect("it is never ended");
        assert!(
            is_about(began.elapsed(), Duration::from_mins(1)),
            "{:?}",
            began.elapsed()
        );
    });
}

#[test]
fn a_slow_but_steady_client_gets_the_whole_response() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        let began = Instant::now();
        client.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(client.take(LARGE, 1200).await, LARGE);
        assert!(began.elapsed() > Duration::from_mins(14));
        // The idle time begins only when the client has taken everything.
        sleep(Duration::from_mins(1)).await;
        client.ask_quick().await;
    });
}

#[test]
fn a_byte_now_and_then_is_not_steady() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        let began = Instant::now();
        client.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(client.take(LARGE, 700).await / 1000, 60 * 7 / 10 + BUFFER / 1000);
        assert!(
            is_about(began.elapsed(), Duration::from_secs(66)),
            "{:?}",
            began.elapsed()
        );
    });
}

#[test]
fn half_a_head_may_wait_while_the_response_before_it_is_taken() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        client
            .send("GET /large HTTP/1.1\r\nhost: x\r\n\r\nGET /qui")
            .await;
        sleep(Duration::from_secs(30)).await;
        client.send("ck HTTP/1.1\r\nhost: x\r\nx: ").await;
        assert_eq!(client.take(LARGE, 4000).await, LARGE);
        let began = Instant::now();
        client.send("x\r\n\r\n").await;
        assert_eq!(client.take(5, 5).await, 5);
        assert!(began.elapsed() < Duration::from_secs(2), "it is not read at once");
    });
}
