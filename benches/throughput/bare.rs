//! What actix-web can do at best on this machine: read the same request, answer a constant of the same size, head included.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};

use crate::load::Answer;
use crate::process::{Running, free_port, listening};

const FLAG: &str = "--bare=";

/// What it answers: the body's size, and the header fields.
pub struct Constant {
    body: String,
    fields: Vec<(HeaderName, HeaderValue)>,
}

/// `--bare=PORT,BYTES NAME=VALUE…` makes this program the bare server.
pub fn requested(arguments: &[String]) -> Option<(u16, Constant)> {
    let (first, fields) = arguments.split_first()?;
    let (port, bytes) = first.strip_prefix(FLAG)?.split_once(',')?;
    let fields = fields.iter().filter_map(|field| {
        let (name, value) = field.split_once('=')?;
        Some((name.parse().ok()?, value.parse().ok()?))
    });
    let constant = Constant {
        body: "x".repeat(bytes.parse().ok()?),
        fields: fields.collect(),
    };
    Some((port.parse().ok()?, constant))
}

/// Serves until killed.
pub fn serve(port: u16, constant: Constant) {
    let constant = web::Data::new(constant);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(constant.clone())
            .default_service(web::to(answer))
    });
    let server = server
        .workers(std::thread::available_parallelism().unwrap().get())
        .bind(("127.0.0.1", port))
        .unwrap();
    actix_web::rt::System::new().block_on(server.run()).unwrap();
}

async fn answer(_request: web::Bytes, constant: web::Data<Constant>) -> HttpResponse {
    let status = if constant.body.is_empty() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::OK
    };
    let mut response = HttpResponse::build(status);
    for field in &constant.fields {
        response.insert_header(field.clone());
    }
    if constant.body.is_empty() {
        response.finish()
    } else {
        response.body(constant.body.clone())
    }
}

/// The bare server as a process of its own, like the service.
pub struct Bare {
    pub address: SocketAddr,
    process: Running,
}

impl Bare {
    /// With this answer's size, and those of its fields that it does not make up by itself.
    pub async fn start(answer: &Answer) -> Self {
        let port = free_port();
        let program = std::env::current_exe().unwrap();
        let fields = answer.fields.iter();
        let fields = fields
            .filter(|(name, _)| !["content-length", "date"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name}={value}"));
        let process = Running::start(
            Command::new(program)
                .arg(format!("{FLAG}{port},{}", answer.body_bytes))
                .args(fields)
                .stderr(Stdio::null())
                .stdout(Stdio::null()),
        );
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        listening(address).await;
        Self { address, process }
    }

    /// Processor time that it has taken.
    pub fn processor_time(&self) -> Duration {
        self.process.processor_time()
    }
}
