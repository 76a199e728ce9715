//! Connections over memory, with actix on one side and somebody slow on the other, on a clock that jumps from one event to
//! the next. What is promised in seconds is held to the second.

use std::future::ready;
use std::time::Duration;

use actix_server::Server;
use actix_service::{Service as _, ServiceFactory as _, fn_service};
use actix_web::{App, HttpResponse, web};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep, timeout};

use super::deadlined::Socket;
use super::{Http, Timeouts};

/// What stands for the buffers of the kernel, in bytes.
const BUFFER: usize = 4096;
/// Longer than anything here may take.
const FOR_EVER: Duration = Duration::from_mins(5);
/// The answer of `/large`: more than is written at once.
const LARGE: usize = 1024 * 1024;
/// What one byte now and then is to mean.
const NOW_AND_THEN: Duration = Duration::from_millis(900);

impl Socket for DuplexStream {
    fn peer(&self) -> Option<std::net::SocketAddr> {
        None
    }

    fn drop_unsent(&self) {}
}

/// The other side of a connection that is served with the usual timeouts.
struct Peer(DuplexStream);

impl Peer {
    async fn connect() -> Self {
        let http = Http::of(&Server::build(), Timeouts::default());
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

    /// Sends one byte now and then, and says how long it took the service to end the connection.
    async fn dribble(&mut self, byte: &str) -> Duration {
        let began = Instant::now();
        let mut rest = Vec::new();
        let ended = async {
            while timeout(NOW_AND_THEN, self.0.read_to_end(&mut rest))
                .await
                .is_err()
            {
                // It may end at this moment.
                let _ = self.0.write_all(byte.as_bytes()).await;
            }
        };
        timeout(FOR_EVER, ended).await.expect("it is never ended");
        began.elapsed()
    }

    /// How long the service takes to end the connection when nothing is sent, and what it says before.
    async fn end(&mut self) -> (Duration, String) {
        let began = Instant::now();
        let mut rest = String::new();
        let reading = timeout(FOR_EVER, self.0.read_to_string(&mut rest)).await;
        reading.expect("it is never ended").unwrap();
        (began.elapsed(), rest)
    }

    /// Reads an answer whose body is this long, `at_once` bytes each second; says how much of it came.
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

/// Whether the limit was kept to: the one who dribbles looks every second.
fn is_about(took: Duration, limit: Duration) -> bool {
    (limit..limit + Duration::from_secs(2)).contains(&took)
}

/// Runs a test on its clock.
fn on_a_jumping_clock(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    LocalSet::new().block_on(&runtime.unwrap(), test);
}

#[test]
fn an_idle_connection_is_kept_for_75_seconds_and_no_longer() {
    on_a_jumping_clock(async {
        let mut peer = Peer::connect().await;
        for _ in 0..3 {
            peer.ask_quick().await;
            sleep(Duration::from_secs(73)).await;
        }
        peer.ask_quick().await;
        let (took, rest) = peer.end().await;
        // A second went by while the answer was read.
        assert!(is_about(took, Duration::from_secs(74)), "{took:?}");
        assert_eq!(rest, "");
    });
}

#[test]
fn a_later_head_has_five_seconds() {
    on_a_jumping_clock(async {
        let mut peer = Peer::connect().await;
        for _ in 0..3 {
            peer.ask_quick().await;
            sleep(Duration::from_mins(1)).await;
            peer.send("GET /qui").await;
            sleep(Duration::from_secs(4)).await;
            peer.send("ck HTTP/1.1\r\nhost: x\r\n\r\n").await;
            assert_eq!(peer.take(5, 5).await, 5);
        }
        sleep(Duration::from_mins(1)).await;
        peer.send("GET /quick HTTP/1.1\r\nhost: x\r\nx: ").await;
        let took = peer.dribble("x").await;
        assert!(is_about(took, Duration::from_secs(5)), "{took:?}");
    });
}

#[test]
fn half_a_head_that_came_with_a_whole_one_has_five_seconds_once_it_goes_on() {
    on_a_jumping_clock(async {
        let mut peer = Peer::connect().await;
        peer.send("GET /quick HTTP/1.1\r\nhost: x\r\n\r\nGET /quick HTTP/1.1\r\nhost: x\r\nx: ")
            .await;
        assert_eq!(peer.take(5, 5).await, 5);
        let took = peer.dribble("x").await;
        assert!(is_about(took, Duration::from_secs(5)), "{took:?}");
    });
}

#[test]
fn the_rest_of_a_body_that_nobody_needs_is_not_waited_for() {
    let unfinished = "POST /quick HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nfff\r\nx";
    on_a_jumping_clock(async {
        let mut peer = Peer::connect().await;
        peer.send(unfinished).await;
        assert_eq!(peer.take(5, 5).await, 5);
        let took = peer.dribble("x").await;
        assert!(is_about(took, Duration::from_secs(5)), "it dribbles: {took:?}");

        let mut peer = Peer::connect().await;
        peer.send(unfinished).await;
        assert_eq!(peer.take(5, 5).await, 5);
        let (took, _) = peer.end().await;
        assert!(is_about(took, Duration::from_secs(74)), "it is silent: {took:?}");

        let mut peer = Peer::connect().await;
        let announced = "POST /quick HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\nx";
        peer.send(announced).await;
        assert_eq!(peer.take(5, 5).await, 5);
        let took = peer.dribble("x").await;
        assert!(
            took < Duration::from_secs(2),
            "its length was announced: {took:?}"
        );
    });
}

#[test]
fn a_request_may_be_handled_for_as_long_as_its_handler_takes() {
    on_a_jumping_clock(async {
        let mut peer = Peer::connect().await;
        peer.ask_quick().await;
        peer.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(peer.take(4, 4).await, 4);
        // The body is the handler's to wait for.
        peer.send("POST /body HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 30\r\n\r\n")
            .await;
        let mut go_on = [0; 25];
        peer.0.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        for _ in 0..30 {
            sleep(Duration::from_mins(1)).await;
            peer.send("x").await;
        }
        assert_eq!(peer.take(30, 30).await, 30);
        peer.ask_quick().await;
    });
}

#[test]
fn an_answer_is_to_be_taken_within_a_minute() {
    on_a_jumping_clock(async {
        let mut peer = Peer::connect().await;
        peer.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
        sleep(Duration::from_secs(58)).await;
        assert_eq!(peer.take(LARGE, 64 * 1024).await, LARGE);
        peer.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
        sleep(Duration::from_secs(61)).await;
        let (took, rest) = peer.end().await;
        assert_eq!(took, Duration::ZERO);
        assert_eq!(rest.len(), BUFFER);
    });
}

#[test]
fn answers_to_requests_ahead_are_to_be_taken_within_a_minute() {
    on_a_jumping_clock(async {
        let mut peer = Peer::connect().await;
        let began = Instant::now();
        let flood = async {
            loop {
                if peer
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
fn somebody_slow_but_steady_gets_a_whole_answer() {
    on_a_jumping_clock(async {
        let mut peer = Peer::connect().await;
        let began = Instant::now();
        peer.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(peer.take(LARGE, 1200).await, LARGE);
        assert!(began.elapsed() > Duration::from_mins(14));
        // Idle is who has taken all.
        sleep(Duration::from_mins(1)).await;
        peer.ask_quick().await;
    });
}

#[test]
fn a_byte_now_and_then_is_not_steady() {
    on_a_jumping_clock(async {
        let mut peer = Peer::connect().await;
        let began = Instant::now();
        peer.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(peer.take(LARGE, 700).await / 1000, 60 * 7 / 10 + BUFFER / 1000);
        assert!(
            is_about(began.elapsed(), Duration::from_secs(66)),
            "{:?}",
            began.elapsed()
        );
    });
}

#[test]
fn half_a_head_may_wait_while_the_answer_before_it_is_taken() {
    on_a_jumping_clock(async {
        let mut peer = Peer::connect().await;
        peer.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\nGET /qui").await;
        sleep(Duration::from_secs(30)).await;
        peer.send("ck HTTP/1.1\r\nhost: x\r\nx: ").await;
        assert_eq!(peer.take(LARGE, 4000).await, LARGE);
        let began = Instant::now();
        peer.send("x\r\n\r\n").await;
        assert_eq!(peer.take(5, 5).await, 5);
        assert!(began.elapsed() < Duration::from_secs(2), "it is not read at once");
    });
}
