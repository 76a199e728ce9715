//! What surrounds every request: its id, its one log line, its metrics, and a body for errors that have none.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::{Error, HttpMessage, HttpRequest, web};

use uuid::Uuid;

use super::meters::Meters;
use super::peer::client_address;
use super::problem::{PROBLEM_JSON, Problem};
use crate::crypto::random;
use crate::error::{self, Fault};
use crate::ids::ClientId;
use crate::state::App;

/// The header that carries the id, in and out.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

const MAX_REQUEST_ID_CHARS: usize = 64;

/// What is known of a request, for its log line; cheap to clone.
#[derive(Clone)]
pub struct Trace(Rc<Notes>);

struct Notes {
    request_id: String,
    client_id: OnceCell<ClientId>,
    claimed: OnceCell<ClientId>,
    reason: Cell<Option<&'static str>>,
    cause: RefCell<Option<String>>,
}

impl Trace {
    fn new(request_id: String) -> Self {
        Self(Rc::new(Notes {
            request_id,
            client_id: OnceCell::new(),
            claimed: OnceCell::new(),
            reason: Cell::new(None),
            cause: RefCell::new(None),
        }))
    }

    /// The trace of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .unwrap_or_else(|| Self::new(fresh_id()))
    }

    /// The id of the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// Who calls, once known.
    pub fn note_client(&self, client_id: &ClientId) {
        // The first to know is right: a request has one caller.
        let _ = self.0.client_id.set(client_id.clone());
    }

    /// Who the request says it comes from, before it proved anything.
    pub fn note_claimed(&self, client_id: &ClientId) {
        let _ = self.0.claimed.set(client_id.clone());
    }

    /// Why the request is refused.
    pub fn note_reason(&self, reason: &'static str) {
        self.0.reason.set(Some(reason));
    }

    /// Why we failed: the causes go to the log, once, with this request's line.
    pub fn note_fault(&self, fault: &Fault) {
        self.note_reason(if fault.status() == 503 {
            "unavailable"
        } else {
            "internal"
        });
        self.0.cause.replace(Some(error::chain(fault)));
    }
}

/// The middleware.
pub struct Tracing;

impl<S> Transform<S, ServiceRequest> for Tracing
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = TracingService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(TracingService {
            service,
            meters: Rc::default(),
        }))
    }
}

/// The middleware at work.
pub struct TracingService<S> {
    service: S,
    meters: Rc<Meters>,
}

impl<S> Service<ServiceRequest> for TracingService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let began = Instant::now();
        let trace = Trace::new(sane_id(&request).map_or_else(fresh_id, str::to_owned));
        request.extensions_mut().insert(trace.clone());
        let response = self.service.call(request);
        let meters = Rc::clone(&self.meters);
        Box::pin(async move {
            // Handlers and resources answer their own errors; only a middleware could fail here, and there is no other.
            let mut response = explain_empty_error(response.await?);
            let headers = response.headers_mut();
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            if let Ok(value) = HeaderValue::from_str(trace.request_id()) {
                headers.insert(REQUEST_ID_HEADER, value);
            }
            conclude(&response, &trace, &meters, began.elapsed());
            Ok(response)
        })
    }
}

/// A request id is taken over when it is short and plain: it goes to the log.
fn sane_id(request: &ServiceRequest) -> Option<&str> {
    let text = request.headers().get(REQUEST_ID_HEADER)?.to_str().ok()?;
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (is_plain && (1..=MAX_REQUEST_ID_CHARS).contains(&text.len())).then_some(text)
}

/// 32 hex digits: this process, by a random number, and a count. Unique is all that it has to be.
fn fresh_id() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| u64::from_be_bytes(random::bytes()));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let id = u128::from(*PROCESS) << 64 | u128::from(COUNT.fetch_add(1, Ordering::Relaxed));
    Uuid::from_u128(id).as_simple().to_string()
}

/// Errors that actix answers by itself (404, 405, …) have no body: they get a problem.
fn explain_empty_error(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let is_explained = response.headers().contains_key(CONTENT_TYPE)
        || !matches!(
            response.response().body().size(),
            BodySize::None | BodySize::Sized(0)
        );
    if is_explained || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem = Problem::of_status(status);
    let mut response = response.map_body(|_, _| BoxBody::new(problem.to_json()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    response
}

/// Counts the request and writes its line.
fn conclude(response: &ServiceResponse<BoxBody>, trace: &Trace, meters: &Meters, elapsed: Duration) {
    let request = response.request();
    let status = response.status().as_u16();
    let mut address = None;
    if let Some(app) = request.app_data::<web::Data<App>>() {
        meters.observe(&app.metrics, request, status, elapsed);
        address = Some(client_address(request, &app.service.trusted_proxies));
    }
    write_line(
        request,
        trace,
        Line {
            status,
            elapsed,
            address,
        },
    );
}

#[derive(Clone, Copy)]
struct Line {
    status: u16,
    elapsed: Duration,
    address: Option<IpAddr>,
}

/// The path goes without its query, which may hold what somebody should not have sent there.
fn write_line(request: &HttpRequest, trace: &Trace, line: Line) {
    let notes = &trace.0;
    let micros = u64::try_from(line.elapsed.as_micros()).unwrap_or(u64::MAX);
    let address = line.address.map(tracing::field::display);
    let client = shown(notes);
    let cause = notes.cause.borrow();
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "talentsoft_partner::request",
                request_id = trace.request_id(),
                method = request.method().as_str(),
                path = shortened(request.path()),
                status = u64::from(line.status),
                micros,
                address,
                client = client.as_deref(),
                reason = notes.reason.get(),
                cause = cause.as_deref(),
                "request"
            )
        };
    }
    if line.status >= 500 {
        line!(error);
    } else {
        line!(info);
    }
}

/// A client identifier for the log, whole where a client has it. One that may belong to nobody may be a secret in the wrong
/// place: only its beginning is shown.
fn shown(notes: &Notes) -> Option<Cow<'_, str>> {
    const CHARS_OF_CLAIMED: usize = 8;
    if let Some(client_id) = notes.client_id.get() {
        return Some(Cow::Borrowed(client_id.as_str()));
    }
    let claimed = notes.claimed.get()?.as_str();
    let beginning = claimed
        .get(..CHARS_OF_CLAIMED)
        .map(|beginning| format!("{beginning}…"));
    Some(beginning.map_or(Cow::Borrowed(claimed), Cow::Owned))
}

/// A path for the log, shortened where it is none of ours anyway.
fn shortened(path: &str) -> &str {
    const MOST_BYTES: usize = 256;
    path.get(..path.floor_char_boundary(MOST_BYTES))
        .unwrap_or_default()
}
