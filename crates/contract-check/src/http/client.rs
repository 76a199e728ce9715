//! The HTTP client of the checks: slow on purpose, follows nothing, and remembers what it may show.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::rc::Rc;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, sleep_until};

use super::exchange::{CameBack, Exchange, Sent, shortened};
use super::redaction::Masks;
use super::request::Request;
use super::response::Answer;
use crate::not_passed::Otherwise;
use crate::plan::Plan;

/// Longest part of a body that is read, in bytes.
pub const MOST_BODY_BYTES: usize = 1024 * 1024;
/// Longest part of a body that is shown, in characters.
const MOST_SHOWN_CHARS: usize = 2000;
/// How often a request is sent again that was answered with 429.
const MOST_TURNS: u32 = 3;
/// Longest time that a 429 is waited for.
const MOST_WAIT: Duration = Duration::from_secs(90);
/// Requests in a row without an answer after which no more are sent.
const MOST_TROUBLES: u32 = 3;

/// Headers of an answer that are shown.
const SHOWN: [&str; 10] = [
    "content-type",
    "cache-control",
    "pragma",
    "www-authenticate",
    "allow",
    "location",
    "retry-after",
    "date",
    "link",
    "server",
];

/// An answer, or why there is none.
pub type Fetched = Result<Rc<Answer>, Otherwise>;

/// Sends requests to one origin, one after the other.
pub struct Caller {
    http: reqwest::Client,
    origin: String,
    pause: Duration,
    timeout: Duration,
    masks: Masks,
    exchanges: RefCell<Vec<Exchange>>,
    waits: RefCell<Vec<String>>,
    /// When the last answer was there.
    quiet_since: Cell<Option<Instant>>,
    /// Requests without an answer since the last answer.
    troubles: Cell<u32>,
    /// Why something could not be checked.
    cut_short: RefCell<Option<String>>,
}

impl Caller {
    /// A caller of the plan's endpoint, and of nobody else.
    pub fn new(plan: &Plan) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            // One request is one request.
            .retry(reqwest::retry::never())
            .timeout(plan.timeout)
            .user_agent(concat!("talentsoft-partner-check/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let masks = Masks::default();
        masks.hide_secret(plan.secret.expose_secret());
        Ok(Self {
            http,
            origin: plan.url.origin(),
            pause: Duration::from_secs(1) / plan.requests_per_second.get(),
            timeout: plan.timeout,
            masks,
            exchanges: RefCell::default(),
            waits: RefCell::default(),
            quiet_since: Cell::new(None),
            troubles: Cell::new(0),
            cut_short: RefCell::default(),
        })
    }

    /// Sends a request; waits and sends it again where it is answered with 429. No answer is a failure.
    pub async fn send(&self, request: Request) -> Fetched {
        for turn in 1..=MOST_TURNS {
            let answer = Rc::new(self.send_once(&request).await?);
            if answer.status != 429 {
                return Ok(answer);
            }
            let wait = Duration::from_secs(answer.retry_after().unwrap_or(1));
            let asked = format!(
                "{} {}: asked to wait {} s (429)",
                request.method,
                self.masks.apply(&request.target),
                wait.as_secs()
            );
            self.waits.borrow_mut().push(asked.clone());
            if wait > MOST_WAIT {
                return Err(self.cut(format!("{asked}, which is too long for a check")));
            }
            if turn < MOST_TURNS {
                sleep(wait).await;
            }
        }
        Err(Otherwise::Failed(format!(
            "was answered with 429 {MOST_TURNS} times, although every Retry-After was waited for"
        )))
    }

    async fn send_once(&self, request: &Request) -> Result<Answer, Otherwise> {
        if let Some(flaw) = request.flaw {
            return Err(Otherwise::Failed(format!("the request cannot be sent: {flaw}")));
        }
        if self.troubles.get() >= MOST_TROUBLES {
            return Err(self.cut(format!("{MOST_TROUBLES} requests in a row had no answer")));
        }
        for hidden in &request.hidden {
            self.masks.hide(hidden);
        }
        self.pace().await;
        let result = self.exchange(request).await;
        self.quiet_since.set(Some(Instant::now()));
        let sent = self.show_sent(request);
        match result {
            Ok((status, headers, body)) => {
                self.troubles.set(0);
                Ok(self.keep(sent, status, headers, body))
            }
            Err(error) => {
                self.troubles.set(self.troubles.get() + 1);
                let trouble = self.masks.apply(&self.describe(error));
                self.exchanges.borrow_mut().push(Exchange {
                    sent,
                    came_back: CameBack::Nothing {
                        trouble: trouble.clone(),
                    },
                });
                Err(Otherwise::Failed(trouble))
            }
        }
    }

    /// Counts from the last answer on, so that whatever the network does, requests arrive no closer than that.
    async fn pace(&self) {
        if let Some(since) = self.quiet_since.get() {
            sleep_until(since + self.pause).await;
        }
    }

    async fn exchange(&self, request: &Request) -> reqwest::Result<(u16, HeaderMap, (Vec<u8>, bool))> {
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
        let body = read(&mut response).await?;
        Ok((response.status().as_u16(), response.headers().clone(), body))
    }

    fn keep(&self, sent: Sent, status: u16, headers: HeaderMap, (body, is_cut): (Vec<u8>, bool)) -> Answer {
        let text = String::from_utf8_lossy(&body);
        for name in ["access_token", "refresh_token", "id_token"] {
            let value: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
            let token = value.as_ref().and_then(|value| value.get(name)?.as_str());
            self.masks.hide(token.unwrap_or_default());
        }
        let shown = headers
            .iter()
            .filter(|(name, _)| SHOWN.contains(&name.as_str()))
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                self.masks.apply(&format!("{name}: {value}"))
            });
        let exchange = Exchange {
            sent,
            came_back: CameBack::Answer {
                status,
                headers: shown.collect(),
                body: shortened(&self.masks.apply(&text), MOST_SHOWN_CHARS),
            },
        };
        self.exchanges.borrow_mut().push(exchange.clone());
        Answer {
            status,
            headers,
            body,
            is_cut,
            exchange,
        }
    }

    fn show_sent(&self, request: &Request) -> Sent {
        let header = |(name, value): &(reqwest::header::HeaderName, reqwest::header::HeaderValue)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            // The scheme shows, and nothing else.
            match value.split_once(' ') {
                Some((scheme, _)) if *name == AUTHORIZATION => format!("{name}: {scheme} ***"),
                _ => self.masks.apply(&format!("{name}: {value}")),
            }
        };
        let headers = request
            .headers
            .iter()
            .filter(|(name, _)| *name != CONTENT_TYPE || request.body.is_some());
        let body = request.body.as_ref().map(|body| self.masks.apply(body));
        Sent {
            method: request.method.to_string(),
            url: self.masks.apply(&format!("{}{}", self.origin, request.target)),
            headers: headers.map(header).collect(),
            body: body.map(|body| shortened(&body, MOST_SHOWN_CHARS)),
            assertion: request.assertion.as_ref().map(|text| self.masks.apply(text)),
        }
    }

    fn describe(&self, error: reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("no answer came within {} s", self.timeout.as_secs_f32());
        }
        let what = if error.is_connect() {
            "no connection could be made"
        } else {
            "the answer is no HTTP, or broke off"
        };
        // It quotes the URL, which a token may be in.
        let error = error.without_url();
        let mut causes = Vec::new();
        let mut cause: Option<&dyn Error> = error.source();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        match causes.last() {
            Some(root) => format!("{what}: {root}"),
            None => format!("{what}: {error}"),
        }
    }

    /// Shows an answer again that another check asked for.
    pub fn recall(&self, answer: &Answer) {
        self.exchanges.borrow_mut().push(answer.exchange.clone());
    }

    /// What was sent and came back since the last time.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        self.exchanges.take()
    }

    fn cut(&self, why: String) -> Otherwise {
        self.cut_short.borrow_mut().get_or_insert_with(|| why.clone());
        Otherwise::Skipped(why)
    }

    /// Why something could not be checked, through no choice of the plan's.
    pub fn cut_short(&self) -> Option<String> {
        self.cut_short.borrow().clone()
    }

    /// Every time that the partner asked for patience.
    pub fn waits(&self) -> Vec<String> {
        self.waits.borrow().clone()
    }

    /// `text` without secrets and tokens.
    pub fn masked(&self, text: &str) -> String {
        self.masks.apply(text)
    }
}

/// The body, as far as it is read, and whether there was more.
async fn read(response: &mut Response) -> reqwest::Result<(Vec<u8>, bool)> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MOST_BODY_BYTES {
            return Ok((body, true));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, false))
}
