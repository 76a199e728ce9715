//! What actix-web can do at best on this machine: read the same request, answer a constant of the same size.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use actix_web::{App, HttpResponse, HttpServer, web};

use crate::process::{Running, free_port, listening};

const FLAG: &str = "--bare=";

/// `--bare=PORT,BYTES` makes this program the bare server.
pub fn requested_size(arguments: &[String]) -> Option<(u16, usize)> {
    let value = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix(FLAG))?;
    let (port, bytes) = value.split_once(',')?;
    Some((port.parse().ok()?, bytes.parse().ok()?))
}

/// Serves until killed.
pub fn serve((port, bytes): (u16, usize)) {
    let body = "x".repeat(bytes);
    let answer = move |_request: web::Bytes| {
        let body = body.clone();
        async move {
            if body.is_empty() {
                HttpResponse::NoContent().finish()
            } else {
                HttpResponse::Ok().body(body)
            }
        }
    };
    let server = HttpServer::new(move || App::new().default_service(web::to(answer.clone())))
        .workers(std::thread::available_parallelism().unwrap().get())
        .bind(("127.0.0.1", port))
        .unwrap();
    actix_web::rt::System::new().block_on(server.run()).unwrap();
}

/// The bare server as a process of its own, like the service.
pub struct Bare {
    pub address: SocketAddr,
    _process: Running,
}

impl Bare {
    pub async fn start(bytes: usize) -> Self {
        let port = free_port();
        let program = std::env::current_exe().unwrap();
        let process = Running::start(
            Command::new(program)
                .arg(format!("{FLAG}{port},{bytes}"))
                .stderr(Stdio::null())
                .stdout(Stdio::null()),
        );
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        listening(address).await;
        Self {
            address,
            _process: process,
        }
    }
}
