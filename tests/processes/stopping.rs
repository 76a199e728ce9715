//! The service is told to stop, and goes on for the time that a load balancer takes to notice.

use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use test_support::{Instance, Registry, eventually};

#[tokio::test]
async fn during_the_delay_everything_is_served_and_each_connection_is_closed_after_its_answer() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    // So long that only a second signal ends it.
    let delay = [("PARTNER_SHUTDOWN_DELAY", "3600")];
    let mut instance = Instance::start_with(&registry.database_url, &delay).await;
    let token = instance.token(&client).await;
    let mut kept = TcpStream::connect(instance.address).await.unwrap();
    let check = format!("GET /auth/check HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    kept.write_all(check.as_bytes()).await.unwrap();
    let head = read_head(&mut kept).await;
    assert!(head.starts_with("HTTP/1.1 204"), "{head}");
    assert!(!head.contains("connection: close"), "{head}");

    instance.signal(Signal::SIGTERM);
    eventually("readiness says so", async || {
        instance.readiness().await == "draining"
    })
    .await;
    assert_eq!(instance.get_ops("/health/ready").await.status, 503);
    kept.write_all(check.as_bytes()).await.unwrap();
    let head = read_head(&mut kept).await;
    assert!(head.starts_with("HTTP/1.1 204"), "{head}");
    assert!(head.contains("connection: close"), "{head}");
    assert_eq!(kept.read(&mut [0]).await.unwrap(), 0, "it is closed");

    let answer = instance.client_credentials(&client).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("connection")),
        (200, "close")
    );
    let other_token = answer.token();
    assert_eq!(instance.revoke(&client, &other_token).await.status, 200);
    assert_eq!(instance.check(&other_token).await, 401);

    instance.signal(Signal::SIGTERM);
    assert!(
        !instance.ended().await.success(),
        "a second signal ends it at once"
    );
}

#[tokio::test]
async fn sighup_ends_no_service() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let mut instance = Instance::start(&registry.database_url).await;
    instance.signal(Signal::SIGHUP);
    let token = instance.token(&client).await;
    assert_eq!(instance.check(&token).await, 204);
    instance.signal(Signal::SIGTERM);
    assert!(instance.ended().await.success(), "it ends as it should");
}

/// Reads up to the end of the head of a response without a body, in lower case after its first line.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let (first, rest) = head.split_once("\r\n").unwrap();
    format!("{first}\r\n{}", rest.to_lowercase())
}

#[tokio::test]
async fn after_the_delay_it_ends() {
    let registry = Registry::fresh().await;
    let delay = [("PARTNER_SHUTDOWN_DELAY", "1")];
    let instance = Instance::start_with(&registry.database_url, &delay).await;
    instance.stop().await;
}
