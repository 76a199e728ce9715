//! Connections that send nothing, slowly, or too much do not stop the others.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::harness::load::Load;
use super::harness::{Instance, Registry, eventually};

/// Connections that are opened and left alone.
const IDLE: u64 = 10_000;
/// Connections that send a byte now and then, of each kind.
const SLOW: usize = 150;
/// Files that this process needs for other things.
const OTHER_FILES: u64 = 500;

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
    let instance = Instance::start(&registry.url).await;
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
    let mut load = Load::start(&instance, &client).await;
    load.goes_on(500).await;
    // A new connection is taken, and the database is reached.
    let fresh = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/videos/campaigns", instance.address);
    let answer = fresh.get(url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    println!(
        "{} good requests beside {} idle connections",
        load.answered(),
        idle.len()
    );
    drop(idle);
    load.finish().await;
}

#[tokio::test]
async fn an_instance_with_few_files_keeps_some_for_its_database() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let instance = Instance::start_with_files(&registry.url, 256).await;
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
    let instance = Instance::start(&registry.url).await;
    let token = instance.token(&client).await;
    let mut load = Load::start(&instance, &client).await;
    let form = "POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    let kinds = [
        // A head that never ends, at once and behind a good request.
        "GET /auth/check HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned(),
        "GET /auth/check HTTP/1.1\r\nhost: x\r\n\r\nGET /auth/check HTTP/1.1\r\nx-slow: ".to_owned(),
        // A body that never ends: read, chunked, and of a request that needs none.
        format!("{form}content-length: 5000\r\n\r\ngrant_type="),
        format!("{form}transfer-encoding: chunked\r\n\r\nffff\r\ngrant_type="),
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
    for _ in 0..5 {
        for connection in &mut slow {
            // Some are closed by then, which is as well.
            let _ = connection.write_all(b"a").await;
        }
        load.goes_on(50).await;
    }
    let endless = format!(
        "GET /auth/check HTTP/1.1\r\nhost: x\r\nx-long: {}",
        "a".repeat(300_000)
    );
    let many = format!("GET /auth/check HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(1000));
    for oversized in [endless, many] {
        let mut connection = TcpStream::connect(instance.address).await.unwrap();
        let _ = connection.write_all(oversized.as_bytes()).await;
        let mut answer = Vec::new();
        // It may be cut off before all was sent.
        let _ = connection.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    load.goes_on(50).await;
    println!(
        "{} good requests beside {} slow ones",
        load.answered(),
        slow.len()
    );
    // A head or a body that was begun is given up in time.
    for connection in slow.iter_mut().take(SLOW) {
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer).await;
    }
    drop(slow);
    load.finish().await;
}
