//! What is no request, between actix and a client, on tokio's paused clock.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{FOR_EVER, SlowClient, is_about, on_paused_time};

#[test]
fn what_is_no_request_is_answered_by_the_service_and_what_follows_is_dropped() {
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(200_000));
    for (request, status, line_bytes) in [
        ("nonsense\r\n\r\n", 400, 9),
        ("GET /quick HTTP/1.1\r\n\r\n", 400, 20),
        ("GET /qui", 408, 8),
        (long.as_str(), 431, 131_072),
    ] {
        on_paused_time(async {
            let mut client = SlowClient::connect().await;
            let (mut from_service, mut to_service) = tokio::io::split(client.0);
            // More than the pipe holds, so that the end of it is sent while the response is on its way.
            let sending = async {
                let _ = to_service.write_all(request.as_bytes()).await;
            };
            let mut answer = String::new();
            let (read, ()) = tokio::join!(
                timeout(FOR_EVER, from_service.read_to_string(&mut answer)),
                sending
            );
            read.expect("it is never ended").unwrap();
            let begins = format!("HTTP/1.1 {status} Refused\r\nx-line-bytes: ");
            let rest = answer
                .strip_prefix(&begins)
                .unwrap_or_else(|| panic!("{request:.20}: {answer}"));
            let (bytes, rest) = rest.split_once("\r\n").unwrap();
            assert!(
                bytes.parse::<usize>().unwrap() >= line_bytes,
                "{request:.20}: {bytes}"
            );
            assert!(rest.ends_with("\r\n\r\nno"), "{request:.20}: {answer}");
            client = SlowClient(from_service.unsplit(to_service));
            drop(client);
        });
    }
}

#[test]
fn a_client_that_sends_nothing_is_not_told_of_a_request() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        let (took, rest) = client.end().await;
        assert!(is_about(took, Duration::from_secs(5)), "{took:?}");
        assert!(!rest.contains("Refused"), "{rest}");
    });
}

#[test]
fn requests_before_what_is_none_are_answered_first() {
    on_paused_time(async {
        let mut client = SlowClient::connect().await;
        let good = "GET /quick HTTP/1.1\r\nhost: x\r\n\r\n";
        client.send(&format!("{good}{good}nonsense\r\n\r\n")).await;
        let (_, answers) = client.end().await;
        let statuses: Vec<&str> = answers
            .split("HTTP/1.1 ")
            .skip(1)
            .map(|answer| &answer[..3])
            .collect();
        assert_eq!(statuses, ["200", "200", "400"], "{answers}");
        assert!(
            answers.ends_with("x-line-bytes: 0\r\ncontent-length: 2\r\n\r\nno"),
            "{answers}"
        );
    });
}

/// The handler of `/body` reads it, the one of `/quick` does not.
#[test]
fn a_broken_body_is_answered_by_its_handler_alone() {
    for path in ["/body", "/quick"] {
        on_paused_time(async {
            let mut client = SlowClient::connect().await;
            let request =
                format!("POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n");
            client.send(&request).await;
            let (_, answers) = client.end().await;
            assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{path}: {answers}");
            assert!(!answers.contains("Refused"), "{path}: {answers}");
        });
    }
}
