//! What is known of a request while it is answered, and its line in the access log.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::dev::RequestHead;
use actix_web::http::header::HeaderName;
use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

use super::peer::{Peer, TrustedProxies};
use super::rate_limit::{QuotaLeft, RateLimit};
use super::refused::Refused;
use super::request_span;
use crate::crypto::random;
use crate::error;
use crate::ids::ClientId;
use crate::telemetry::exemplars::TraceRef;
use crate::telemetry::trace::{Entered, RequestTrace, Span, Traces};

/// The header that carries the id, in and out.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

const MAX_REQUEST_ID_CHARS: usize = 64;

/// What is known of a request while it is answered; cheap to clone.
///
/// The code that authenticates the caller notes it here. The reason of a refusal is not noted: it comes with the response
/// ([`Refused`]).
#[derive(Clone)]
pub struct RequestContext(Rc<Known>);

struct Known {
    request_id: String,
    peer: Peer,
    /// `None`: nothing is traced.
    trace: Option<RequestTrace>,
    client_id: OnceCell<ClientId>,
    claimed: OnceCell<ClientId>,
    grant: Cell<Option<&'static str>>,
    rate_limit: Cell<Option<RateLimit>>,
    quota: Cell<Option<QuotaLeft>>,
}

impl RequestContext {
    fn new(request_id: String, peer: Peer, trace: Option<RequestTrace>) -> Self {
        Self(Rc::new(Known {
            request_id,
            peer,
            trace,
            client_id: OnceCell::new(),
            claimed: OnceCell::new(),
            grant: Cell::new(None),
            rate_limit: Cell::new(None),
            quota: Cell::new(None),
        }))
    }

    /// The context of a request that has just come.
    #[must_use]
    pub(super) fn begin(request: &RequestHead, trusted_proxies: &TrustedProxies, traces: &Traces) -> Self {
        let request_id = sane_id(request).map_or_else(fresh_id, str::to_owned);
        let trace = if traces.are_on() {
            request_span::with_headers(&request.headers, |headers| traces.begin_request(headers))
        } else {
            None
        };
        Self::new(request_id, trusted_proxies.peer(request), trace)
    }

    /// The context of what is no request.
    #[must_use]
    pub(super) fn fresh(peer: Peer) -> Self {
        Self::new(fresh_id(), peer, None)
    }

    /// The context of a request that a handler has.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .unwrap_or_else(|| Self::new(fresh_id(), Peer::UNKNOWN, None))
    }

    /// The id of the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// Where the request comes from.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.0.peer
    }

    /// The span of the request, if it is sampled.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        self.0.trace.as_ref()?.span()
    }

    /// The trace of the request, if it is sampled.
    pub(super) fn sampled(&self) -> Option<TraceRef> {
        self.0.trace.as_ref()?.sampled()
    }

    /// From here on, until the guard is dropped, what runs on this thread belongs to the request's span.
    pub(super) fn enter(&self) -> Option<Entered> {
        self.span().map(Span::enter)
    }

    /// Who calls, once known.
    pub fn note_client(&self, client_id: &ClientId) {
        // A request has one caller, so the first note stays.
        let _ = self.0.client_id.set(client_id.clone());
    }

    /// Who calls, where that is known to be a client's identifier.
    #[must_use]
    pub fn client_id(&self) -> Option<&ClientId> {
        self.0.client_id.get()
    }

    /// Who the request says it comes from, whether or not a client has that identifier.
    #[must_use]
    pub fn claimed(&self) -> Option<&ClientId> {
        self.0.claimed.get()
    }

    /// Who the request says it comes from, before it proved anything.
    pub fn note_claimed(&self, client_id: &ClientId) {
        let _ = self.0.claimed.set(client_id.clone());
    }

    /// The grant by which a token is asked for, as the metrics name it: `none` where it is not one of ours.
    pub fn note_grant(&self, grant: &'static str) {
        self.0.grant.set(Some(grant));
    }

    pub(super) fn grant(&self) -> Option<&'static str> {
        self.0.grant.get()
    }

    /// The state of the client's request limit, for the `RateLimit` headers of the response.
    pub fn note_rate_limit(&self, rate_limit: RateLimit) {
        self.0.rate_limit.set(Some(rate_limit));
    }

    pub(super) fn rate_limit(&self) -> Option<RateLimit> {
        self.0.rate_limit.get()
    }

    /// What is left of the client's quota, for the headers of the response.
    pub fn note_quota(&self, quota: QuotaLeft) {
        self.0.quota.set(Some(quota));
    }

    pub(super) fn quota(&self) -> Option<QuotaLeft> {
        self.0.quota.get()
    }

    /// Writes the access log line of the request.
    ///
    /// The path goes without its query, which may hold what somebody should not have sent there.
    pub(super) fn write_line(&self, line: &AccessLogLine<'_>) {
        let micros = u64::try_from(line.elapsed.as_micros()).unwrap_or(u64::MAX);
        let address = address_text(self.peer().nearest());
        let client = shown(&self.0);
        let trace_id = self.0.trace.as_ref().map(RequestTrace::trace_id);
        let reason = line.refused.map(|refused| refused.reason);
        let cause = line
            .refused
            .and_then(|refused| refused.failure.as_ref())
            .map(|failure| error::chain(failure));
        macro_rules! write_line {
            ($level:ident) => {
                tracing::$level!(
                    target: "talentsoft_partner::request",
                    request_id = self.request_id(),
                    trace_id = trace_id.as_deref(),
                    method = line.method,
                    path = shortened(line.path),
                    status = u64::from(line.status),
                    micros,
                    address,
                    client = client.as_deref(),
                    reason,
                    cause = cause.as_deref(),
                    // A string, where a format would go through `core::fmt`.
                    message = "request"
                )
            };
        }
        if line.status >= 500 {
            write_line!(error);
        } else {
            write_line!(info);
        }
    }
}

/// The caller's request id, if it is short and plain enough for the log.
fn sane_id(request: &RequestHead) -> Option<&str> {
    let text = request.headers.get(REQUEST_ID_HEADER)?.to_str().ok()?;
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (is_plain && (1..=MAX_REQUEST_ID_CHARS).contains(&text.len())).then_some(text)
}

/// 32 hex digits: a random number for the process, and a count. An id has to be unique, not unpredictable.
fn fresh_id() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| u64::from_be_bytes(random::bytes()));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let id = u128::from(*PROCESS) << 64 | u128::from(COUNT.fetch_add(1, Ordering::Relaxed));
    let mut text = Uuid::encode_buffer();
    Uuid::from_u128(id).as_simple().encode_lower(&mut text).to_owned()
}

/// An answered request, for its access log line.
pub(super) struct AccessLogLine<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) status: u16,
    /// From the request's head to its answer's.
    pub(super) elapsed: Duration,
    /// Why it was refused, if it was.
    pub(super) refused: Option<&'a Refused>,
}

/// An address as text. IPv4 is formatted without `core::fmt`, which would take a third of the time of the whole line.
fn address_text(address: IpAddr) -> String {
    let IpAddr::V4(address) = address else {
        return address.to_string();
    };
    let mut text = String::with_capacity("255.255.255.255".len());
    for octet in address.octets() {
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(itoa::Buffer::new().format(octet));
    }
    text
}

/// The client identifier for the log: whole where a client has it.
fn shown(known: &Known) -> Option<Cow<'_, str>> {
    match known.client_id.get() {
        Some(client_id) => Some(Cow::Borrowed(client_id.as_str())),
        None => known.claimed.get().map(ClientId::beginning),
    }
}

/// A path for the log. Our own paths are short; others may be of any length.
fn shortened(path: &str) -> &str {
    const MOST_BYTES: usize = 256;
    path.get(..path.floor_char_boundary(MOST_BYTES))
        .unwrap_or_default()
}
