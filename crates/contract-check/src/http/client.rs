//! The HTTP client of the checks. It sends one request at a time, at a limited rate, follows no redirects, and records
//! every exchange.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::rc::Rc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap};
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, sleep_until};

use super::exchange::Exchange;
use super::recorder::Recorder;
use super::request::Request;
use super::response::{Body, Response};
use crate::not_passed::NotPassed;
use crate::plan::Plan;

/// How much of a body is read, in bytes.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// How often a request is sent if the response is 429.
const MAX_ATTEMPTS: u32 = 3;
/// The longest `Retry-After` that the client waits for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(90);
/// Number of requests in a row without a response after which nothing is sent any more.
const MAX_FAILURES_IN_A_ROW: u32 = 3;

/// Sends requests to one origin.
pub struct HttpClient {
    http: reqwest::Client,
    origin: String,
    /// Shortest time between a response and the next request.
    interval: Duration,
    timeout: Duration,
    recorder: Recorder,
    /// Why the client waited, for each 429.
    waits: RefCell<Vec<String>>,
    last_response_at: Cell<Option<Instant>>,
    failures_in_a_row: Cell<u32>,
    /// Why a request could not be sent.
    cut_short: RefCell<Option<String>>,
}

impl HttpClient {
    /// A client of the plan's endpoint.
    pub fn new(plan: &Plan) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            // A request that is sent twice could count as two attempts at a secret.
            .retry(reqwest::retry::never())
            .timeout(plan.timeout)
            .user_agent(concat!("talentsoft-partner-check/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            http,
            origin: plan.url.origin(),
            interval: Duration::from_secs(1) / plan.requests_per_second.get(),
            timeout: plan.timeout,
            recorder: Recorder::new(plan.secret.expose_secret()),
            waits: RefCell::default(),
            last_response_at: Cell::new(None),
            failures_in_a_row: Cell::new(0),
            cut_short: RefCell::default(),
        })
    }

    /// Sends a request. If the response is 429, waits as `Retry-After` says and sends it again. The check fails if
    /// there is no response.
    pub async fn send(&self, request: Request) -> Result<Rc<Response>, NotPassed> {
        for attempt in 1..=MAX_ATTEMPTS {
            let response = Rc::new(self.send_once(&request).await?);
            if response.status != 429 {
                return Ok(response);
            }
            let wait = Duration::from_secs(response.retry_after().unwrap_or(1));
            let reason = format!(
                "{} {}: rate limited (429), retry after {} s",
                request.method,
                self.redact(&request.target),
                wait.as_secs()
            );
            self.waits.borrow_mut().push(reason.clone());
            if wait > MAX_RETRY_AFTER {
                return Err(self.cut_short_by(format!("{reason}, which is longer than the checks wait")));
            }
            if attempt < MAX_ATTEMPTS {
                sleep(wait).await;
            }
        }
        Err(NotPassed::Failed(format!(
            "the response was 429 {MAX_ATTEMPTS} times, although the checks waited as long as Retry-After says"
        )))
    }

    async fn send_once(&self, request: &Request) -> Result<Response, NotPassed> {
        if let Some(defect) = request.defect {
            return Err(NotPassed::Failed(format!("the request cannot be sent: {defect}")));
        }
        if self.failures_in_a_row.get() >= MAX_FAILURES_IN_A_ROW {
            let reason = format!("{MAX_FAILURES_IN_A_ROW} requests in a row had no response");
            return Err(self.cut_short_by(reason));
        }
        let record = self.recorder.request(&self.origin, request);
        self.limit_rate().await;
        let result = self.exchange(request).await;
        self.last_response_at.set(Some(Instant::now()));
        match result {
            Ok((status, headers, body)) => {
                self.failures_in_a_row.set(0);
                Ok(self.recorder.response(record, status, headers, body))
            }
            Err(error) => {
                self.failures_in_a_row.set(self.failures_in_a_row.get() + 1);
                let reason = self.recorder.no_response(record, &self.explain(error));
                Err(NotPassed::Failed(reason))
            }
        }
    }

    /// Waits until the next request may be sent. The interval begins with the last response, not with the last request,
    /// so that requests do not arrive closer together than planned if the network delays one of them.
    async fn limit_rate(&self) {
        if let Some(at) = self.last_response_at.get() {
            sleep_until(at + self.interval).await;
        }
    }

    async fn exchange(&self, request: &Request) -> reqwest::Result<(u16, HeaderMap, Body)> {
        let url = format!("{}{}", self.origin, request.target);
        let mut builder = self
            .http
            .request(request.method.clone(), url)
            .header(ACCEPT, "application/json");
        for (name, value) in &request.headers {
            let mut value = value.clone();
            value.set_sensitive(*name == AUTHORIZATION);
            builder = builder.header(name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let mut response = builder.send().await?;
        let body = read_body(&mut response).await?;
        Ok((response.status().as_u16(), response.headers().clone(), body))
    }

    /// Why there is no response: what failed, and its root cause.
    fn explain(&self, error: reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("no response within {} s", self.timeout.as_secs_f32());
        }
        let what = if error.is_connect() {
            "no connection could be made"
        } else {
            "the response is not HTTP or is incomplete"
        };
        // The error quotes the URL, which may have a token in its query.
        let error = error.without_url();
        let mut root = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            root = cause.to_string();
            source = cause.source();
        }
        format!("{what}: {root}")
    }

    /// Notes why not everything can be checked, and skips the check.
    fn cut_short_by(&self, reason: String) -> NotPassed {
        self.cut_short.borrow_mut().get_or_insert_with(|| reason.clone());
        NotPassed::Skipped(reason)
    }

    /// Records an exchange again, for a check that uses a response which another check received.
    pub fn repeat_exchange(&self, response: &Response) {
        self.recorder.repeat(&response.exchange);
    }

    /// The exchanges since the last call of this function.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        self.recorder.take()
    }

    /// Why some requests could not be sent, if the endpoint stopped answering or rate limits for too long.
    pub fn cut_short(&self) -> Option<String> {
        self.cut_short.borrow().clone()
    }

    /// One line for each 429.
    pub fn waits(&self) -> Vec<String> {
        self.waits.borrow().clone()
    }

    /// The text with everything secret replaced.
    pub fn redact(&self, text: &str) -> String {
        self.recorder.redact(text)
    }
}

/// Reads the body, at most [`MAX_BODY_BYTES`] of it.
async fn read_body(response: &mut reqwest::Response) -> reqwest::Result<Body> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > MAX_BODY_BYTES {
            return Ok(Body {
                bytes,
                is_truncated: true,
            });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Body {
        bytes,
        is_truncated: false,
    })
}
