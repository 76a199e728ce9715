//! Connections that send nothing, slowly, or too much do not stop the others.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use test_support::load::paced;
use test_support::{Instance, Registry, eventually};

/// Connections that are opened and left alone.
const IDLE: u64 = 10_000;
/// Connections that send a byte now and then, of each kind.
const SLOW: usize = 150;
/// Files that this process needs for other things.
const OTHER_FILES: u64 = 3_000;
/// Good requests a second, and how many.
const PACE: u32 = 500;
const GOOD: usize = 2_000;

/// Raises the limit of open files as far as it goes; returns how many connections can be opened.
fn connections_allowed() -> u64 {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    let allowed = hard.saturating_sub(OTHER_FILES).min(IDLE);
    if allowed < IDLE {
        println!("the limit of open files ({hard}) allows {allowed} connections instead of {IDLE}");
    }
    allowed
}

#[tokio::test]
async fn thousands_of_idle_connections_stop_nobody() {
    let allowed = connections_allowed();
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let instance = Instance::start(&registry.database_url).await;
    let token = instance.token(&client).await;
    let mut idle = Vec::new();
    for number in 0..allowed {
        let mut connection = TcpStream::connect(instance.address).await.unwrap();
        // Some were used once, and are kept for a next request that never comes.
        if number % 10 == 0 {
            let request =
                format!("GET /auth/check HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
            connection.write_all(request.as_bytes()).await.unwrap();
        }
        idle.push(connection);
    }
    let took = paced(&instance, &client, PACE, GOOD).await;
    // A new connection is taken, and the database is reached.
    let fresh = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/videos/campaigns", instance.address);
    let answer = fresh.get(url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    println!(
        "{GOOD} good requests, sent in {took:?}, beside {} idle connections",
        idle.len()
    );
    drop(idle);
}

#[tokio::test]
async fn an_instance_with_few_files_keeps_some_for_its_database() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let instance = Instance::start_with_files(&registry.database_url, 256).await;
    let token = instance.token(&client).await;
    let mut idle = Vec::new();
    for _ in 0..400 {
        idle.push(TcpStream::connect(instance.address).await.unwrap());
    }
    // Known connections go on, and so do new ones to the database that they need.
    eventually("campaigns are listed", async || {
        instance.get("/videos/campaigns", &token).await.status == 200
    })
    .await;
    assert_eq!(instance.readiness().await, "ready");
    drop(idle);
    let log = instance.log().join("\n");
    assert!(!log.contains("Too many open files"), "{log}");
}

#[tokio::test]
async fn slow_and_oversized_requests_stop_nobody() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let instance = Instance::start(&registry.database_url).await;
    let token = instance.token(&client).await;
    let form = "POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    let kinds = [
        // A head that never ends, at once and behind a good request.
        "GET /auth/check HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned(),
        "GET /auth/check HTTP/1.1\r\nhost: x\r\n\r\nGET /auth/check HTTP/1.1\r\nx-slow: ".to_owned(),
        // A body that never ends: read, chunked, and of a request that needs none.
        format!("{form}content-length: 5000\r\n\r\ngrant_type="),
        format!("{form}transfer-encoding: chunked\r\n\r\nffff\r\ngrant_type="),
        "GET /auth/check HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffff\r\nx".to_owned(),
        format!(
            "GET /videos/campaigns HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: 5000\r\n\r\nx"
        ),
    ];
    let mut slow = Vec::new();
    for kind in &kinds {
        for _ in 0..SLOW {
            let mut connection = TcpStream::connect(instance.address).await.unwrap();
            connection.write_all(kind.as_bytes()).await.unwrap();
            slow.push(connection);
        }
    }
    let is_over = Cell::new(false);
    let good = async {
        let took = paced(&instance, &client, PACE, GOOD).await;
        is_over.set(true);
        took
    };
    let bad = async {
        while !is_over.get() {
            for connection in &mut slow {
                // Some are closed by then, which is as well.
                let _ = connection.write_all(b"a").await;
            }
            send_oversized(instance.address).await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    let (took, ()) = tokio::join!(good, bad);
    println!(
        "{GOOD} good requests, sent in {took:?}, beside {} slow ones",
        slow.len()
    );
    // All are given up in time, however slowly they go on.
    for (kind, connection) in kinds.iter().zip(slow.iter_mut().step_by(SLOW)) {
        is_given_up(kind, connection).await;
    }
}

/// Heads that are longer than any.
async fn send_oversized(address: SocketAddr) {
    let endless = format!(
        "GET /auth/check HTTP/1.1\r\nhost: x\r\nx-long: {}",
        "a".repeat(300_000)
    );
    let many = format!("GET /auth/check HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(1000));
    for oversized in [endless, many] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let _ = connection.write_all(oversized.as_bytes()).await;
        let mut answer = Vec::new();
        // It may be cut off before all was sent.
        let _ = connection.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
}

/// Sends a byte now and then until the other side ends the connection.
async fn is_given_up(what: &str, connection: &mut TcpStream) {
    let mut answer = [0; 4096];
    eventually(what, async || {
        let sent = connection.write_all(b"a").await;
        let read = timeout(Duration::from_millis(50), connection.read(&mut answer)).await;
        sent.is_err() || matches!(read, Ok(Ok(0) | Err(_)))
    })
    .await;
}
