//! Replicas behind nginx, as `docs/examples/nginx.conf` has it, and in front of a backend that has nothing to say.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};

use crate::Instance;
use crate::eventually;
use crate::example::Example;
use crate::nginx::Nginx;
use crate::ports::free_address;

/// Starts nginx in front of all replicas.
pub async fn start_nginx(replicas: &[SocketAddr]) -> Nginx {
    let servers: Vec<String> = replicas
        .iter()
        .map(|replica| format!("server {replica} fail_timeout=1s;"))
        .collect();
    let address = free_address();
    let example = Example::read("nginx.conf")
        // First, for the port of a replica may begin with the same digits.
        .with("127.0.0.1:3000", &backend().to_string())
        .with("server 127.0.0.1:8080 fail_timeout=1s;", &servers.join("\n"))
        .with("127.0.0.1:8088", &address.to_string())
        // The machine may be slow: then many requests are under way at once.
        .with("events {}", "events { worker_connections 8192; }");
    Nginx::start(address, example.text()).await
}

/// A backend that has nothing to say.
fn backend() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            // Up to the end of the head.
            let _ = lines.map_while(Result::ok).find(String::is_empty);
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    });
    address
}

/// Waits until nginx asks a replica for tokens: until then it leaves it out, and the next one must not be missing as well.
pub async fn is_asked(replica: &Instance) {
    eventually("nginx asks it", async || {
        let metrics = replica.get_ops("/metrics").await.body;
        metrics.contains("route=\"/token\"")
    })
    .await;
}
