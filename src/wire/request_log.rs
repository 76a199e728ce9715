//! What is known of a request while it is answered, and the one log line that says so.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::dev::RequestHead;
use actix_web::http::header::HeaderName;
use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

use crate::crypto::random;
use crate::error::{self, Failure};
use crate::ids::ClientId;

/// The header that carries the id, in and out.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

const MAX_REQUEST_ID_CHARS: usize = 64;

/// What is known of a request, for its log line; cheap to clone.
#[derive(Clone)]
pub struct RequestContext(Rc<Notes>);

struct Notes {
    request_id: String,
    client_id: OnceCell<ClientId>,
    claimed: OnceCell<ClientId>,
    reason: Cell<Option<&'static str>>,
    cause: RefCell<Option<String>>,
}

impl RequestContext {
    fn new(request_id: String) -> Self {
        Self(Rc::new(Notes {
            request_id,
            client_id: OnceCell::new(),
            claimed: OnceCell::new(),
            reason: Cell::new(None),
            cause: RefCell::new(None),
        }))
    }

    /// The trace of a request that has just come.
    #[must_use]
    pub(super) fn begin(request: &RequestHead) -> Self {
        Self::new(sane_id(request).map_or_else(fresh_id, str::to_owned))
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
    pub fn note_failure(&self, failure: &Failure) {
        self.note_reason(if failure.status() == 503 {
            "unavailable"
        } else {
            "internal"
        });
        self.0.cause.replace(Some(error::chain(failure)));
    }

    /// Writes the line of the request. The path goes without its query, which may hold what somebody should not have sent there.
    pub(super) fn write_line(&self, line: &Line<'_>) {
        let notes = &self.0;
        let micros = u64::try_from(line.elapsed.as_micros()).unwrap_or(u64::MAX);
        let address = address_text(line.address);
        let client = shown(notes);
        let cause = notes.cause.borrow();
        macro_rules! write_line {
            ($level:ident) => {
                tracing::$level!(
                    target: "talentsoft_partner::request",
                    request_id = self.request_id(),
                    method = line.method,
                    path = shortened(line.path),
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
            write_line!(error);
        } else {
            write_line!(info);
        }
    }
}

/// A request id is taken over when it is short and plain: it goes to the log.
fn sane_id(request: &RequestHead) -> Option<&str> {
    let text = request.headers.get(REQUEST_ID_HEADER)?.to_str().ok()?;
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
    let mut text = Uuid::encode_buffer();
    Uuid::from_u128(id).as_simple().encode_lower(&mut text).to_owned()
}

/// An answered request, for its line.
pub(super) struct Line<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) status: u16,
    pub(super) elapsed: Duration,
    /// Where it came from.
    pub(super) address: IpAddr,
}

/// An address as text, the usual ones without `core::fmt`, to which they are a third of the line's work.
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
