//! A small partner: correct, or with one defect, which is named after the check that has to fail.

mod assertion;
mod resources;
mod token;

use std::collections::{HashMap, HashSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use uuid::Uuid;

/// How much of the contract a partner implements.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Offers {
    /// Everything that there are checks for.
    Everything,
    /// Everything but the user grant, revocation, metadata, assessments, creation links and the status of invitations.
    Minimum,
}

/// A partner.
pub struct Partner {
    /// The id of the check that has to fail; empty if the partner is correct. Some tests use a name that is no check's.
    defect: &'static str,
    offers: Offers,
    state: Mutex<State>,
}

/// What the partner stores.
#[derive(Default)]
struct State {
    tokens: HashMap<String, TokenHolder>,
    /// Assertions and values of `jti` that are accepted only once.
    used: HashSet<String>,
    /// MACs of valid assertions, for a partner that verifies each only once.
    verified: HashSet<String>,
    /// Links of invitations by application.
    invited: HashMap<String, String>,
    /// The time and the text of each request.
    calls: Vec<(Instant, String)>,
    /// How many of the next requests are answered with 429.
    remaining_429s: u32,
    /// Origin of the endpoints in the metadata, if it is another one.
    advertised_origin: Option<String>,
}

/// For whom a token was issued.
#[derive(Clone)]
pub enum TokenHolder {
    Application,
    User(String),
}

/// A request.
pub struct Call {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Call {
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        let values = self.headers.get_all(name);
        values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect()
    }

    pub fn query_parameter(&self, name: &str) -> Option<String> {
        pairs(&self.query)
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

/// Names and values of a form.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

/// A response.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }

    pub fn oauth_error(status: u16, code: &str) -> Self {
        Self::json(
            status,
            &json!({ "error": code, "error_description": "It was refused." }),
        )
        .with("cache-control", "no-store")
    }

    pub fn problem(status: u16) -> Self {
        Self::json(status, &json!({ "status": status })).with("content-type", "application/problem+json")
    }

    /// Sets a header, in place of one with the same name.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self = self.without(name);
        self.headers.push((name, value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }
}

impl Partner {
    /// Starts a partner that fails the check with this id, and no other.
    pub fn with_defect(defect: &'static str) -> Running {
        Self::start(defect, Offers::Everything)
    }

    /// Starts a correct partner.
    pub fn correct() -> Running {
        Self::with_defect("")
    }

    /// Starts a partner on a port of its own.
    pub fn start(defect: &'static str, offers: Offers) -> Running {
        let partner = Arc::new(Self {
            defect,
            offers,
            state: Mutex::default(),
        });
        Running::serve(partner)
    }

    /// Whether the partner has this defect.
    pub fn has(&self, defect: &str) -> bool {
        self.defect == defect
    }

    fn offers_all(&self) -> bool {
        self.offers == Offers::Everything
    }

    fn random() -> String {
        format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
    }

    fn answer(&self, call: &Call) -> Reply {
        let mut reply = self.route(call);
        if self.has("echo") && reply.status >= 400 {
            let request = format!("{:?} {}", call.headers, call.body);
            reply.body = json!({ "error": "echo", "error_description": request }).to_string();
            reply = reply.with(
                "www-authenticate",
                format!("Bearer error_description={}", request.escape_debug()),
            );
        }
        if self.has("token.response.clock") {
            reply = reply.with("date", "Mon, 05 Mar 2018 00:00:00 GMT");
        }
        reply
    }

    fn route(&self, call: &Call) -> Reply {
        {
            let mut state = self.state.lock().unwrap();
            let authorization = call.header("authorization").unwrap_or_default();
            let text = format!(
                "{} {}?{} {} {authorization}",
                call.method, call.path, call.query, call.body
            );
            state.calls.push((Instant::now(), text));
            if state.remaining_429s > 0 {
                state.remaining_429s -= 1;
                return Reply::problem(429).with("retry-after", "0");
            }
        }
        match call.path.as_str() {
            "/token" => self.token(call),
            "/revoke" if self.offers_all() => self.revoke(call),
            "/.well-known/oauth-authorization-server" if self.offers_all() => self.metadata(),
            "/campaign" if self.has("videos.short-name") => Reply::json(200, &json!([])),
            "/campaign" if self.offers_all() => self.resource(call, "videos"),
            path if path.starts_with("/videos/") => self.resource(call, "videos"),
            path if path.starts_with("/assessments/") && self.offers_all() => {
                self.resource(call, "assessments")
            }
            _ => Reply::problem(404),
        }
    }
}

/// A partner with a server.
pub struct Running {
    pub url: String,
    pub partner: Arc<Partner>,
    handle: actix_web::dev::ServerHandle,
}

impl Running {
    fn serve(partner: Arc<Partner>) -> Self {
        // It listens on all addresses, so that it can be called by one that is not a loopback address.
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::clone(&partner);
        let server = HttpServer::new(move || {
            let partner = Arc::clone(&shared);
            let answer = move |request: HttpRequest, body: web::Bytes| {
                let reply = partner.answer(&Call {
                    method: request.method().to_string(),
                    path: request.path().to_owned(),
                    query: request.query_string().to_owned(),
                    headers: request.headers().clone(),
                    body: String::from_utf8_lossy(&body).into_owned(),
                });
                let mut response = HttpResponse::build(StatusCode::from_u16(reply.status).unwrap());
                for header in reply.headers {
                    response.append_header(header);
                }
                std::future::ready(response.body(reply.body))
            };
            App::new().default_service(web::to(answer))
        });
        let server = server
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self {
            url: format!("http://127.0.0.1:{port}"),
            partner,
            handle,
        }
    }

    /// The URL with an address that is not a loopback address.
    pub fn url_without_loopback(&self) -> String {
        self.url.replace("127.0.0.1", "0.0.0.0")
    }

    /// Makes the next requests fail with 429.
    pub fn rate_limit(&self, requests: u32) {
        self.partner.state.lock().unwrap().remaining_429s = requests;
    }

    /// Puts an endpoint at another origin into the metadata.
    pub fn advertise_endpoint_at(&self, origin: &str) {
        self.partner.state.lock().unwrap().advertised_origin = Some(origin.to_owned());
    }

    /// The time and the text of each request that it received.
    pub fn calls(&self) -> Vec<(Instant, String)> {
        self.partner.state.lock().unwrap().calls.clone()
    }

    /// The tokens that it issued.
    pub fn tokens(&self) -> Vec<String> {
        self.partner
            .state
            .lock()
            .unwrap()
            .tokens
            .keys()
            .cloned()
            .collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let handle = self.handle.clone();
        actix_web::rt::spawn(async move { handle.stop(false).await });
    }
}
