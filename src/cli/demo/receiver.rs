//! The demo's receiver of callbacks and webhooks: it checks signatures and prints what arrives.

use std::net::{Ipv4Addr, TcpListener};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::Context as _;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;

use crate::cli::output::Format;

/// The path for callbacks to Talentsoft.
const TALENTSOFT: &str = "talentsoft";
/// The path for webhooks to the partner's platform.
const PLATFORM: &str = "platform";

/// A bound socket on the loopback address, for callbacks and webhooks.
pub struct DemoReceiver(TcpListener);

/// The keys that callbacks and webhooks are signed with.
pub struct SigningKeys<'a> {
    /// The secret of Talentsoft's client.
    pub talentsoft: &'a [u8],
    /// The key of `PARTNER_PLATFORM_WEBHOOK_SECRET`.
    pub platform: &'a [u8],
}

/// A message that arrived.
#[derive(Serialize)]
struct Received {
    recipient: &'static str,
    is_signature_valid: bool,
    body: Value,
}

struct Inbox {
    name: &'static str,
    key: hmac::Key,
    format: Format,
}

impl DemoReceiver {
    /// Binds a free port.
    pub fn bind() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        Ok(Self(
            listener.context("cannot bind a port for the demo's receiver")?,
        ))
    }

    /// The URL for callbacks.
    pub fn talentsoft_url(&self) -> anyhow::Result<String> {
        self.url(TALENTSOFT)
    }

    /// The URL for the platform's webhook.
    pub fn platform_url(&self) -> anyhow::Result<String> {
        self.url(PLATFORM)
    }

    fn url(&self, inbox: &str) -> anyhow::Result<String> {
        Ok(format!(
            "http://localhost:{}/{inbox}",
            self.0.local_addr()?.port()
        ))
    }

    /// Receives for as long as the process lives.
    pub fn run(self, keys: &SigningKeys<'_>, format: Format) -> anyhow::Result<()> {
        let inbox = |name, key| {
            web::Data::new(Inbox {
                name,
                key: hmac::Key::new(hmac::HMAC_SHA256, key),
                format,
            })
        };
        let inboxes = [inbox(TALENTSOFT, keys.talentsoft), inbox(PLATFORM, keys.platform)];
        let server = HttpServer::new(move || {
            App::new().configure(|config| {
                for inbox in &inboxes {
                    let route = web::post().to(receive);
                    config.service(web::resource(inbox.name).app_data(inbox.clone()).route(route));
                }
            })
        });
        actix_web::rt::spawn(server.workers(1).disable_signals().listen(self.0)?.run());
        Ok(())
    }
}

async fn receive(inbox: web::Data<Inbox>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let received = Received {
        recipient: inbox.name,
        is_signature_valid: is_signed(&inbox.key, &request, &body),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let told = inbox.format.show(&received, || received.describe());
    if told.is_ok() {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::InternalServerError().finish()
    }
}

impl Received {
    fn describe(&self) -> String {
        let signature = if self.is_signature_valid {
            "valid signature"
        } else {
            "INVALID SIGNATURE"
        };
        format!("--> received for {} ({signature}): {}", self.recipient, self.body)
    }
}

/// Whether one of the signatures in the request is the one of its message under `key` (Standard Webhooks).
fn is_signed(key: &hmac::Key, request: &HttpRequest, body: &[u8]) -> bool {
    let header = |name| {
        let value = request.headers().get(name)?;
        value.to_str().ok()
    };
    let (Some(id), Some(timestamp), Some(signatures)) = (
        header("webhook-id"),
        header("webhook-timestamp"),
        header("webhook-signature"),
    ) else {
        return false;
    };
    let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    signatures
        .split(' ')
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
        .any(|tag| hmac::verify(key, &message, &tag).is_ok())
}
